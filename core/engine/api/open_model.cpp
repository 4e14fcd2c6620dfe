// SPDX-License-Identifier: GPL-3.0-or-later
#include <atomic>
#include <system_error>
#include <utility>
#include <vector>

#include "core/engine/api/engine.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/tokenizer/tokenizer_errors.h"

namespace loom {
namespace {

std::uint64_t nextId() {
    static std::atomic<std::uint64_t> counter{0};
    return ++counter;
}

/// The bytes of a tokenizer.json, or nothing where the tokenizer is of another kind or cannot be read.
std::optional<std::string> tokenizerJson(const OpenModel& model) {
    std::filesystem::path file = model.info().tokenizerSource;
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored)) file /= "tokenizer.json";
    if (file.extension() != ".json" || !fileExists(file)) return std::nullopt;
    auto text = guarded([&] { return readTextFile(file, kLargestTokenizerFile); });
    return text ? std::optional(std::move(*text)) : std::nullopt;
}

}  // namespace

bool sameTokenizer(const OpenModel& a, const OpenModel& b) {
    if (!a.info().tokenizerSource.empty() && a.info().tokenizerSource == b.info().tokenizerSource) return true;
    const auto first = tokenizerJson(a);
    return first && first == tokenizerJson(b);
}

OpenModel::OpenModel(Checkpoint checkpoint, std::shared_ptr<const Tokenizer> tokenizer, OpenModelInfo info)
    : m_id(nextId()),
      m_checkpoint(std::move(checkpoint)),
      m_tokenizer(std::move(tokenizer)),
      m_info(std::move(info)),
      m_endTokens(m_checkpoint.config.eosTokens) {
    if (m_endTokens.empty() && m_tokenizer) m_endTokens = m_tokenizer->endTokens();
    std::erase_if(m_endTokens, [this](TokenId id) { return id.value() < 0 || id.value() >= m_checkpoint.config.vocab; });
}

std::string OpenModel::displayName() const {
    if (!m_info.notes.name.empty()) return m_info.notes.name;
    const std::filesystem::path& file = m_checkpoint.path;
    return pathText(file.has_filename() ? file.filename() : file.parent_path().filename());
}

TokenIds OpenModel::beginning(bool textIsEmpty) const {
    TokenIds ids = m_tokenizer ? m_tokenizer->beginning() : TokenIds{};
    if (!ids.empty() || !textIsEmpty) return ids;
    if (m_checkpoint.config.bosToken) return {*m_checkpoint.config.bosToken};
    if (m_tokenizer && m_tokenizer->beginToken()) return {*m_tokenizer->beginToken()};
    if (!m_endTokens.empty()) return {m_endTokens.front()};  // one token that separates texts is both begin and end
    return {TokenId{0}};
}

}  // namespace loom
