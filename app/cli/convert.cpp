// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli convert: any checkpoint that opens, written as a folder that transformers (Llama, DeepSeek) or this program opens.
#include <array>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <system_error>

#include "app/cli/command.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/write_checkpoint.h"

namespace loom::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
    std::string model;
    std::string out;
    std::string storage;
};

/// The tokenizer's files, whichever lie beside the model.
std::vector<std::string> copyTokenizer(const fs::path& model, const fs::path& out) {
    constexpr std::array kFiles{"tokenizer.json", "tokenizer_config.json",  "vocab.json", "merges.txt", "tokenizer.model",
                                "tokenizer.bin",  "special_tokens_map.json"};
    std::error_code problem;
    const fs::path folder = fs::is_directory(model, problem) ? model : model.parent_path();
    std::vector<std::string> copied;
    for (const char* name : kFiles) {
        if (!fs::is_regular_file(folder / name, problem)) continue;
        fs::copy_file(folder / name, out / name, fs::copy_options::overwrite_existing, problem);
        if (problem) throw Error{"The file cannot be copied: " + problem.message(), pathText(out / name), "Check the disk"};
        copied.emplace_back(name);
    }
    return copied;
}

int convert(const Options& options, const Context& context) {
    std::optional<DType> storage;
    if (options.storage == "f32") storage = DType::F32;
    if (options.storage == "bf16") storage = DType::BF16;
    const fs::path out = options.out;
    if (fileExists(out / "config.json")) {
        throw Error{"The folder holds a checkpoint already", pathText(out), "Choose another folder for --out"};
    }
    const auto engine = Engine::create({});
    const auto opened = openModel(*engine, options.model, {}, false);
    const Family family = saveCheckpoint(opened->checkpoint(), out, storage);
    const std::vector<std::string> files = copyTokenizer(opened->checkpoint().path, out);
    const DType stored = storage.value_or(plainType(opened->config().storage));
    if (context.json) {
        Context::print({{"family", name(family)},
                        {"folder", pathText(out)},
                        {"storage", name(stored)},
                        {"parameters", countParameters(opened->config()).total},
                        {"tokenizer_files", files}});
        return kOk;
    }
    std::cout << "written as " << name(family) << " (" << name(stored) << ") to " << pathText(out) << '\n';
    if (files.empty() && opened->config().family == Family::Gguf) {
        std::cout << "its tokenizer stays in the GGUF file: name it with --tokenizer FILE\n";
    } else if (files.empty()) {
        std::cout << "no tokenizer lay beside the model\n";
    }
    return kOk;
}

}  // namespace

Registration addConvert(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand(
        "convert",
        "Write a checkpoint as a folder: in Llama's or DeepSeek's form where it has one, which transformers opens, else in our own.");
    addModelOption(*command, options->model);
    command->add_option("--out", options->out, "Folder to write; made if it is not there")->required();
    command->add_option("--storage", options->storage, "f32 or bf16; without it every tensor keeps its type")
        ->check(CLI::IsMember({"f32", "bf16"}));
    addCommonOptions(*command, context, false);
    return {command, [options](const Context& c) { return convert(*options, c); }};
}

}  // namespace loom::cli
