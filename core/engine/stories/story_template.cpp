// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/stories/story_template.h"

#include <vector>

#include "core/data/error.h"

namespace loom {
namespace {

constexpr std::string_view kArticle = "a(n) ";

[[noreturn]] void bad(const std::string& what, std::string_view text) {
    throw Error{"A story template has " + what, std::string(text.substr(0, 60)), {}};
}

/// Parts of "a|b|c" that are separated by bars outside of inner brackets.
std::vector<std::string_view> branches(std::string_view text) {
    std::vector<std::string_view> parts;
    int depth = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '[') ++depth;
        if (text[i] == ']') --depth;
        if (text[i] != '|' || depth > 0) continue;
        parts.push_back(text.substr(begin, i - begin));
        begin = i + 1;
    }
    parts.push_back(text.substr(begin));
    return parts;
}

/// Where the bracket that opens at `open` is closed.
std::size_t closing(std::string_view text, std::size_t open) {
    int depth = 0;
    for (std::size_t i = open; i < text.size(); ++i) {
        if (text[i] == '[') ++depth;
        if (text[i] == ']' && --depth == 0) return i;
    }
    bad("a bracket that is not closed", text.substr(open));
}

void expand(std::string_view text, const TemplateWords& words, const Chooser& choose, std::string& out) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '[') {
            const std::size_t end = closing(text, i);
            const auto parts = branches(text.substr(i + 1, end - i - 1));
            expand(parts[static_cast<std::size_t>(choose(std::ssize(parts)))], words, choose, out);
            i = end;
        } else if (text[i] == '{') {
            const std::size_t end = text.find('}', i);
            if (end == std::string_view::npos) bad("a brace that is not closed", text.substr(i));
            const auto word = words.find(text.substr(i + 1, end - i - 1));
            if (word == words.end()) bad("an unknown word", text.substr(i, end - i + 1));
            out += word->second;
            i = end;
        } else {
            out += text[i];
        }
    }
}

}  // namespace

std::string expandTemplate(std::string_view text, const TemplateWords& words, const Chooser& choose) {
    std::string out;
    expand(text, words, choose, out);
    for (std::size_t at = out.find(kArticle); at != std::string::npos; at = out.find(kArticle, at)) {
        const std::size_t next = at + kArticle.size();
        const bool vowel = next < out.size() && std::string_view("aeiouAEIOU").find(out[next]) != std::string_view::npos;
        out.replace(at, kArticle.size(), vowel ? "an " : "a ");
    }
    return out;
}

}  // namespace loom
