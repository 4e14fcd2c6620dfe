// SPDX-License-Identifier: GPL-3.0-or-later
// Added tokens: finding them and what they take with them.
#include "core/engine/tokenizer/added_tokens.h"

#include <algorithm>
#include <new>
#include <utility>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/engine/tokenizer/utf8_text.h"

namespace loom {
namespace {

/// Unicode's White_Space property.
bool isSpace(char32_t c) {
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/// Whether the character at `at` can be part of a word: letter, mark, digit, connector or joiner.
bool isWordAt(std::string_view text, std::size_t at) {
    const char32_t c = codePointAt(text, at);
    if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    static const auto* word = [] {
        constexpr std::string_view pattern = R"([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200C}\x{200D}])";
        int problem = 0;
        PCRE2_SIZE offset = 0;
        return pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED, &problem,
                             &offset, nullptr);
    }();
    if (word == nullptr) return true;
    pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
    if (data == nullptr) throw std::bad_alloc{};
    const int found = pcre2_match(word, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at, PCRE2_NO_UTF_CHECK, data, nullptr);
    pcre2_match_data_free(data);
    return found > 0;
}

}  // namespace

void AddedTokens::Trie::add(std::string_view content, std::int32_t token) {
    std::uint32_t node = 0;
    starts[static_cast<unsigned char>(content.front())] = true;
    for (const char c : content) {
        const auto next = static_cast<std::uint32_t>(tokenAt.size());
        const auto [child, fresh] = children.emplace(std::uint64_t{node} << 8 | static_cast<unsigned char>(c), next);
        if (fresh) tokenAt.push_back(-1);
        node = child->second;
    }
    if (tokenAt[node] < 0) tokenAt[node] = token;  // of patterns that normalizing made equal the first counts
}

std::int32_t AddedTokens::Trie::longestAt(std::string_view text) const {
    std::int32_t longest = -1;
    std::uint32_t node = 0;
    for (const char c : text) {
        const auto child = children.find(std::uint64_t{node} << 8 | static_cast<unsigned char>(c));
        if (child == children.end()) break;
        node = child->second;
        if (tokenAt[node] >= 0) longest = tokenAt[node];
    }
    return longest;
}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : m_tokens(std::move(tokens)) {
    std::erase_if(m_tokens, [](const AddedToken& token) { return token.content.empty(); });
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        if (m_tokens[i].pattern.empty()) m_tokens[i].pattern = m_tokens[i].content;
        (m_tokens[i].normalized ? m_second : m_first).add(m_tokens[i].pattern, static_cast<std::int32_t>(i));
    }
}

void AddedTokens::splitWith(const Trie& trie, std::string_view text, const OnText& onText, const OnToken& onToken) const {
    std::size_t done = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::int32_t found = trie.starts[static_cast<unsigned char>(text[at])] ? trie.longestAt(text.substr(at)) : -1;
        if (found < 0) {
            ++at;
            continue;
        }
        const AddedToken& token = m_tokens[static_cast<std::size_t>(found)];
        std::size_t start = at;
        std::size_t end = at + token.pattern.size();
        at = end;
        if (token.singleWord) {
            if (start > 0 && isWordAt(text, characterBefore(text, start))) continue;
            if (end < text.size() && isWordAt(text, end)) continue;
        }
        if (token.lstrip) {
            while (start > done && isSpace(codePointAt(text, characterBefore(text, start)))) start = characterBefore(text, start);
        }
        start = std::max(start, done);  // the token before may have taken this space already
        if (token.rstrip) {
            while (end < text.size() && isSpace(codePointAt(text, end))) end = characterEnd(text, end);
        }
        if (start > done) onText(text.substr(done, start - done));
        onToken(token);
        done = std::max(done, end);
    }
    if (done < text.size()) onText(text.substr(done));
}

}  // namespace loom
