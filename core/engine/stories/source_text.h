// SPDX-License-Identifier: GPL-3.0-or-later
// What the readers of story files share: mapped text that has been looked at, lines counted, stories made clean.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/engine/checkpoint/mapped_file.h"

namespace loom {

/// A file of text. The byte order mark of UTF-8 is skipped. Throws Error naming the file: it cannot be read, its first megabytes hold a
/// zero byte, or it is UTF-16.
class SourceText {
public:
    explicit SourceText(const std::filesystem::path& file);
    /// A text that came another way; `where` says which.
    SourceText(std::string text, std::string where);
    SourceText(const SourceText&) = delete;
    SourceText& operator=(const SourceText&) = delete;
    [[nodiscard]] std::string_view text() const { return m_text; }
    [[nodiscard]] const std::string& where() const { return m_where; }
    /// Line of a byte of text(), from 1. Cheap where called with growing offsets.
    [[nodiscard]] std::int64_t lineAt(std::size_t offset);

private:
    void check();
    std::optional<MappedFile> m_file;
    std::string m_own;
    std::string m_where;
    std::string_view m_text;
    std::size_t m_counted = 0;
    std::int64_t m_line = 1;
};

/// Why a story cannot be used and at which byte of it: a zero byte, or invalid UTF-8.
struct TextFault {
    std::size_t at = 0;
    std::string what;
};
[[nodiscard]] std::optional<TextFault> faultOf(std::string_view story);

/// Without line breaks and empty lines around it; \r\n and \r become \n, in `buffer` where that changes anything.
[[nodiscard]] std::string_view cleaned(std::string_view story, std::string& buffer);

}  // namespace loom
