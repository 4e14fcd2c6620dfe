// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/utf8.h"

namespace loom {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// What the bytes at `at` are: > 0 a whole character of that length; 0 the start of one that needs more bytes; -n: the first n bytes
/// begin no character, together they are one mistake (Unicode 3.9, "maximal subpart").
int characterAt(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(at);
    if (lead < 0x80) return 1;
    const int length = lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : -1;
    if (length < 0) return -1;
    for (int k = 1; k < length; ++k) {
        if (at + static_cast<std::size_t>(k) >= text.size()) return 0;
        const unsigned next = byte(at + static_cast<std::size_t>(k));
        unsigned low = 0x80;
        unsigned high = 0xBF;
        if (k == 1) {  // overlong forms, surrogates and what lies past U+10FFFF
            if (lead == 0xE0) low = 0xA0;
            if (lead == 0xED) high = 0x9F;
            if (lead == 0xF0) low = 0x90;
            if (lead == 0xF4) high = 0x8F;
        }
        if (next < low || next > high) return -k;
    }
    return length;
}

}  // namespace

std::optional<std::size_t> firstInvalidUtf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const int length = characterAt(text, at);
        if (length <= 0) return at;
        at += static_cast<std::size_t>(length);
    }
    return std::nullopt;
}

std::string_view beginningOfUtf8(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
    return text.substr(0, most);
}

std::string repairedUtf8(std::string_view text) {
    Utf8Assembler assembler;
    std::string out = assembler.push(text);
    return out + assembler.flush();
}

std::string Utf8Assembler::push(std::string_view bytes) {
    m_pending += bytes;
    std::string out;
    std::size_t at = 0;
    while (at < m_pending.size()) {
        const int length = characterAt(m_pending, at);
        if (length == 0) break;
        if (length < 0) {
            out += kReplacement;
            at += static_cast<std::size_t>(-length);
            continue;
        }
        out.append(m_pending, at, static_cast<std::size_t>(length));
        at += static_cast<std::size_t>(length);
    }
    m_pending.erase(0, at);
    return out;
}

std::string Utf8Assembler::flush() {
    std::string out(m_pending.empty() ? std::string_view() : kReplacement);  // the beginning of one character
    m_pending.clear();
    return out;
}

}  // namespace loom
