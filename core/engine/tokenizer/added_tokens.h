// SPDX-License-Identifier: GPL-3.0-or-later
// Added tokens: spelled out in a text, they become one id before anything else is done.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace loom {

struct AddedToken {
    std::uint32_t id = 0;
    std::string content;
    bool special = false;
    bool singleWord = false;  ///< only where no word character touches it
    bool lstrip = false;      ///< swallows the white space before it
    bool rstrip = false;      ///< swallows the white space after it
    bool normalized = false;  ///< looked for in a second pass, in normalized text
    std::string pattern{};    ///< what is looked for; empty = the content itself
};

/// Finds added tokens. Immutable and thread-safe.
class AddedTokens {
public:
    static constexpr std::size_t kMostBytes = std::size_t{1} << 20;  ///< of all contents together

    AddedTokens() = default;
    /// Tokens without content are left out. The contents must differ, and they and the patterns be valid UTF-8.
    explicit AddedTokens(std::vector<AddedToken> tokens);

    using OnText = std::function<void(std::string_view)>;
    using OnToken = std::function<void(const AddedToken&)>;
    /// Calls back from left to right; stretches of text are never empty. Of tokens that start together the longest counts.
    /// The first pass looks for tokens in the text as it was given, the second for the others in what is left, normalized.
    void splitGiven(std::string_view text, const OnText& onText, const OnToken& onToken) const {
        splitWith(m_first, text, onText, onToken);
    }
    void splitNormalized(std::string_view text, const OnText& onText, const OnToken& onToken) const {
        splitWith(m_second, text, onText, onToken);
    }
    [[nodiscard]] const std::vector<AddedToken>& tokens() const { return m_tokens; }

private:
    /// A tree of bytes in one table.
    struct Trie {
        std::unordered_map<std::uint64_t, std::uint32_t> children;  // node << 8 | byte
        std::vector<std::int32_t> tokenAt{-1};                      // by node, index into m_tokens
        std::array<bool, 256> starts{};
        void add(std::string_view content, std::int32_t token);
        [[nodiscard]] std::int32_t longestAt(std::string_view text) const;
    };
    void splitWith(const Trie& trie, std::string_view text, const OnText& onText, const OnToken& onToken) const;

    std::vector<AddedToken> m_tokens;
    Trie m_first;
    Trie m_second;
};

}  // namespace loom
