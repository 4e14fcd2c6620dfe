// SPDX-License-Identifier: GPL-3.0-or-later
// Stories of a plain text file.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/data/error.h"
#include "core/engine/stories/source_text.h"
#include "core/engine/stories/story_source.h"

namespace loom {
namespace {

constexpr std::string_view kEndOfText = "<|endoftext|>";
constexpr std::size_t kLookedAt = std::size_t{1} << 20;
constexpr std::size_t kLineOfAStory = 200;  ///< bytes; wrapped lines are shorter

struct Named {
    Separator separator;
    std::string_view name, description;
};
constexpr std::array kNamed{
    Named{Separator::Auto, "auto", "found out from the file"},
    Named{Separator::EndOfText, "endoftext", "stories end with <|endoftext|>"},
    Named{Separator::BlankLines, "blank-lines", "two empty lines between stories"},
    Named{Separator::BlankLine, "blank-line", "an empty line between stories"},
    Named{Separator::Line, "line", "a story on each line"},
    Named{Separator::None, "none", "each file is one story"},
};

const Named& entry(Separator separator) {
    return *std::find_if(kNamed.begin(), kNamed.end(), [separator](const Named& n) { return n.separator == separator; });
}

/// Where a run of at least `lines` empty lines (blanks allowed in them) begins at or after `from`, and where it ends.
struct Gap {
    std::size_t begin = 0, end = 0;
};
Gap nextGap(std::string_view text, std::size_t from, int lines) {
    for (std::size_t at = text.find('\n', from); at != std::string_view::npos;) {
        int breaks = 1;
        std::size_t end = at + 1;
        for (std::size_t i = end; i < text.size() && (text[i] == '\n' || text[i] == '\r' || text[i] == ' ' || text[i] == '\t'); ++i) {
            if (text[i] == '\n') ++breaks, end = i + 1;
        }
        if (breaks > lines) return {at, end};
        at = text.find('\n', end);
    }
    return {text.size(), text.size()};
}

class TextSource final : public StorySource {
public:
    TextSource(const std::filesystem::path& file, Separator separator) : m_text(file), m_separator(separator) { begin(); }
    TextSource(std::string text, std::string where, Separator separator)
        : m_text(std::move(text), std::move(where)), m_separator(separator) {
        begin();
    }
    std::optional<std::string_view> next() override {
        const std::string_view text = m_text.text();
        while (m_at < text.size()) {
            const Gap gap = gapAfter(m_at);
            const std::string_view raw = text.substr(m_at, gap.begin - m_at);
            const std::size_t begin = m_at;
            m_at = gap.end;
            if (const auto fault = faultOf(raw)) {
                leaveOut(m_text.where(), m_text.lineAt(begin + fault->at), fault->what);
                continue;
            }
            if (const std::string_view story = cleaned(raw, m_buffer); !story.empty()) return story;
        }
        return std::nullopt;
    }
    std::int64_t bytesDone() const override { return static_cast<std::int64_t>(m_at); }
    std::int64_t bytesTotal() const override { return static_cast<std::int64_t>(m_text.text().size()); }

private:
    void begin() {
        if (m_separator == Separator::Auto) m_separator = detectSeparator(m_text.text().substr(0, kLookedAt));
        m_report.files = 1;
        m_report.format = "text, " + std::string(description(m_separator));
    }
    [[nodiscard]] Gap gapAfter(std::size_t from) const {
        const std::string_view text = m_text.text();
        switch (m_separator) {
            case Separator::EndOfText: return found(text.find(kEndOfText, from), kEndOfText.size());
            case Separator::Line: return found(text.find('\n', from), 1);
            case Separator::BlankLine: return nextGap(text, from, 1);
            case Separator::BlankLines: return nextGap(text, from, 2);
            default: return {text.size(), text.size()};
        }
    }
    [[nodiscard]] Gap found(std::size_t at, std::size_t length) const {
        const std::size_t size = m_text.text().size();
        return at == std::string_view::npos ? Gap{size, size} : Gap{at, at + length};
    }

    SourceText m_text;
    Separator m_separator;
    std::size_t m_at = 0;
    std::string m_buffer;
};

}  // namespace

std::string_view name(Separator separator) { return entry(separator).name; }
std::string_view description(Separator separator) { return entry(separator).description; }
std::optional<Separator> separatorNamed(std::string_view name) {
    for (const Named& named : kNamed)
        if (named.name == name) return named.separator;
    return std::nullopt;
}

Separator detectSeparator(std::string_view beginning) {
    if (beginning.find(kEndOfText) != std::string_view::npos) return Separator::EndOfText;
    const std::size_t last = beginning.find_last_not_of(" \t\r\n");
    beginning = beginning.substr(0, last == std::string_view::npos ? 0 : last + 1);
    if (nextGap(beginning, 0, 2).begin < beginning.size()) return Separator::BlankLines;
    if (nextGap(beginning, 0, 1).begin < beginning.size()) return Separator::BlankLine;
    const auto lines = static_cast<std::size_t>(std::count(beginning.begin(), beginning.end(), '\n')) + 1;
    return lines > 1 && beginning.size() / lines >= kLineOfAStory ? Separator::Line : Separator::None;
}

std::unique_ptr<StorySource> openTextSource(const std::filesystem::path& file, Separator separator) {
    return std::make_unique<TextSource>(file, separator);
}

std::unique_ptr<StorySource> openTextSource(std::string text, std::string where, Separator separator) {
    return std::make_unique<TextSource>(std::move(text), std::move(where), separator);
}

}  // namespace loom
