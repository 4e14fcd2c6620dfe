// SPDX-License-Identifier: GPL-3.0-or-later
// Lines of a text file of any size, in little memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/engine/checkpoint/regular_file.h"

namespace loom {

/// Lines without their ends. Longer ones than `longest` bytes are left out, so that a file without any line break costs no memory. What
/// is written to the file while it is read may be seen or not.
class LineReader {
public:
    /// Throws Error as RegularFile.
    LineReader(const std::filesystem::path& file, std::size_t longest);
    /// The next line, valid until the next call; nothing at the end. Throws Error naming the file where reading fails.
    [[nodiscard]] std::optional<std::string_view> next();

private:
    [[nodiscard]] bool fill();

    RegularFile m_file;
    std::filesystem::path m_path;
    std::size_t m_longest;
    std::string m_buffer;
    std::size_t m_begin = 0;  ///< of what has not been handed out
    bool m_skipping = false;  ///< inside a line that is too long
    bool m_ended = false;
};

}  // namespace loom
