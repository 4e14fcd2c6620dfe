// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli tokenize: text to ids and back.
#include <filesystem>
#include <iostream>
#include <memory>

#include "app/cli/command.h"
#include "core/engine/checkpoint/mapped_file.h"

namespace loom::cli {
namespace {

struct Options {
    std::string model;
    std::string tokenizer;
    std::string text;
    std::string ids;
    bool special = false;
    CLI::Option* idsGiven = nullptr;
};

/// MODEL may be a checkpoint (whose vocabulary the tokenizer must fit) or hold tokenizer files only.
std::shared_ptr<const Tokenizer> findTokenizer(const Options& options) {
    const std::filesystem::path path = options.model;
    const bool isFolder = std::filesystem::is_directory(path);
    const bool isCheckpoint = isFolder ? std::filesystem::exists(path / "config.json") : path.extension() == ".bin";
    const std::filesystem::path named = options.tokenizer.empty() ? path : std::filesystem::path(options.tokenizer);
    if (!isCheckpoint) return openTokenizer(named, 0);
    const auto checkpoint = guarded([&] { return readCheckpoint(path).config.vocab; });
    // A llama2.c tokenizer is itself a .bin file.
    if (!checkpoint && !isFolder) {
        if (auto alone = guarded([&] { return openTokenizer(named, 0); })) return *alone;
    }
    return openTokenizer(named, valueOrThrow(checkpoint));
}

int run(const Options& options, const Context& context) {
    requireUtf8(options.text, "--text");
    const auto tokenizer = findTokenizer(options);
    if (options.idsGiven->count() > 0) {
        const TokenIds ids = parseIds(options.ids);
        const std::string text = tokenizer->decode(ids);
        if (context.json)
            Context::print({{"text", text}});
        else
            std::cout << text << '\n';
        return kOk;
    }
    TokenIds ids = tokenizer->encode(options.text);
    if (options.special) {
        const TokenIds begin = tokenizer->beginning();
        const TokenIds end = tokenizer->ending();
        ids.insert(ids.begin(), begin.begin(), begin.end());
        ids.insert(ids.end(), end.begin(), end.end());
    }
    if (context.json) {
        std::vector<std::string> labels;
        for (const TokenId id : ids) labels.push_back(tokenizer->label(id));
        Context::print({{"ids", values(ids)}, {"tokens", labels}});
        return kOk;
    }
    for (const TokenId id : ids) std::cout << id.value() << '\t' << nlohmann::json(tokenizer->label(id)).dump() << '\n';
    return kOk;
}

}  // namespace

Registration addTokenize(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand("tokenize", "Turn text into token ids, or ids into text.");
    command->add_option("model", options->model, "Checkpoint, or a folder or file that holds only a tokenizer")->required();
    CLI::Option* text = command->add_option("--text", options->text, "Text to encode");
    options->idsGiven = command->add_option("--ids", options->ids, "Ids to decode, as in 1,2,3")->excludes(text);
    command->add_flag("--special", options->special, "Add the special tokens that the tokenizer puts around a text");
    addTokenizerOption(*command, options->tokenizer);
    addCommonOptions(*command, context, false);
    command->callback([text, options] {
        if (text->count() == 0 && options->idsGiven->count() == 0) throw CLI::RequiredError("--text or --ids");
    });
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
