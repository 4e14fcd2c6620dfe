// SPDX-License-Identifier: GPL-3.0-or-later
// Puts a byte-level BPE tokenizer together from files that nobody has checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "core/engine/tokenizer/byte_level_bpe.h"

namespace loom {

/// Checks ids and merges as they come. Every Error names the file and the key ("tokenizer.json: model.merges[3]").
class BpeBuilder {
public:
    /// `vocab`: the network's vocabulary, 0 = unknown.
    BpeBuilder(std::string file, std::int64_t vocab) : m_file(std::move(file)), m_vocab(vocab) {}

    /// The file that the next errors name.
    void nameFile(std::string file) { m_file = std::move(file); }
    /// An object that maps spellings in the byte alphabet to ids.
    void setVocabulary(const nlohmann::json& vocabulary, const std::string& key);
    void addMerge(std::string_view left, std::string_view right, const std::string& key);
    void setAddedTokens(std::vector<AddedToken> tokens, const std::string& key);
    /// Fills what ignore_merges needs. After setVocabulary and before setAddedTokens.
    void keepWholeWords();
    /// A token that never shows as text.
    void markSpecial(std::uint32_t id) { parts.tokens[id].special = true; }
    /// End and begin tokens by what other files say, else by the names in common use. `eos`, `bos`: spelled out or empty.
    void setEnds(const std::optional<std::string>& eos, const std::optional<std::string>& bos, const std::string& where);

    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view spelling) const;
    [[nodiscard]] std::string at(const std::string& key) const { return m_file + ": " + key; }
    [[nodiscard]] std::size_t merges() const { return m_merges; }

    BpeParts parts;

private:
    void makeRoom(std::int64_t id, const std::string& key);
    void place(const std::string& spelling, std::string bytes, std::int64_t id, const std::string& key);

    std::string m_file;
    std::int64_t m_vocab;
    std::unordered_map<std::string, std::uint32_t> m_ids;  // by spelling
    std::size_t m_merges = 0;
};

/// A JSON value as an integer in [low, high], or nothing.
[[nodiscard]] std::optional<std::int64_t> integerIn(const nlohmann::json& value, std::int64_t low, std::int64_t high);

}  // namespace loom
