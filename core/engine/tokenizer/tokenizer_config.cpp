// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/tokenizer/tokenizer_config.h"

#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/mapped_file.h"

namespace loom {
namespace {

constexpr std::size_t kLargestConfig = std::size_t{4} << 20;
constexpr const char* kHint = "Correct it or remove the file";

/// "eos_token": "x" or {"content": "x"}.
std::optional<std::string> namedToken(const nlohmann::json& config, const char* key, const std::string& file) {
    const auto found = config.find(key);
    if (found == config.end() || found->is_null()) return std::nullopt;
    if (found->is_string()) return found->get<std::string>();
    if (found->is_object()) {
        if (const auto content = found->find("content"); content != found->end() && content->is_string())
            return content->get<std::string>();
    }
    throw Error{"This is neither a text nor an object with a content", file + ": " + key, kHint};
}

std::optional<bool> flag(const nlohmann::json& config, const char* key, const std::string& file) {
    const auto found = config.find(key);
    if (found == config.end() || found->is_null()) return std::nullopt;
    if (found->is_boolean()) return found->get<bool>();
    throw Error{"This is neither true nor false", file + ": " + key, kHint};
}

}  // namespace

TokenizerConfig readTokenizerConfig(const std::filesystem::path& folder) {
    const std::filesystem::path file = folder / "tokenizer_config.json";
    TokenizerConfig out{pathText(file), {}, {}, {}, {}, {}};
    if (!fileExists(file)) return out;
    const nlohmann::json config = parseJson(readTextFile(file, kLargestConfig), out.where);
    if (!config.is_object()) throw Error{"The file does not hold an object", out.where, kHint};
    out.eos = namedToken(config, "eos_token", out.where);
    out.bos = namedToken(config, "bos_token", out.where);
    out.addBos = flag(config, "add_bos_token", out.where);
    out.addEos = flag(config, "add_eos_token", out.where);
    out.addPrefixSpace = flag(config, "add_prefix_space", out.where);
    return out;
}

}  // namespace loom
