// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/line_reader.h"

#include <cerrno>
#include <system_error>

#include <unistd.h>

#include "core/data/error.h"
#include "core/engine/checkpoint/mapped_file.h"

namespace loom {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 18;

}  // namespace

LineReader::LineReader(const std::filesystem::path& file, std::size_t longest) : m_file(file), m_path(file), m_longest(longest) {}

bool LineReader::fill() {
    m_buffer.erase(0, m_begin);
    m_begin = 0;
    const std::size_t before = m_buffer.size();
    m_buffer.resize(before + kPiece);
    ssize_t count = 0;
    do count = ::read(m_file.descriptor(), m_buffer.data() + before, kPiece);
    while (count < 0 && errno == EINTR);
    m_buffer.resize(before + static_cast<std::size_t>(count > 0 ? count : 0));
    if (count < 0) throw Error{"The file cannot be read: " + std::generic_category().message(errno), pathText(m_path), {}};
    return count > 0;
}

std::optional<std::string_view> LineReader::next() {
    std::size_t searched = m_begin;
    for (;;) {
        if (const std::size_t end = m_buffer.find('\n', searched); end != std::string::npos) {
            const std::string_view line = std::string_view(m_buffer).substr(m_begin, end - m_begin);
            m_begin = searched = end + 1;
            const bool whole = !m_skipping && line.size() <= m_longest;
            m_skipping = false;
            if (whole) return line;
            continue;
        }
        if (m_buffer.size() - m_begin > m_longest) {
            m_skipping = true;
            m_begin = m_buffer.size();
        }
        const std::size_t waiting = m_buffer.size() - m_begin;
        if (m_ended || !fill()) {
            m_ended = true;
            const std::string_view rest = std::string_view(m_buffer).substr(m_begin);
            m_begin = m_buffer.size();
            if (m_skipping || rest.empty()) return std::nullopt;
            return rest;
        }
        searched = waiting;
    }
}

}  // namespace loom
