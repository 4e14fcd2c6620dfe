// SPDX-License-Identifier: GPL-3.0-or-later
// A file mapped read-only into memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace loom {

class MappedFile {
public:
    /// Throws Error naming the file: missing, a folder, unreadable, empty.
    explicit MappedFile(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    [[nodiscard]] std::span<const std::byte> bytes() const { return {m_data, m_size}; }
    /// The same bytes as text; nothing is checked.
    [[nodiscard]] std::string_view text() const { return {reinterpret_cast<const char*>(m_data), m_size}; }
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
    const std::byte* m_data = nullptr;
    std::size_t m_size = 0;
};

/// Whether something is there, be it a file or a folder; false where that cannot be found out.
[[nodiscard]] bool fileExists(const std::filesystem::path& path);
/// A path for messages and JSON: UTF-8, invalid bytes replaced.
[[nodiscard]] std::string pathText(const std::filesystem::path& path);
/// Reads a whole text file of at most `limit` bytes. Throws Error naming the file.
[[nodiscard]] std::string readTextFile(const std::filesystem::path& path, std::size_t limit);

}  // namespace loom
