// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"

#include <charconv>
#include <cstdio>
#include <iostream>

#include "core/data/utf8.h"

namespace loom::cli {

EngineOptions Context::engineOptions() const { return {device == "cuda" ? DeviceKind::Cuda : DeviceKind::Cpu, threads}; }

void Context::print(const nlohmann::ordered_json& document) {
    std::cout << document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n' << std::flush;
    if (!std::cout) throw Error{"The result could not be written", "standard output", {}};
}

void addCommonOptions(CLI::App& command, Context& context, bool computes) {
    command.add_flag("--json", context.json, "Print one JSON document on stdout and nothing else there");
    if (!computes) return;
    command.add_option("--threads", context.threads, "CPU threads (default: measured for each network, or chosen by its size)")
        ->check(CLI::Range(1, 1024));
    command.add_option("--device", context.device, "Where to compute")->check(CLI::IsMember({"cpu", "cuda"}))->capture_default_str();
}

void addModelOption(CLI::App& command, std::string& model) {
    command.add_option("model", model, "Checkpoint: Hugging Face folder, GGUF file, llama2.c .bin file or nanoGPT's ckpt.pt")->required();
}

void addTokenizerOption(CLI::App& command, std::string& tokenizer) {
    command.add_option("--tokenizer", tokenizer, "Tokenizer file or folder, where it is not beside the model");
}

void addMlaOption(CLI::App& command, std::string& mla) {
    command.add_option("--mla", mla, "How a joint latent is decoded: absorbed keeps the small latent, naive expands it")
        ->check(CLI::IsMember({"naive", "absorbed"}))
        ->capture_default_str();
}

void addPrecisionOption(CLI::App& command, std::string& precision) {
    command
        .add_option("--precision", precision,
                    "How weights are kept: auto changes nothing (bf16 where they are stored so, else f32); int8 and int4 are smaller, faster "
                    "and a little less exact; reference computes through LibTorch")
        ->check(CLI::IsMember({"auto", "f32", "bf16", "int8", "int4", "reference"}))
        ->capture_default_str();
}

std::shared_ptr<const OpenModel> openModel(Engine& engine, const std::string& model, const std::string& tokenizer, bool needTokenizer) {
    auto opened = valueOrThrow(engine.open(model, {tokenizer, needTokenizer}));
    if (const std::string& problem = opened->info().notes.problem; !problem.empty()) std::cerr << "warning: " << problem << '\n';
    return opened;
}

MlaPath pathFrom(const std::string& name) { return name == "naive" ? MlaPath::Naive : MlaPath::Absorbed; }

PrecisionChoice precisionFrom(const std::string& name) { return precisionChoiceNamed(name).value_or(PrecisionChoice::Auto); }

DType cacheTypeFrom(const std::string& name) {
    if (name == "f32") return DType::F32;
    if (name == "f16") return DType::F16;
    return name == "bf16" ? DType::BF16 : DType::I8;
}

TokenIds parseIds(const std::string& list) {
    TokenIds ids;
    std::string_view rest = list;
    while (true) {
        const std::size_t comma = rest.find(',');
        std::string_view word = rest.substr(0, comma);
        while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
        while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
        std::int64_t value = 0;
        const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (problem != std::errc{} || end != word.data() + word.size()) {
            throw Error{"'" + repairedUtf8(word.substr(0, 40)) + "' is no token id", "token list",
                        "Write whole numbers with commas between them, as in 1,2,3"};
        }
        ids.emplace_back(value);
        if (comma == std::string_view::npos) return ids;
        rest.remove_prefix(comma + 1);
    }
}

std::vector<std::int64_t> values(const TokenIds& ids) {
    std::vector<std::int64_t> numbers;
    numbers.reserve(ids.size());
    for (const TokenId id : ids) numbers.push_back(id.value());
    return numbers;
}

void requireUtf8(const std::string& text, const std::string& option) {
    if (const auto at = firstInvalidUtf8(text)) {
        throw Error{"The text is not UTF-8 at byte " + std::to_string(*at), option, "Convert it, for example with iconv -t UTF-8"};
    }
}

}  // namespace loom::cli
