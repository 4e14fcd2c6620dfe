// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli eval: how well a model predicts the stories of a file.
#include <unistd.h>

#include <chrono>
#include <iomanip>
#include <iostream>
#include <memory>

#include "app/cli/command.h"
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

/// "123 of 748 stories, 12 s left" on stderr, once a second.
class Progress {
public:
    void operator()(std::int64_t done, std::int64_t all) {
        const auto now = std::chrono::steady_clock::now();
        if (done < all && now - m_last < std::chrono::seconds(1)) return;
        m_last = now;
        const double seconds = std::chrono::duration<double>(now - m_start).count();
        std::cerr << (m_terminal ? "\r" : "") << done << " of " << all << " stories, " << std::fixed << std::setprecision(0)
                  << seconds / static_cast<double>(done) * static_cast<double>(all - done) << " s left   "
                  << (m_terminal && done < all ? "" : "\n") << std::flush;
    }

private:
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point m_last = m_start;
    bool m_terminal = isatty(STDERR_FILENO) != 0;
};

int run(const Options& options, const Context& context) {
    const auto engine = Engine::create(context.engineOptions());
    const auto model = openModel(*engine, options.model, options.tokenizer, true);
    const MappedFile file(options.data);
    const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
    if (const auto at = firstInvalidUtf8(text)) {
        throw Error{"The data is not UTF-8 at byte " + std::to_string(*at), options.data, "Give a text file"};
    }
    std::vector<std::string_view> stories = splitStories(text);
    if (options.stories > 0 && std::ssize(stories) > options.stories) stories.resize(static_cast<std::size_t>(options.stories));
    const auto network = valueOrThrow(engine->reference(*model, context.stop));
    const Evaluation e = evaluate(*model, *network, stories, pathFrom(options.mla), Progress(), context.stop);
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
    command->add_option("model", options->model, "Checkpoint: llama2.c .bin file or Hugging Face folder")->required();
    command->add_option("--data", options->data, "Text file; stories are separated by <|endoftext|>")->required();
    command->add_option("--stories", options->stories, "Only the first N stories; 0 = all")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command->add_option("--mla", options->mla, "Which path a joint latent takes")
        ->check(CLI::IsMember({"naive", "absorbed"}))
        ->capture_default_str();
    command->add_option("--tokenizer", options->tokenizer, "Tokenizer file or folder, where it is not beside the model");
    addCommonOptions(*command, context, true);
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
