// SPDX-License-Identifier: GPL-3.0-or-later
// Puts a BPE tokenizer together from files that nobody has checked.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/engine/tokenizer/bpe_parts.h"
#include "core/engine/tokenizer/tokenizer_config.h"

namespace loom {

/// Checks ids and merges as they come. Every Error names the file and the key ("tokenizer.json: model.merges[3]").
class BpeBuilder {
public:
    /// `vocab`: the network's vocabulary, 0 = unknown.
    BpeBuilder(std::string file, std::int64_t vocab) : m_file(std::move(file)), m_vocab(vocab) {}

    /// The file that the next errors name.
    void nameFile(std::string file) { m_file = std::move(file); }
    /// An object that maps spellings to ids.
    void setVocabulary(const nlohmann::json& vocabulary, const std::string& key);
    void addMerge(std::string_view left, std::string_view right, const std::string& key);
    void setAddedTokens(std::vector<AddedToken> tokens, const std::string& key);
    /// Once alphabet, vocabulary, added tokens and decoding are known: what each token adds to a text, the tokens of bytes,
    /// and with `ignoreMerges` the words that are tokens.
    void finish(bool ignoreMerges);
    /// A token that never shows as text.
    void markSpecial(std::uint32_t id) { parts.tokens[id].special = true; }
    /// End and begin tokens by what tokenizer_config.json says, else by the names in common use.
    void setEnds(const TokenizerConfig& config);

    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view spelling) const;
    [[nodiscard]] std::string at(const std::string& key) const { return m_file + ": " + key; }
    [[nodiscard]] std::size_t merges() const { return m_merges; }

    BpeParts parts;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };

    void makeRoom(std::int64_t id, const std::string& key);
    void place(const std::string& spelling, std::int64_t id, const std::string& key);
    void finishBytes(bool ignoreMerges);
    void finishCharacters(bool ignoreMerges);
    [[nodiscard]] bool onlyAdded(std::size_t id) const { return m_onlyAdded.contains(static_cast<std::uint32_t>(id)); }
    [[nodiscard]] bool isAdded(std::size_t id) const { return id < m_isAdded.size() && m_isAdded[id]; }

    std::string m_file;
    std::int64_t m_vocab;
    std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> m_ids;  // by spelling
    std::unordered_set<std::uint32_t> m_onlyAdded;                                // ids that the vocabulary itself does not have
    std::vector<bool> m_isAdded;                                                  // by id, as far as it reaches
    std::size_t m_merges = 0;
};

}  // namespace loom
