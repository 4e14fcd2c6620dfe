// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/token_file.h"

#include <bit>
#include <cstring>
#include <string>

#include "core/data/error.h"

namespace loom {
namespace {

constexpr char kMagic[8] = {'L', 'O', 'O', 'M', 'T', 'O', 'K', '1'};
constexpr std::int64_t kNarrow = 65'536;  ///< largest vocabulary whose ids fit two bytes
constexpr std::size_t kPending = std::size_t{1} << 20;

struct Footer {
    char magic[8];
    std::int64_t width;  ///< bytes of an id
    TokenCounts counts;
};
static_assert(sizeof(Footer) == 48 && std::endian::native == std::endian::little);

}  // namespace

TokenFile::TokenFile(const std::filesystem::path& path, std::int64_t vocab) : m_file(std::make_shared<const MappedFile>(path)) {
    const std::string where = pathText(path);
    const auto bad = [&where](const std::string& what) {
        throw Error{"This is no usable token file: " + what, where, "Remove it; it is made again"};
    };
    const std::span<const std::byte> bytes = m_file->bytes();
    Footer footer{};
    if (bytes.size() < sizeof(Footer)) bad("it is too short");
    const std::size_t body = bytes.size() - sizeof(Footer);
    std::memcpy(&footer, bytes.data() + body, sizeof(Footer));
    if (std::memcmp(footer.magic, kMagic, sizeof(kMagic)) != 0) bad("its end is missing");
    m_counts = footer.counts;
    if (footer.width != (vocab <= kNarrow ? 2 : 4)) bad("it belongs to another vocabulary");
    if (m_counts.tokens < 1 || m_counts.stories < 0 || m_counts.bytes < 0) bad("its counts are wrong");
    if (body % static_cast<std::size_t>(footer.width) != 0 || static_cast<std::int64_t>(body) / footer.width != m_counts.tokens) {
        bad("its size is wrong");
    }
    const auto count = static_cast<std::size_t>(m_counts.tokens);
    m_row = footer.width == 2 ? TokenRow(std::span(reinterpret_cast<const std::uint16_t*>(bytes.data()), count))
                              : TokenRow(std::span(reinterpret_cast<const std::uint32_t*>(bytes.data()), count));
    Fnv1a hash;
    for (std::int64_t i = 0; i < m_counts.tokens; ++i) {
        if (m_row[i] >= vocab) bad("a token is outside of the vocabulary");
        hash.add(static_cast<std::uint32_t>(m_row[i]));
    }
    if (hash.value() != m_counts.hash) bad("its tokens have changed");
}

TokenFileWriter::TokenFileWriter(const std::filesystem::path& path, std::int64_t vocab, TokenId endOfText)
    : m_file(path), m_wide(vocab > kNarrow), m_end(endOfText) {
    put(m_end);
}

void TokenFileWriter::put(TokenId id) {
    const auto value = static_cast<std::uint32_t>(id.value());
    m_hash.add(value);
    for (int shift = 0; shift < (m_wide ? 32 : 16); shift += 8) m_pending.push_back(static_cast<std::byte>(value >> shift));
    ++m_counts.tokens;
    if (m_pending.size() >= kPending) flush();
}

void TokenFileWriter::flush() {
    m_file.write(m_pending);
    m_pending.clear();
}

void TokenFileWriter::add(std::span<const TokenId> story, std::int64_t bytes) {
    for (const TokenId id : story) put(id);
    put(m_end);
    ++m_counts.stories;
    m_counts.bytes += bytes;
}

void TokenFileWriter::commit() {
    flush();
    m_counts.hash = m_hash.value();
    Footer footer{{}, m_wide ? 4 : 2, m_counts};
    std::memcpy(footer.magic, kMagic, sizeof(kMagic));
    m_file.write(std::as_bytes(std::span(&footer, 1)));
    m_file.commit();
}

}  // namespace loom
