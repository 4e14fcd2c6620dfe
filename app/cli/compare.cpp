// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli compare: one model on several paths (same tokens, same logits), or several models in lock step (twins).
#include <iomanip>
#include <iostream>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/compare_twins.h"
#include "core/engine/evaluate/compare_paths.h"

namespace loom::cli {
namespace {

struct Options {
    std::vector<std::string> models;
    std::string model;  ///< where there is one
    std::string tokenizer;
    std::vector<std::string> paths;
    std::string prompt;
    std::int64_t tokens = 64;
    std::string precision;
    TwinRequest twins;
    std::vector<CLI::Option*> ofTwins;
};

nlohmann::ordered_json memoryJson(const PathMeasure& m) {
    if (!m.lastStep) return nullptr;
    return {{"allocated_bytes", m.lastStep->total},
            {"peak_bytes", m.lastStep->peak},
            {"largest_tensor_bytes", m.lastStep->largest},
            {"bytes_for_past", *m.bytesForPast()}};
}

nlohmann::ordered_json pathJson(const PathMeasure& m) {
    return {{"path", m.name},
            {"cache",
             {{"form", name(m.cache.spec.form)},
              {"dtype", name(m.cache.spec.dtype)},
              {"formula", m.cache.spec.equation()},
              {"bytes_per_token", m.cache.spec.bytesPerToken()},
              {"capacity_tokens", m.cache.capacityTokens},
              {"bytes", m.cache.bytes}}},
            {"prefill_seconds", m.prefillSeconds},
            {"seconds_per_token", m.secondsPerToken},
            {"last_step", memoryJson(m)}};
}

nlohmann::ordered_json asJson(const PathComparison& c, const Options& options, const std::string& text) {
    nlohmann::ordered_json paths = nlohmann::ordered_json::array();
    for (const PathMeasure& measure : c.paths) paths.push_back(pathJson(measure));
    nlohmann::ordered_json differences = nlohmann::ordered_json::array();
    for (const PathDifference& d : c.differences) {
        differences.push_back({{"step", d.step}, {"chosen", d.chosen.value()}, {"other", d.other.value()}, {"margin", d.margin}});
    }
    nlohmann::ordered_json json{{"model", options.model},
                                {"prompt", options.prompt},
                                {"prompt_tokens", values(c.prompt)},
                                {"tokens", values(c.tokens)},
                                {"text", text},
                                {"absorbable", !c.obstacle},
                                {"same_tokens", c.sameTokens},
                                {"same_choices", c.sameChoices()},
                                {"clear_choice_margin", kClearChoice},
                                {"smallest_margin", c.smallestMargin},
                                {"differences", differences},
                                {"max_abs_logit_difference", c.maxLogitDifference},
                                {"per_head_past_bytes", c.perHeadPastBytes},
                                {"fast_precision", options.precision},
                                {"paths", paths}};
    if (c.obstacle) json["reason"] = {{"kind", name(*c.obstacle)}, {"sentence", sentence(*c.obstacle)}};
    return json;
}

void printText(const PathComparison& c) {
    const std::int64_t steps = std::ssize(c.tokens);
    std::cout << c.prompt.size() << " prompt tokens, " << steps << " written greedily\n";
    if (c.obstacle) std::cout << "no absorbed path: " << sentence(*c.obstacle) << '\n';
    if (c.paths.size() > 1) {
        std::cout << "same token       " << c.sameTokens << " of " << steps << " steps"
                  << (c.sameChoices() ? "; wherever the two best logits differ by more than " : "; NOT wherever they differ by more than ")
                  << kClearChoice << '\n'
                  << "largest |Δlogit| " << std::scientific << std::setprecision(2) << c.maxLogitDifference << std::defaultfloat << '\n';
    }
    for (const PathMeasure& m : c.paths) {
        std::cout << '\n'
                  << m.name << '\n'
                  << "  cache      " << m.cache.spec.equation() << " × " << m.cache.capacityTokens << " positions = " << m.cache.bytes
                  << " bytes allocated\n"
                  << "  time       " << std::fixed << std::setprecision(3) << m.secondsPerToken * 1e3 << " ms per token (median), prompt "
                  << m.prefillSeconds * 1e3 << " ms\n"
                  << std::defaultfloat;
        if (!m.lastStep) continue;
        std::cout << "  last step  " << m.lastStep->total << " bytes allocated, at most " << m.lastStep->peak << " at once, largest tensor "
                  << m.lastStep->largest << '\n'
                  << "  its past   " << *m.bytesForPast() << " bytes made for " << m.cache.usedTokens - 1
                  << " earlier positions; keys and values per head would be " << c.perHeadPastBytes << '\n';
    }
}

/// The reference's paths and the fast path's, as they were named.
PathComparison compared(Engine& engine, const OpenModel& model, const TokenIds& prompt, const Options& options,
                        const std::stop_token& stop) {
    const auto obstacle = absorbObstacle(model.config());
    std::vector<Contender> contenders;
    for (const std::string& path : options.paths) {
        const bool fast = path.starts_with("fast");
        const MlaPath mla = path == "absorbed" || path == "fast" ? MlaPath::Absorbed : MlaPath::Naive;
        if (mla == MlaPath::Absorbed && obstacle && !fast) continue;
        const PrecisionChoice precision = fast ? precisionFrom(options.precision) : PrecisionChoice::Reference;
        auto network = valueOrThrow(engine.network(model, {mla, precision, DType::F32}, stop));
        const NetworkFacts facts = network->facts();
        if (fast && !facts.fast) throw Error{"The fast path cannot compute this model", options.model, facts.whyReference};
        contenders.push_back(contender(fast ? path + " " + facts.precision : path, mla, std::move(network)));
    }
    if (contenders.empty()) {
        throw Error{"There is no path left to run: this form cannot be absorbed", {}, std::string(sentence(*obstacle))};
    }
    PathComparison comparison = compareContenders(model.config(), contenders, prompt, options.tokens, stop);
    comparison.obstacle = obstacle;
    return comparison;
}

/// Which options belong to which form is said by whoever uses them in the other.
int runTwins(const Options& options, const Context& context) {
    if (!options.tokenizer.empty()) throw Error{"Several models bring their own tokenizers", "--tokenizer", "Leave it out"};
    TwinRequest request = options.twins;
    request.prompt = options.prompt;
    request.maxTokens = options.tokens;
    return compareTwins(twinChoices(options.models, options.paths), request, options.precision.empty() ? "auto" : options.precision,
                        context);
}

int run(Options options, const Context& context) {
    requireUtf8(options.prompt, "--prompt");
    if (options.models.size() > 1) return runTwins(options, context);
    for (const CLI::Option* option : options.ofTwins) {
        if (option->count() > 0)
            throw Error{"One model is decoded greedily on all its paths", option->get_name(), "Name two models to let them write"};
    }
    options.model = options.models.front();
    if (options.paths.empty()) options.paths = {"naive", "absorbed"};
    if (options.precision.empty()) options.precision = "f32";
    for (auto path = options.paths.begin(); path != options.paths.end(); ++path) {
        if (std::find(options.paths.begin(), path, *path) != path) throw Error{"The path " + *path + " is named twice", "--paths", {}};
    }
    const auto engine = Engine::create(context.engineOptions());
    const auto model = openModel(*engine, options.model, options.tokenizer, true);
    TokenIds prompt = model->beginning(options.prompt.empty());
    const TokenIds text = model->tokenizer()->encode(options.prompt);
    prompt.insert(prompt.end(), text.begin(), text.end());
    const PathComparison comparison = compared(*engine, *model, prompt, options, context.stop);
    if (context.json) {
        Context::print(asJson(comparison, options, model->tokenizer()->decode(comparison.tokens)));
    } else {
        printText(comparison);
    }
    return kOk;
}

}  // namespace

Registration addCompare(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand(
        "compare",
        "One model: decode a story on several paths (both of a latent, the fast path) and show that they are the same, and what each "
        "takes.\n"
        "Two to four models: let them write from one prompt with one seed, token by token, and show text, bytes and time side by side.");
    command
        ->add_option(
            "models", options->models,
            "One to four checkpoints; beside a checkpoint also preset:NAME, a network of random weights (latentloom-cli memory --list)")
        ->required();
    command->callback([options] {
        if (options->models.size() > kMostTwins) throw CLI::ArgumentMismatch("At most four models are compared at a time");
    });
    command
        ->add_option("--paths", options->paths,
                     "One model: paths with commas between them, the first one writes; fast and fast-naive: the fast path (default: "
                     "naive,absorbed). Several: naive or absorbed for each of them (default: absorbed)")
        ->delimiter(',')
        ->check(CLI::IsMember({"naive", "absorbed", "fast", "fast-naive"}));
    command->add_option("--prompt", options->prompt, "How the story begins. Empty: the beginning-of-text token alone");
    command->add_option("--tokens", options->tokens, "Write this many tokens")->check(CLI::PositiveNumber)->capture_default_str();
    command->add_option("--precision", options->precision, "Weights of the fast path (default: f32; several models: what loses nothing)")
        ->check(CLI::IsMember({"f32", "bf16", "int8", "int4"}));
    const auto ofTwins = [&](const char* name, auto& value, const char* help) {
        options->ofTwins.push_back(command->add_option(name, value, help)->capture_default_str());
    };
    ofTwins("--seed", options->twins.seed, "Several models: the same seed writes the same stories");
    ofTwins("--temperature", options->twins.samplers.temperature, "Several models: 0 always takes the most likely token");
    ofTwins("--top-p", options->twins.samplers.topP, "Several models: choose among the fewest tokens whose probabilities reach p; 1 = off");
    addTokenizerOption(*command, options->tokenizer);
    addCommonOptions(*command, context, true);
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
