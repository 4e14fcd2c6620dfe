// SPDX-License-Identifier: GPL-3.0-or-later
// Reading files: regular files only, mapped or whole. POSIX.
#include "core/engine/checkpoint/mapped_file.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/data/error.h"
#include "core/data/utf8.h"
#include "core/engine/checkpoint/regular_file.h"

namespace loom {
namespace {

std::string reason(int code) { return std::generic_category().message(code); }

Error openError(int code, const std::filesystem::path& path) {
    if (code == ENOENT || code == ENOTDIR) return {"The file does not exist", pathText(path), "Check the path"};
    if (code == EACCES || code == EPERM) return {"The file may not be read", pathText(path), "Check its permissions"};
    return {"The file cannot be opened: " + reason(code), pathText(path), {}};
}

}  // namespace

RegularFile::RegularFile(const std::filesystem::path& path) {
    // A pipe would block until somebody writes; without O_NONBLOCK the check below came too late.
    m_descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (m_descriptor < 0) throw openError(errno, path);
    struct stat status {};
    const int failed = ::fstat(m_descriptor, &status);
    const int code = errno;
    if (failed == 0 && S_ISREG(status.st_mode)) {
        m_size = static_cast<std::size_t>(status.st_size);
        return;
    }
    ::close(m_descriptor);
    if (failed != 0) throw openError(code, path);
    if (S_ISDIR(status.st_mode)) throw Error{"This is a folder, not a file", pathText(path), "Choose a file"};
    throw Error{"This is not a plain file", pathText(path), "Pipes and devices cannot be read as files"};
}

RegularFile::~RegularFile() { ::close(m_descriptor); }

MappedFile::MappedFile(const std::filesystem::path& path) : m_path(path) {
    const RegularFile file(path);
    if (file.size() == 0) throw Error{"The file is empty", pathText(path), "Download or copy it again"};
    void* address = ::mmap(nullptr, file.size(), PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
    if (address == MAP_FAILED) throw Error{"The file cannot be mapped into memory: " + reason(errno), pathText(path), {}};
    m_data = static_cast<const std::byte*>(address);
    m_size = file.size();
}

MappedFile::~MappedFile() {
    // munmap takes a non-const pointer although it only forgets the mapping.
    if (m_data != nullptr) ::munmap(const_cast<std::byte*>(m_data), m_size);
}

bool fileExists(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

std::string pathText(const std::filesystem::path& path) { return repairedUtf8(path.native()); }

std::string readTextFile(const std::filesystem::path& path, std::size_t limit) {
    const RegularFile file(path);
    const auto tooLarge = [&](const std::string& size) {
        return Error{"The file is too large: " + size + " bytes where at most " + std::to_string(limit) + " are read", pathText(path),
                     "Check that it is the right file"};
    };
    if (file.size() > limit) throw tooLarge(std::to_string(file.size()));
    std::string text(file.size(), '\0');
    std::size_t filled = 0;
    for (;;) {
        if (filled == text.size()) {  // some file systems report no size, and files grow
            if (filled > limit) throw tooLarge("more than " + std::to_string(limit));
            text.resize(filled + std::min<std::size_t>(4096, limit - filled + 1));
        }
        const ssize_t count = ::read(file.descriptor(), text.data() + filled, text.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error{"The file cannot be read: " + reason(errno), pathText(path), {}};
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    if (filled > limit) throw tooLarge("more than " + std::to_string(limit));
    text.resize(filled);
    return text;
}

}  // namespace loom
