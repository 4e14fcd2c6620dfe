// SPDX-License-Identifier: GPL-3.0-or-later
// PartFile: what has been loaded of a file so far, and of which file it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace loom {

/// Which file the part belongs to, as the server described it; in FILE.part.json.
struct PartOrigin {
    std::string url, etag, lastModified;
    std::int64_t bytes = 0;  ///< of the whole file; 0 = not known
    std::string sha256;      ///< that the whole file must have; empty = not known
    bool operator==(const PartOrigin&) const = default;
};

/// FILE.part, locked against other programs while this lives. Every function throws Error naming the file.
class PartFile {
public:
    explicit PartFile(const std::filesystem::path& target);
    ~PartFile();
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    [[nodiscard]] std::int64_t size() const { return m_size; }
    /// All empty where nothing is known of the part.
    [[nodiscard]] const PartOrigin& origin() const { return m_origin; }
    void setOrigin(const PartOrigin& origin);

    /// The bytes from `at` on, as many as fit; the returned span is a part of `buffer`.
    [[nodiscard]] std::span<std::byte> read(std::int64_t at, std::span<std::byte> buffer) const;
    void append(std::span<const std::byte> bytes);
    /// Empty again.
    void clear();
    /// To disk, then renamed to the target; the description is removed.
    void finish();
    /// Removes part and description; nothing can be done with it afterwards. An empty part is removed anyway.
    void remove();

private:
    [[nodiscard]] std::filesystem::path description() const;
    std::filesystem::path m_target, m_path;
    PartOrigin m_origin;
    std::int64_t m_size = 0;
    int m_descriptor = -1;
    bool m_finished = false;
};

}  // namespace loom
