// SPDX-License-Identifier: GPL-3.0-or-later
// Cutting text into words: PCRE2 with limits, and the five split behaviours.
#include "core/engine/tokenizer/split_pattern.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <new>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/data/error.h"
#include "core/engine/tokenizer/pattern_syntax.h"
#include "core/engine/tokenizer/utf8_text.h"

namespace loom {
namespace {

constexpr std::size_t kLongestPattern = 16 * 1024;
constexpr std::size_t kStartsPerCall = 256;  // how many places one call may try before the deadline is looked at
constexpr std::uint32_t kHeapKiB = 64 * 1024;

using MatchData = std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)>;
using MatchContext = std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)>;
using CompileContext = std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)>;

PCRE2_SPTR units(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

std::string pcreMessage(int code) {
    std::array<PCRE2_UCHAR, 256> buffer{};
    pcre2_get_error_message(code, buffer.data(), buffer.size());
    return reinterpret_cast<const char*>(buffer.data());
}

}  // namespace

struct SplitPattern::Code {
    explicit Code(pcre2_code* compiled) : code(compiled) {}
    ~Code() { pcre2_code_free(code); }
    Code(const Code&) = delete;
    Code& operator=(const Code&) = delete;
    pcre2_code* code;
};

SplitPattern::SplitPattern(std::string_view pattern, const std::string& where) : m_where(where) {
    if (pattern.size() > kLongestPattern) {
        throw Error{"The tokenizer's pattern is " + std::to_string(pattern.size()) + " bytes long", where, "At most 16384 are read"};
    }
    compile(pcrePattern(pattern, where));
}

SplitPattern SplitPattern::literal(std::string_view text, const std::string& where) {
    if (text.size() > kLongestPattern || text.empty()) throw Error{"The tokenizer splits at an empty or very long text", where, {}};
    SplitPattern out;
    out.m_where = where;
    std::string escaped;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80 && std::isalnum(byte) == 0) escaped += '\\';
        escaped += c;
    }
    out.compile(escaped);
    return out;
}

void SplitPattern::compile(const std::string& pcre) {
    const CompileContext context(pcre2_compile_context_create(nullptr), &pcre2_compile_context_free);
    if (!context) throw std::bad_alloc{};
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
    int problem = 0;
    PCRE2_SIZE offset = 0;
    constexpr std::uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
    pcre2_code* code = pcre2_compile(units(pcre), pcre.size(), kOptions, &problem, &offset, context.get());
    if (code == nullptr) {
        throw Error{"The tokenizer's pattern cannot be used: " + pcreMessage(problem), m_where,
                    "The file is damaged, or made for another program"};
    }
    m_code = std::make_shared<Code>(code);
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // where this is not possible the interpreter runs
}

std::vector<SplitPattern::Span> SplitPattern::spans(std::string_view text, const PatternDeadline& deadline) const {
    const MatchData data(pcre2_match_data_create(1, nullptr), &pcre2_match_data_free);
    const MatchContext context(pcre2_match_context_create(nullptr), &pcre2_match_context_free);
    if (!data || !context) throw std::bad_alloc{};
    // Room for patterns that give a long run back character by character.
    pcre2_set_match_limit(context.get(), static_cast<std::uint32_t>(std::min<std::size_t>(1'000'000 + 4 * text.size(), 20'000'000)));
    pcre2_set_heap_limit(context.get(), kHeapKiB);
    const auto tooMuch = [&](const std::string& why) {
        return Error{"The tokenizer's pattern needs too many steps for this text: " + why, m_where,
                     "Use a shorter text or another tokenizer"};
    };

    std::vector<Span> out;
    std::size_t done = 0;  // everything before is in `out`
    std::size_t from = 0;  // where the next match may start
    bool matchedHere = false;
    while (from <= text.size()) {
        const std::size_t window = std::min(text.size(), from + kStartsPerCall);
        pcre2_set_offset_limit(context.get(), window);
        const auto match = [&](std::uint32_t options) {
            return pcre2_match(m_code->code, units(text), text.size(), from, PCRE2_NO_UTF_CHECK | options, data.get(), context.get());
        };
        int code = match(0);
        if (code == PCRE2_ERROR_JIT_STACKLIMIT) code = match(PCRE2_NO_JIT);
        if (code == PCRE2_ERROR_NOMATCH) {
            if (window == text.size()) break;
            from = characterEnd(text, window - 1);
            matchedHere = false;
            if (deadline.passed()) throw tooMuch("out of time");
            continue;
        }
        if (code < 0) throw tooMuch(pcreMessage(code));
        const PCRE2_SIZE* found = pcre2_get_ovector_pointer(data.get());
        const std::size_t start = found[0];
        const std::size_t end = found[1];
        if (start < from || end < start || end > text.size()) throw tooMuch("it matches backwards");
        if (start == end && matchedHere && start == done) {  // an empty match right after a match does not count
            if (from >= text.size()) break;
            from = characterEnd(text, from);
            matchedHere = false;
            continue;
        }
        if (start > done) out.push_back({done, start, false});
        out.push_back({start, end, true});
        done = end;
        from = end;
        matchedHere = true;
        if (start == end) {
            if (end >= text.size()) break;
            from = characterEnd(text, end);
        }
        if (out.size() % 64 == 0 && deadline.passed()) throw tooMuch("out of time");
    }
    if (done < text.size()) out.push_back({done, text.size(), false});
    return out;
}

std::vector<std::string_view> splitText(std::string_view text, const SplitPattern& pattern, SplitBehaviour behaviour, bool invert,
                                        const PatternDeadline& deadline) {
    using Span = SplitPattern::Span;
    std::vector<Span> spans = pattern.spans(text, deadline);
    if (invert) {
        for (Span& span : spans) span.matched = !span.matched;
    }
    const bool backwards = behaviour == SplitBehaviour::MergedWithNext;
    if (backwards) std::reverse(spans.begin(), spans.end());
    std::vector<Span> merged;
    bool previous = false;
    for (const Span& span : spans) {
        const bool joins = behaviour == SplitBehaviour::Contiguous                        ? span.matched == previous
                           : behaviour == SplitBehaviour::MergedWithPrevious || backwards ? span.matched && !previous
                                                                                          : false;
        previous = span.matched;
        if (behaviour == SplitBehaviour::Removed && span.matched) continue;
        if (joins && !merged.empty()) {
            merged.back().start = std::min(merged.back().start, span.start);
            merged.back().end = std::max(merged.back().end, span.end);
        } else {
            merged.push_back(span);
        }
    }
    if (backwards) std::reverse(merged.begin(), merged.end());
    std::vector<std::string_view> pieces;
    pieces.reserve(merged.size());
    for (const Span& span : merged) {
        if (span.end > span.start) pieces.push_back(text.substr(span.start, span.end - span.start));
    }
    return pieces;
}

}  // namespace loom
