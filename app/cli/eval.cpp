// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli eval: how well a model predicts the stories of a file.
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>

#include "app/cli/command.h"
#include "app/cli/progress_line.h"
#include "app/cli/score_output.h"
#include "core/data/cache_budget.h"
#include "core/engine/evaluate/evaluate.h"
#include "core/engine/evaluate/precision_loss.h"

namespace loom::cli {
namespace {

struct Options {
    std::string model;
    std::string tokenizer;
    std::string data;
    std::string mla = "absorbed";
    std::int64_t stories = 0;
    bool tokens = false;
    bool allPrecisions = false;
    std::string precision = "auto";
    std::string cacheType = "f32";
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

/// --all-precisions: a table of what each costs.
int runPrecisions(Engine& engine, const OpenModel& model, const std::vector<std::string>& stories, const Options& options,
                  const Context& context) {
    const NetworkOptions as{pathFrom(options.mla), PrecisionChoice::Auto, cacheTypeFrom(options.cacheType)};
    ProgressLine progress;
    const auto report = [&progress](std::int64_t done, std::int64_t all) {
        progress.update(std::to_string(done) + " of " + std::to_string(all) + " stories, in four precisions", done, all);
    };
    const std::vector<PrecisionLoss> losses = measurePrecisions(engine, model, stories, as, report, context.stop);
    if (context.json) {
        nlohmann::ordered_json list = nlohmann::ordered_json::array();
        for (const PrecisionLoss& l : losses) {
            list.push_back({{"precision", name(l.precision)},
                            {"loss", l.loss},
                            {"relative_to_f32", relativeLoss(losses, l.precision)},
                            {"weight_bytes", l.weightBytes}});
        }
        Context::print(
            {{"model", options.model}, {"data", options.data}, {"stories", std::ssize(stories)}, {"precisions", std::move(list)}});
        return kOk;
    }
    for (const PrecisionLoss& l : losses) {
        std::cout << std::left << std::setw(6) << name(l.precision) << std::fixed << std::setprecision(5) << l.loss << " nats per token ("
                  << std::showpos << std::setprecision(3) << relativeLoss(losses, l.precision) * 100 << std::noshowpos << " %), weights "
                  << readableBytes(l.weightBytes) << '\n';
    }
    return kOk;
}

int run(const Options& options, const Context& context) {
    const auto engine = Engine::create(context.engineOptions());
    const auto model = openModel(*engine, options.model, options.tokenizer, true);
    const auto source = openSource({.path = options.data});
    const std::vector<std::string> stories = readStories(*source, options.stories);
    if (options.allPrecisions) return runPrecisions(*engine, *model, stories, options, context);
    const NetworkOptions as{pathFrom(options.mla), precisionFrom(options.precision), cacheTypeFrom(options.cacheType)};
    const auto network = valueOrThrow(engine->network(*model, as, context.stop));
    const NetworkFacts facts = network->facts();
    ProgressLine progress;
    const auto report = [&progress](std::int64_t done, std::int64_t all) {
        progress.update(std::to_string(done) + " of " + std::to_string(all) + " stories", done, all);
    };
    EvaluateOptions how{report, {}};
    nlohmann::ordered_json scores = nlohmann::ordered_json::array();
    if (options.tokens) {
        how.onStory = [&](const StoryScore& score) {
            if (context.json)
                scores.push_back(storyJson(score, *model->tokenizer()));
            else
                printLines(score, *model->tokenizer());
        };
    }
    const Evaluation e = evaluate(*model, logitsOf(*network), stories, how, context.stop);
    if (context.json) {
        nlohmann::ordered_json document{{"loss", e.loss()},
                                        {"perplexity", e.perplexity()},
                                        {"bits_per_byte", e.bitsPerByte()},
                                        {"tokens", e.tokens},
                                        {"stories", e.stories},
                                        {"bytes", e.bytes},
                                        {"model", options.model},
                                        {"data", options.data},
                                        {"precision", facts.precision},
                                        {"path", facts.path},
                                        {"weight_bytes", facts.weightBytes}};
        document["cache_dtype"] = options.cacheType;
        document["cache_bytes_per_token"] = cacheSpec(model->config(), as.path, as.cacheType).bytesPerToken();
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
        ->check(CLI::IsMember({"f32", "bf16", "f16", "int8"}))
        ->capture_default_str();
    command->add_flag("--tokens", options->tokens,
                      "The log-probability of every token: JSON lines on stdout, or \"token_scores\" in the document of --json");
    command->add_flag("--all-precisions", options->allPrecisions, "The loss in f32, bf16, int8 and int4, and the differences");
    addMlaOption(*command, options->mla);
    addPrecisionOption(*command, options->precision);
    addTokenizerOption(*command, options->tokenizer);
    addCommonOptions(*command, context, true);
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
