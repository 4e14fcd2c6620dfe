// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a file for reading so that folders, pipes and devices are refused instead of blocking.
#pragma once

#include <cstddef>
#include <filesystem>

namespace loom {

/// An open regular file. Throws Error naming the file: missing, a folder, unreadable, something that is no plain file.
class RegularFile {
public:
    explicit RegularFile(const std::filesystem::path& path);
    ~RegularFile();
    RegularFile(const RegularFile&) = delete;
    RegularFile& operator=(const RegularFile&) = delete;

    [[nodiscard]] int descriptor() const { return m_descriptor; }
    [[nodiscard]] std::size_t size() const { return m_size; }

private:
    int m_descriptor = -1;
    std::size_t m_size = 0;
};

}  // namespace loom
