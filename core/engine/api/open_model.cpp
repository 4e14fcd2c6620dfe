// SPDX-License-Identifier: GPL-3.0-or-later
#include <atomic>
#include <utility>
#include <vector>

#include "core/engine/api/engine.h"

namespace loom {
namespace {

std::uint64_t nextId() {
    static std::atomic<std::uint64_t> counter{0};
    return ++counter;
}

}  // namespace

OpenModel::OpenModel(Checkpoint checkpoint, std::shared_ptr<const Tokenizer> tokenizer)
    : m_id(nextId()), m_checkpoint(std::move(checkpoint)), m_tokenizer(std::move(tokenizer)), m_endTokens(m_checkpoint.config.eosTokens) {
    if (m_endTokens.empty() && m_tokenizer) m_endTokens = m_tokenizer->endTokens();
    std::erase_if(m_endTokens, [this](TokenId id) { return id.value() < 0 || id.value() >= m_checkpoint.config.vocab; });
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
