// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli eval: how well a model predicts the stories of a file.
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>

#include "app/cli/command.h"
#include "app/cli/progress_line.h"
#include "app/cli/score_output.h"
#include "core/engine/evaluate/evaluate.h"

namespace loom::cli {
namespace {

struct Options {
    std::string model;
    std::string tokenizer;
    std::string data;
    std::string mla = "absorbed";
    std::int64_t stories = 0;
    bool tokens = false;
    std::string cacheType;
};

/// One story's tokens for the document.
nlohmann::ordered_json storyJson(const StoryScore& score, const Tokenizer& tokenizer) {
    nlohmann::ordered_json tokens = nlohmann::ordered_json::array();
    for (std::size_t t = 1; t < score.ids.size(); ++t) {
        tokens.push_back({{"position", t},
                          {"token", score.ids[t].value()},
                          {"text", tokenizer.label(score.ids[t])},
                          {"logprob", score.logProbabilities[t - 1]}});
    }
    return {{"story", score.story}, {"tokens", std::move(tokens)}};
}

/// A line of JSON for every token.
void printLines(const StoryScore& score, const Tokenizer& tokenizer) {
    const nlohmann::ordered_json story = storyJson(score, tokenizer);
    for (const auto& token : story["tokens"]) {
        nlohmann::ordered_json line{{"story", score.story}};
        line.update(token);
        std::cout << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
    }
}

int run(const Options& options, const Context& context) {
    const auto engine = Engine::create(context.engineOptions());
    const auto model = openModel(*engine, options.model, options.tokenizer, true);
    const auto source = openSource({.path = options.data});
    const std::vector<std::string> stories = readStories(*source, options.stories);
    const auto network = valueOrThrow(engine->reference(*model, context.stop));
    ProgressLine progress;
    const auto report = [&progress](std::int64_t done, std::int64_t all) {
        progress.update(std::to_string(done) + " of " + std::to_string(all) + " stories", done, all);
    };
    EvaluateOptions how{pathFrom(options.mla), {}, report, {}};
    if (!options.cacheType.empty()) how.cacheType = cacheTypeFrom(options.cacheType);
    nlohmann::ordered_json scores = nlohmann::ordered_json::array();
    if (options.tokens) {
        how.onStory = [&](const StoryScore& score) {
            if (context.json)
                scores.push_back(storyJson(score, *model->tokenizer()));
            else
                printLines(score, *model->tokenizer());
        };
    }
    const Evaluation e = evaluate(*model, *network, stories, how, context.stop);
    if (context.json) {
        nlohmann::ordered_json document{{"loss", e.loss()},       {"perplexity", e.perplexity()}, {"bits_per_byte", e.bitsPerByte()},
                                        {"tokens", e.tokens},     {"stories", e.stories},         {"bytes", e.bytes},
                                        {"model", options.model}, {"data", options.data},         {"precision", "f32"}};
        if (how.cacheType) {
            document["cache_dtype"] = options.cacheType;
            document["cache_bytes_per_token"] = cacheSpec(model->config(), how.path, *how.cacheType).bytesPerToken();
        }
        if (options.tokens) document["token_scores"] = std::move(scores);
        Context::print(document);
    } else {
        std::ostream& out = options.tokens ? std::cerr : std::cout;
        out << std::fixed << std::setprecision(4) << "loss           " << e.loss() << " nats per token\nperplexity     " << e.perplexity()
            << "\nbits per byte  " << e.bitsPerByte() << "\ntokens         " << e.tokens << " in " << e.stories << " stories\n";
    }
    return kOk;
}

}  // namespace

Registration addEval(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand("eval", "Measure how well a model predicts the stories of a text file.");
    addModelOption(*command, options->model);
    command
        ->add_option("--data", options->data,
                     "Stories: a text file (what separates them is found out), JSON lines or a folder, as train reads them")
        ->required();
    command->add_option("--stories", options->stories, "Only the first N stories; 0 = all")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command
        ->add_option("--cache-dtype", options->cacheType,
                     "Read the stories through a cache of this type, to measure what it costs; int8 has a 4-byte scale for every row")
        ->check(CLI::IsMember({"f32", "bf16", "f16", "int8"}));
    command->add_flag("--tokens", options->tokens,
                      "The log-probability of every token: JSON lines on stdout, or \"token_scores\" in the document of --json");
    addMlaOption(*command, options->mla);
    addTokenizerOption(*command, options->tokenizer);
    addCommonOptions(*command, context, true);
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
