// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/stories/source_text.h"

#include <algorithm>
#include <utility>

#include "core/data/error.h"
#include "core/data/utf8.h"

namespace loom {
namespace {

constexpr std::size_t kLookedAt = std::size_t{4} << 20;  ///< bytes at the beginning that decide whether a file is text

}  // namespace

SourceText::SourceText(const std::filesystem::path& file) : m_file(std::in_place, file), m_where(pathText(file)), m_text(m_file->text()) {
    check();
}

SourceText::SourceText(std::string text, std::string where) : m_own(std::move(text)), m_where(std::move(where)), m_text(m_own) { check(); }

void SourceText::check() {
    if (m_text.starts_with("\xEF\xBB\xBF")) m_text.remove_prefix(3);
    if (m_text.starts_with("\xFF\xFE") || m_text.starts_with("\xFE\xFF")) {
        throw Error{"The data is UTF-16, not UTF-8", m_where, "Convert it, for example with iconv -f UTF-16 -t UTF-8"};
    }
    const std::size_t zero = m_text.substr(0, kLookedAt).find('\0');
    if (zero != std::string_view::npos) {
        throw Error{"The data is no text: there is a zero byte at byte " + std::to_string(zero), m_where, "Choose a text file"};
    }
}

std::int64_t SourceText::lineAt(std::size_t offset) {
    if (offset < m_counted) m_counted = 0, m_line = 1;
    const auto begin = m_text.begin();
    m_line += std::count(begin + static_cast<std::ptrdiff_t>(m_counted), begin + static_cast<std::ptrdiff_t>(offset), '\n');
    m_counted = offset;
    return m_line;
}

std::optional<TextFault> faultOf(std::string_view story) {
    if (const std::size_t zero = story.find('\0'); zero != std::string_view::npos) return TextFault{zero, "a zero byte"};
    if (const auto at = firstInvalidUtf8(story)) return TextFault{*at, "not UTF-8"};
    return std::nullopt;
}

std::string_view cleaned(std::string_view story, std::string& buffer) {
    if (story.find('\r') != std::string_view::npos) {
        buffer.clear();
        for (std::size_t i = 0; i < story.size(); ++i) {
            if (story[i] != '\r')
                buffer += story[i];
            else if (i + 1 == story.size() || story[i + 1] != '\n')
                buffer += '\n';
        }
        story = buffer;
    }
    const std::size_t first = story.find_first_not_of('\n');
    if (first == std::string_view::npos) return {};
    story = story.substr(first, story.find_last_not_of('\n') - first + 1);
    return story.find_first_not_of(" \t\n") == std::string_view::npos ? std::string_view() : story;
}

}  // namespace loom
