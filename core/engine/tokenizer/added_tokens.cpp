// SPDX-License-Identifier: GPL-3.0-or-later
// Added tokens: finding them and what they take with them.
#include "core/engine/tokenizer/added_tokens.h"

#include <algorithm>
#include <new>
#include <utility>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace loom {
namespace {

char32_t decoded(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
    const char32_t lead = byte(at);
    if (lead < 0x80) return lead;
    if (lead < 0xE0) return (lead & 0x1F) << 6 | (byte(at + 1) & 0x3F);
    if (lead < 0xF0) return (lead & 0x0F) << 12 | (byte(at + 1) & 0x3F) << 6 | (byte(at + 2) & 0x3F);
    return (lead & 0x07) << 18 | (byte(at + 1) & 0x3F) << 12 | (byte(at + 2) & 0x3F) << 6 | (byte(at + 3) & 0x3F);
}

bool isContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t characterBefore(std::string_view text, std::size_t at) {
    do --at;
    while (at > 0 && isContinuation(text[at]));
    return at;
}

std::size_t characterAfter(std::string_view text, std::size_t at) {
    do ++at;
    while (at < text.size() && isContinuation(text[at]));
    return at;
}

/// Unicode's White_Space property.
bool isSpace(char32_t c) {
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/// Whether the character at `at` can be part of a word: letter, mark, digit, connector or joiner.
bool isWordAt(std::string_view text, std::size_t at) {
    const char32_t c = decoded(text, at);
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
    tokenAt[node] = token;
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
        (m_tokens[i].normalized ? m_second : m_first).add(m_tokens[i].content, static_cast<std::int32_t>(i));
    }
}

void AddedTokens::split(std::string_view text, const OnText& onText, const OnToken& onToken) const {
    splitWith(
        m_first, text, [&](std::string_view rest) { splitWith(m_second, rest, onText, onToken); }, onToken);
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
        std::size_t end = at + token.content.size();
        at = end;
        if (token.singleWord) {
            if (start > 0 && isWordAt(text, characterBefore(text, start))) continue;
            if (end < text.size() && isWordAt(text, end)) continue;
        }
        if (token.lstrip) {
            while (start > done && isSpace(decoded(text, characterBefore(text, start)))) start = characterBefore(text, start);
        }
        start = std::max(start, done);  // the token before may have taken this space already
        if (token.rstrip) {
            while (end < text.size() && isSpace(decoded(text, end))) end = characterAfter(text, end);
        }
        if (start > done) onText(text.substr(done, start - done));
        onToken(token);
        done = std::max(done, end);
    }
    if (done < text.size()) onText(text.substr(done));
}

}  // namespace loom
