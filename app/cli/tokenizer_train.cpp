// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli tokenizer train: learns a byte-level BPE tokenizer from a text file.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "app/cli/command.h"
#include "app/cli/progress_line.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/tokenizer/bpe_trainer.h"

namespace loom::cli {
namespace {

struct Options {
    std::string data;
    std::string out;
    bool force = false;
    BpeTrainerOptions trainer;
};

BpeVocabulary learn(const Options& options, const Context& context, std::int64_t& bytes) {
    BpeTrainer trainer(options.trainer);
    const MappedFile file(options.data);
    bytes = std::ssize(file.bytes());
    ProgressLine progress;
    const auto report = [&progress](const BpeProgress& p) {
        const std::string phase = p.phase == BpeProgress::Phase::Reading ? "reading " : "merging ";
        const double percent = 100.0 * static_cast<double>(p.done) / static_cast<double>(p.total);
        progress.update(phase + std::to_string(std::lround(percent)) + " %", p.done, p.total, static_cast<int>(p.phase));
    };
    try {
        trainer.add(file.text(), report, context.stop);
        return trainer.train(report, context.stop);
    } catch (Error& error) {
        if (error.where.empty()) error.where = options.data;
        throw;
    }
}

int run(const Options& options, const Context& context) {
    const std::filesystem::path folder = options.out;
    if (fileExists(folder) && !std::filesystem::is_directory(folder)) {
        throw Error{"This is a file, not a folder", pathText(folder), "Give --out a folder"};
    }
    for (const char* name : {"tokenizer.json", "tokenizer_config.json"}) {
        if (!options.force && fileExists(folder / name)) {
            throw Error{"There is a tokenizer already", pathText(folder / name), "Choose another folder, or replace it with --force"};
        }
    }
    const auto start = std::chrono::steady_clock::now();
    std::int64_t bytes = 0;
    const BpeVocabulary vocabulary = learn(options, context, bytes);
    writeTokenizer(folder, vocabulary);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

    const std::int64_t tokens = std::ssize(vocabulary.spellings);
    if (tokens < options.trainer.vocab) {
        std::cerr << "note: the text holds only enough pairs for " << tokens << " tokens, not " << options.trainer.vocab << '\n';
    }
    if (context.json) {
        Context::print({{"vocab", tokens},
                        {"vocab_asked", options.trainer.vocab},
                        {"merges", vocabulary.merges.size()},
                        {"bytes", bytes},
                        {"seconds", seconds},
                        {"data", options.data},
                        {"out", options.out}});
    } else {
        std::cout << tokens << " tokens (" << vocabulary.merges.size() << " merges) learnt from " << bytes << " bytes, written to "
                  << pathText(folder) << '\n';
    }
    return kOk;
}

}  // namespace

Registration addTokenizerTrain(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* group = program.add_subcommand("tokenizer", "Make a tokenizer.");
    group->require_subcommand(1);
    CLI::App* command = group->add_subcommand("train", "Learn a byte-level BPE tokenizer from a text file.");
    command->add_option("--data", options->data, "UTF-8 text file; stories are separated by <|endoftext|>")->required();
    command->add_option("--vocab", options->trainer.vocab, "Tokens in all: two specials, 256 bytes, and what is learnt")
        ->capture_default_str();
    command->add_option("--out", options->out, "Folder for tokenizer.json and tokenizer_config.json")->required();
    command->add_option("--min-frequency", options->trainer.minFrequency, "Leave pairs alone that are rarer than this")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command->add_flag("--force", options->force, "Replace a tokenizer that is in the folder");
    addCommonOptions(*command, context, false);
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
