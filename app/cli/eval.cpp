// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli eval: how well a model predicts the stories of a file.
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>

#include "app/cli/command.h"
#include "app/cli/progress_line.h"
#include "core/data/utf8.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/evaluate/evaluate.h"

namespace loom::cli {
namespace {

struct Options {
    std::string model;
    std::string tokenizer;
    std::string data;
    std::string mla = "absorbed";
    std::int64_t stories = 0;
};

int run(const Options& options, const Context& context) {
    const auto engine = Engine::create(context.engineOptions());
    const auto model = openModel(*engine, options.model, options.tokenizer, true);
    const MappedFile file(options.data);
    const std::string_view text = file.text();
    if (const auto at = firstInvalidUtf8(text)) {
        throw Error{"The data is not UTF-8 at byte " + std::to_string(*at), options.data, "Give a text file"};
    }
    std::vector<std::string_view> stories = splitStories(text);
    if (options.stories > 0 && std::ssize(stories) > options.stories) stories.resize(static_cast<std::size_t>(options.stories));
    const auto network = valueOrThrow(engine->reference(*model, context.stop));
    ProgressLine progress;
    const auto report = [&progress](std::int64_t done, std::int64_t all) {
        progress.update(std::to_string(done) + " of " + std::to_string(all) + " stories", done, all);
    };
    const Evaluation e = evaluate(*model, *network, stories, pathFrom(options.mla), report, context.stop);
    if (context.json) {
        Context::print({{"loss", e.loss()},
                        {"perplexity", e.perplexity()},
                        {"bits_per_byte", e.bitsPerByte()},
                        {"tokens", e.tokens},
                        {"stories", e.stories},
                        {"bytes", e.bytes},
                        {"model", options.model},
                        {"data", options.data},
                        {"precision", "f32"}});
    } else {
        std::cout << std::fixed << std::setprecision(4) << "loss           " << e.loss() << " nats per token\nperplexity     "
                  << e.perplexity() << "\nbits per byte  " << e.bitsPerByte() << "\ntokens         " << e.tokens << " in " << e.stories
                  << " stories\n";
    }
    return kOk;
}

}  // namespace

Registration addEval(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand("eval", "Measure how well a model predicts the stories of a text file.");
    addModelOption(*command, options->model);
    command->add_option("--data", options->data, "Text file; stories are separated by <|endoftext|>")->required();
    command->add_option("--stories", options->stories, "Only the first N stories; 0 = all")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    addMlaOption(*command, options->mla);
    addTokenizerOption(*command, options->tokenizer);
    addCommonOptions(*command, context, true);
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
