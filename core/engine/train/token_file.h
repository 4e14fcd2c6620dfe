// SPDX-License-Identifier: GPL-3.0-or-later
// Stories as one row of token ids in a file that is mapped, not read: end-of-text, story, end-of-text, story, …, end-of-text.
// Layout: the ids, two bytes each (four where the vocabulary has more than 65,536 tokens), little-endian; then a footer of 48 bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "core/data/hash.h"
#include "core/data/ids.h"
#include "core/engine/checkpoint/atomic_file.h"
#include "core/engine/checkpoint/mapped_file.h"

namespace loom {

/// A row of token ids that somebody else owns.
class TokenRow {
public:
    TokenRow() = default;
    explicit TokenRow(std::span<const std::uint16_t> ids) : m_narrow(ids.data()), m_size(std::ssize(ids)) {}
    explicit TokenRow(std::span<const std::uint32_t> ids) : m_wide(ids.data()), m_size(std::ssize(ids)) {}
    [[nodiscard]] std::int64_t size() const { return m_size; }
    [[nodiscard]] std::int64_t operator[](std::int64_t i) const {
        return m_narrow != nullptr ? static_cast<std::int64_t>(m_narrow[i]) : static_cast<std::int64_t>(m_wide[i]);
    }

private:
    const std::uint16_t* m_narrow = nullptr;
    const std::uint32_t* m_wide = nullptr;
    std::int64_t m_size = 0;
};

struct TokenCounts {
    std::int64_t tokens = 0;
    std::int64_t stories = 0;
    std::int64_t bytes = 0;  ///< UTF-8 bytes of the stories, separators left out
    std::uint64_t hash = 0;  ///< of the ids
    bool operator==(const TokenCounts&) const = default;
};

class TokenFile {
public:
    /// Throws Error naming the file: no token file, cut short, damaged (the ids do not give the hash), or ids outside of the vocabulary.
    TokenFile(const std::filesystem::path& path, std::int64_t vocab);
    [[nodiscard]] TokenRow row() const { return m_row; }
    [[nodiscard]] const TokenCounts& counts() const { return m_counts; }

private:
    std::shared_ptr<const MappedFile> m_file;
    TokenRow m_row;
    TokenCounts m_counts;
};

/// Writes a token file that appears whole or not at all.
class TokenFileWriter {
public:
    TokenFileWriter(const std::filesystem::path& path, std::int64_t vocab, TokenId endOfText);
    /// A story of `bytes` UTF-8 bytes.
    void add(std::span<const TokenId> story, std::int64_t bytes);
    [[nodiscard]] const TokenCounts& counts() const { return m_counts; }
    void commit();

private:
    void put(TokenId id);
    void flush();
    AtomicFile m_file;
    bool m_wide;
    TokenId m_end;
    std::vector<std::byte> m_pending;
    TokenCounts m_counts;
    Fnv1a m_hash;
};

}  // namespace loom
