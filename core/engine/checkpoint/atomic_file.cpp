// SPDX-License-Identifier: GPL-3.0-or-later
// Atomic writing: temporary file, fsync, rename, fsync of the folder. POSIX.
#include "core/engine/checkpoint/atomic_file.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "core/data/error.h"
#include "core/engine/checkpoint/mapped_file.h"

namespace loom {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 30;  // write() takes at most 2 GiB at once

Error writeError(int code, const std::filesystem::path& target) {
    const std::string hint = code == ENOENT || code == ENOTDIR  ? "Create the folder first"
                             : code == ENOSPC || code == EDQUOT ? "Free some disk space"
                                                                : "Check the permissions of the folder";
    return {"The file cannot be written: " + std::generic_category().message(code), pathText(target), hint};
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& target) : m_target(target) {
    static std::atomic<unsigned> counter{0};
    for (int attempt = 0; attempt < 100; ++attempt) {
        m_temporary = target;
        m_temporary += ".part-" + std::to_string(::getpid()) + "-" + std::to_string(counter.fetch_add(1));
        m_descriptor = ::open(m_temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (m_descriptor >= 0) return;
        if (errno != EEXIST) break;
    }
    throw writeError(errno, target);
}

AtomicFile::~AtomicFile() {
    if (m_descriptor >= 0) ::close(m_descriptor);
    if (!m_temporary.empty()) ::unlink(m_temporary.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(m_descriptor, bytes.data(), std::min(bytes.size(), kPiece));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw writeError(errno, m_target);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

void AtomicFile::closeDescriptor() {
    const int descriptor = std::exchange(m_descriptor, -1);
    if (::close(descriptor) != 0 && errno != EINTR) throw writeError(errno, m_target);
}

void AtomicFile::commit() {
    if (::fsync(m_descriptor) != 0) throw writeError(errno, m_target);
    closeDescriptor();
    if (::rename(m_temporary.c_str(), m_target.c_str()) != 0) throw writeError(errno, m_target);
    m_temporary.clear();
    const std::filesystem::path folder = m_target.has_parent_path() ? m_target.parent_path() : std::filesystem::path(".");
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;  // the rename stands; a folder that may not be opened cannot be flushed
    ::fsync(descriptor);
    ::close(descriptor);
}

}  // namespace loom
