// SPDX-License-Identifier: GPL-3.0-or-later
// Following every way through a precompiled_charsmap before SentencePiece's library does it unchecked.
#include <algorithm>
#include <cstring>
#include <vector>

#include "core/data/error.h"
#include "core/data/utf8.h"
#include "core/engine/tokenizer/sentencepiece_model.h"

namespace loom {
namespace {

constexpr std::size_t kLargestCharsmap = std::size_t{2} << 20;  // NFKC with case folding takes 0.3 MB
constexpr std::size_t kDeepest = 128;                           // bytes of the longest text that is replaced
constexpr int kMostResults = 32;                                // the library's table of results
constexpr std::size_t kLongestText = 256;                       // what one character may become, in bytes

class Walker {
public:
    Walker(std::string_view array, std::string_view texts, const std::string& where)
        : m_texts(texts), m_where(where), m_units(array.size() / sizeof(std::uint32_t)), m_results(m_units.size(), kUnseen) {
        if (!m_units.empty()) std::memcpy(m_units.data(), array.data(), m_units.size() * sizeof(std::uint32_t));
    }

    void run() {
        if (m_units.empty()) fail("The double array is empty");
        if (follow(offset(m_units[0]), 0) > kMostResults) fail("More than 32 rules begin with each other");
    }

private:
    static constexpr std::int16_t kUnseen = -1;
    static constexpr std::int16_t kOnTheWay = -2;

    [[noreturn]] void fail(const std::string& what) const {
        throw Error{"The normalization rules are damaged: " + what, m_where, "Download or write the model again"};
    }
    // The bits of a unit, as darts-clone lays them out.
    static bool hasLeaf(std::uint32_t unit) { return (unit >> 8 & 1) != 0; }
    static std::uint32_t label(std::uint32_t unit) { return unit & (0x80000000U | 0xFF); }
    static std::size_t offset(std::uint32_t unit) { return static_cast<std::size_t>(unit >> 10) << ((unit & 0x200U) >> 6); }

    /// The most results on a way from the node whose children lie at `base` ^ byte.
    int follow(std::size_t base, std::size_t depth) {
        if (base >= m_units.size()) fail("a node lies outside the array");
        if (m_results[base] == kOnTheWay || depth > kDeepest) fail("a way through the array does not end");
        if (m_results[base] != kUnseen) return m_results[base];
        m_results[base] = kOnTheWay;
        int most = 0;
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::size_t at = base ^ byte;
            if (at >= m_units.size()) fail("a node lies outside the array");
            if (label(m_units[at]) != byte) continue;
            const std::size_t next = at ^ offset(m_units[at]);
            int results = 0;
            if (hasLeaf(m_units[at])) {
                checkText(next);
                results = 1;
            }
            results += follow(next, depth + 1);
            most = std::max(most, results);
        }
        m_results[base] = static_cast<std::int16_t>(std::min(most, kMostResults + 1));
        return m_results[base];
    }

    void checkText(std::size_t leaf) {
        if (leaf >= m_units.size()) fail("a leaf lies outside the array");
        const std::size_t start = m_units[leaf] & 0x7FFFFFFFU;
        if (start >= m_texts.size()) fail("a rule's text lies outside the file");
        const std::string_view rest = m_texts.substr(start, kLongestText);
        const std::size_t end = rest.find('\0');
        if (end == std::string_view::npos) fail("a rule's text is longer than 256 bytes");
        if (firstInvalidUtf8(rest.substr(0, end))) fail("a rule's text is not valid UTF-8");
    }

    std::string_view m_texts;
    const std::string& m_where;
    std::vector<std::uint32_t> m_units;
    std::vector<std::int16_t> m_results;  // by base
};

}  // namespace

void checkCharsmap(std::string_view charsmap, const std::string& where) {
    const auto fail = [&](const std::string& what) { throw Error{what, where, "Download or write the model again"}; };
    if (charsmap.size() > kLargestCharsmap) fail("The normalization rules are larger than 2 MiB");
    std::uint32_t size = 0;
    if (charsmap.size() <= sizeof(size)) fail("The normalization rules are cut off");
    std::memcpy(&size, charsmap.data(), sizeof(size));
    charsmap.remove_prefix(sizeof(size));
    if (size >= charsmap.size() || size % sizeof(std::uint32_t) != 0) fail("The normalization rules give a wrong size");
    Walker(charsmap.substr(0, size), charsmap.substr(size), where).run();
}

}  // namespace loom
