// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli look: what goes on inside a network while it reads a text.
#include <algorithm>
#include <iostream>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/look_output.h"

namespace loom::cli {
namespace {

struct Options {
    std::string model;
    std::string tokenizer;
    std::string prompt;
    std::string what;
    std::int64_t layer = 0;
    std::vector<std::int64_t> heads;
    std::vector<std::int64_t> ranks;
    std::int64_t top = 5;
};

/// The heads asked for, or all.
std::vector<std::int64_t> headsOf(const Options& options, const ModelConfig& config) {
    std::vector<std::int64_t> heads = options.heads;
    if (heads.empty()) {
        for (std::int64_t h = 0; h < config.attention.heads; ++h) heads.push_back(h);
    }
    for (const std::int64_t head : heads) {
        if (head < config.attention.heads) continue;
        throw Error{"There is no head " + std::to_string(head), "--heads",
                    "Heads run from 0 to " + std::to_string(config.attention.heads - 1)};
    }
    return heads;
}

/// Halves of the latent's width, down to 1, where none are asked for.
std::vector<std::int64_t> ranksOf(const Options& options, const ModelConfig& config) {
    if (!options.ranks.empty()) return options.ranks;
    const AttentionConfig& a = config.attention;
    std::vector<std::int64_t> ranks;
    for (std::int64_t rank = a.latent == Latent::Joint ? a.kvLoraRank : std::min(a.kRank, a.vRank); rank > 0; rank /= 2)
        ranks.push_back(rank);
    return ranks.empty() ? std::vector<std::int64_t>{1} : ranks;  // without a latent the look itself says so
}

AblationRequest switchedOff(const Options& options, const ModelConfig& config) {
    const LayerIndex layer{options.layer};
    if (options.heads.empty()) return {{}, {layer}};
    AblationRequest request;
    for (const std::int64_t head : headsOf(options, config)) request.heads.push_back({layer, HeadIndex{head}});
    return request;
}

nlohmann::ordered_json look(const Options& options, ReferenceModel& network, const Text& text, const std::stop_token& stop) {
    const LayerIndex layer{options.layer};
    const Inspector& inspector = network.inspector();
    const ModelConfig& config = network.config();
    if (options.what == "attention") {
        return attentionJson(valueOrThrow(network.attention(text.ids, layer, stop)), headsOf(options, config));
    }
    if (options.what == "scores") return scoresJson(valueOrThrow(inspector.scores(text.ids, layer, stop)), headsOf(options, config));
    if (options.what == "latents") return keptJson(valueOrThrow(inspector.kept(text.ids, layer, stop)));
    if (options.what == "spectrum") return spectraJson(valueOrThrow(inspector.spectra(text.ids, layer, stop)));
    if (options.what == "reconstruction") {
        const std::vector<std::int64_t> ranks = ranksOf(options, config);
        return reconstructionJson(valueOrThrow(inspector.reconstruction(text.ids, layer, ranks, stop)), headsOf(options, config));
    }
    if (options.what == "lens") return lensJson(valueOrThrow(inspector.lens(text.ids, std::min(options.top, config.vocab), stop)), text);
    return ablationJson(valueOrThrow(inspector.ablation(text.ids, switchedOff(options, config), stop)), text);
}

int run(const Options& options, const Context& context) {
    requireUtf8(options.prompt, "--prompt");
    const auto engine = Engine::create(context.engineOptions());
    const auto model = openModel(*engine, options.model, options.tokenizer, true);
    Text text{model->beginning(options.prompt.empty()), *model->tokenizer()};
    const TokenIds ids = model->tokenizer()->encode(options.prompt);
    text.ids.insert(text.ids.end(), ids.begin(), ids.end());
    const auto network = valueOrThrow(engine->reference(*model, context.stop));
    nlohmann::ordered_json document{{"model", options.model}, {"prompt", options.prompt}, {"what", options.what}};
    document["tokens"] = text.labels();
    document.update(look(options, *network, text, context.stop));
    if (context.json) {
        Context::print(document);
    } else {
        printLook(document);
    }
    return kOk;
}

}  // namespace

Registration addLook(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand("look", "Look inside a network while it reads a text.");
    addModelOption(*command, options->model);
    command->add_option("--prompt", options->prompt, "The text. Empty: the beginning-of-text token alone");
    command
        ->add_option("--what", options->what,
                     "attention: weights. scores: content and position parts of a joint latent. latents: what the layer keeps. spectrum: "
                     "singular values and effective rank. reconstruction: what a smaller latent forgets. lens: what each layer would say. "
                     "ablation: what changes without --heads, or without the whole layer")
        ->required()
        ->check(CLI::IsMember({"attention", "scores", "latents", "spectrum", "reconstruction", "lens", "ablation"}));
    command->add_option("--layer", options->layer, "Which layer, from 0")->check(CLI::NonNegativeNumber)->capture_default_str();
    command->add_option("--heads", options->heads, "Which heads, as in 0,3 (default: all)")->delimiter(',')->check(CLI::NonNegativeNumber);
    command->add_option("--ranks", options->ranks, "With reconstruction: ranks, as in 64,32,16 (default: halves of the latent's width)")
        ->delimiter(',')
        ->check(CLI::NonNegativeNumber);
    command->add_option("--top", options->top, "With lens: how many tokens")->check(CLI::Range(1, 1000))->capture_default_str();
    addTokenizerOption(*command, options->tokenizer);
    addCommonOptions(*command, context, true);
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
