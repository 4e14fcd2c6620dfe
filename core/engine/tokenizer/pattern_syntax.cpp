// SPDX-License-Identifier: GPL-3.0-or-later
// From Oniguruma's regular expressions to PCRE2's.
#include "core/engine/tokenizer/pattern_syntax.h"

#include <algorithm>
#include <utility>

#include "core/data/error.h"

namespace loom {
namespace {

constexpr std::string_view kWord = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
constexpr std::string_view kHex = "0-9A-Fa-f";

class Translator {
public:
    Translator(std::string_view pattern, const std::string& where) : m_in(pattern), m_where(where) {}

    std::string run() {
        while (m_at < m_in.size()) {
            const char c = m_in[m_at];
            if (c == '\\') {
                escape();
            } else if (m_inClass) {
                insideClass(c);
            } else if (c == '[') {
                openClass();
            } else if (c == '(') {
                group();
            } else {
                if (c == '}' && peek(1) == '+') refuse("a + after {…}");
                m_out += c;
                ++m_at;
            }
        }
        return std::move(m_out);
    }

private:
    [[nodiscard]] char peek(std::size_t ahead) const { return m_at + ahead < m_in.size() ? m_in[m_at + ahead] : '\0'; }
    [[noreturn]] void refuse(const std::string& what) const {
        throw Error{"The tokenizer's pattern uses " + what + ", which is not supported", m_where, "Use a tokenizer with a simpler pattern"};
    }
    void copy(std::size_t count) {
        m_out += m_in.substr(m_at, count);
        m_at += std::min(count, m_in.size() - m_at);
    }
    void replace(std::size_t count, std::string_view by) {
        m_out += by;
        m_at += count;
    }
    void set(std::string_view members, bool negated) {
        if (!m_inClass) {
            replace(2, negated ? "[^" : "[");
            m_out += members;
            m_out += ']';
        } else if (!negated) {
            replace(2, members);
        } else {
            refuse("a negated set inside a set");
        }
    }

    void escape() {
        switch (const char c = peek(1)) {
            case '\0': refuse("a \\ at its end");
            case 's': return replace(2, "\\p{White_Space}");
            case 'S': return replace(2, "\\P{White_Space}");
            case 'w': return set(kWord, false);
            case 'W': return set(kWord, true);
            case 'h': return set(kHex, false);
            case 'H': return set(kHex, true);
            case 'v': return replace(2, "\\x0b");
            case 'K': refuse("\\K");
            case 'u': return codePoint();
            case 'p':
            case 'P':
            case 'x':
                if (peek(2) == '{') {
                    const std::size_t end = m_in.find('}', m_at);
                    if (end == std::string_view::npos) refuse(std::string("\\") + c + "{ without }");
                    return copy(end + 1 - m_at);
                }
                return copy(2);
            default: return copy(2);
        }
    }
    void codePoint() {
        const std::string_view digits = m_in.substr(m_at + 2).substr(0, 4);
        if (digits.size() != 4 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
            refuse("\\u without four hexadecimal digits");
        replace(6, "\\x{" + std::string(digits) + "}");
    }
    void openClass() {
        m_inClass = true;
        copy(1);
        if (peek(0) == '^') copy(1);
        if (peek(0) == ']') replace(1, "\\]");
    }
    void insideClass(char c) {
        if (c == '[') {
            if (peek(1) != ':') refuse("a set inside a set");
            const std::size_t end = m_in.find(":]", m_at);
            if (end == std::string_view::npos) refuse("[: without :]");
            return copy(end + 2 - m_at);
        }
        if (c == '&' && peek(1) == '&') refuse("&& between sets");
        if (c == ']') m_inClass = false;
        copy(1);
    }
    /// In Ruby's flavour the option m means that a dot matches line ends: PCRE2 calls that s.
    void group() {
        if (peek(1) == '*') refuse("(*");
        if (peek(1) != '?') return copy(1);
        if (peek(2) == '#') {
            const std::size_t end = m_in.find(')', m_at);
            return copy(end == std::string_view::npos ? m_in.size() - m_at : end + 1 - m_at);
        }
        if (peek(2) == 'C' || peek(2) == 'R' || peek(2) == '&' || peek(2) == '|') refuse(std::string("(?") + peek(2));
        copy(2);
        while (m_at < m_in.size() && std::string_view("imx-").find(m_in[m_at]) != std::string_view::npos) {
            if (m_in[m_at] == 'm') {
                replace(1, "s");
            } else {
                copy(1);
            }
        }
    }

    std::string_view m_in;
    const std::string& m_where;
    std::string m_out;
    std::size_t m_at = 0;
    bool m_inClass = false;
};

}  // namespace

std::string pcrePattern(std::string_view pattern, const std::string& where) { return Translator(pattern, where).run(); }

}  // namespace loom
