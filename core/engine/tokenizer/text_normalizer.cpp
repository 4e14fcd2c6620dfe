// SPDX-License-Identifier: GPL-3.0-or-later
// The normalizers of tokenizer.json.
#include "core/engine/tokenizer/text_normalizer.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include <utf8proc.h>

#include "core/data/error.h"

namespace loom {
namespace {

/// No honest normalizer comes near: the longest compatibility form is 18 characters for one (U+FDFA).
constexpr std::size_t kMostGrowth = 64;

std::size_t largestResult(std::size_t bytes) { return kMostGrowth * (bytes + 64); }

[[noreturn]] void failGrowth() {
    throw Error{"The tokenizer's normalizer makes the text more than 64 times as long", "normalizer",
                "The tokenizer.json is damaged, or made to do harm; use another"};
}

std::string inForm(std::string_view text, UnicodeForm form) {
    if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return std::string(text);
    int options = UTF8PROC_STABLE;
    options |= form == UnicodeForm::Nfc || form == UnicodeForm::Nfkc ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
    if (form == UnicodeForm::Nfkc || form == UnicodeForm::Nfkd) options |= UTF8PROC_COMPAT;
    utf8proc_uint8_t* out = nullptr;
    const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                               static_cast<utf8proc_ssize_t>(text.size()), &out, static_cast<utf8proc_option_t>(options));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(out, &std::free);
    if (size < 0) throw Error{std::string("The text cannot be normalized: ") + utf8proc_errmsg(size), "text", "Use a shorter text"};
    return {reinterpret_cast<const char*>(out), static_cast<std::size_t>(size)};
}

std::string replaced(std::string_view text, std::string_view what, std::string_view by, std::size_t largest) {
    std::string out;
    out.reserve(text.size() + text.size() / 4);
    for (std::size_t at = 0;;) {
        const std::size_t found = text.find(what, at);
        out.append(text.substr(at, found == std::string_view::npos ? found : found - at));
        if (found == std::string_view::npos) return out;
        out += by;
        if (out.size() > largest) failGrowth();
        at = found + what.size();
    }
}

}  // namespace

void TextNormalizer::addPrepend(std::string text) { m_steps.push_back({Step::Kind::Prepend, std::move(text), {}, {}, {}}); }

void TextNormalizer::addReplace(SplitPattern pattern, std::string by) {
    m_steps.push_back({Step::Kind::Replace, std::move(by), {}, std::move(pattern), {}});
}

void TextNormalizer::addReplace(std::string literal, std::string by) {
    m_steps.push_back({Step::Kind::ReplaceLiteral, std::move(by), std::move(literal), {}, {}});
}

void TextNormalizer::addForm(UnicodeForm form) { m_steps.push_back({Step::Kind::Form, {}, {}, {}, form}); }

bool TextNormalizer::prepends() const {
    return std::any_of(m_steps.begin(), m_steps.end(), [](const Step& step) { return step.kind == Step::Kind::Prepend; });
}

std::string TextNormalizer::apply(std::string_view text, bool continued, const PatternDeadline& deadline) const {
    const std::size_t largest = largestResult(text.size());
    std::string now(text);
    for (const Step& step : m_steps) {
        switch (step.kind) {
            case Step::Kind::Prepend:
                if (!continued && !now.empty()) now.insert(0, step.text);
                break;
            case Step::Kind::ReplaceLiteral: now = replaced(now, step.literal, step.text, largest); break;
            case Step::Kind::Replace: {
                std::string out;
                for (const SplitPattern::Span& span : step.pattern->spans(now, deadline)) {
                    if (span.matched) {
                        out += step.text;
                    } else {
                        out.append(now, span.start, span.end - span.start);
                    }
                    if (out.size() > largest) failGrowth();
                }
                now = std::move(out);
                break;
            }
            case Step::Kind::Form: now = inForm(now, step.form); break;
        }
        if (now.size() > largest) failGrowth();
    }
    return now;
}

}  // namespace loom
