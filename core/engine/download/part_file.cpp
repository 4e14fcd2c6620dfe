// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/download/part_file.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/download/download.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestDescription = 1 << 16;

Error diskError(int code, const fs::path& path) {
    if (code == ENOSPC || code == EDQUOT)
        return {"The disk is full", pathText(path), "Free some space and download again: it goes on from where it is"};
    const char* hint = code == ENOENT || code == ENOTDIR ? "Choose a folder that is there" : "Choose a folder that you may write into";
    return {"The file cannot be written: " + std::generic_category().message(code), pathText(path), hint};
}

PartOrigin readOrigin(const fs::path& file) {
    if (!fileExists(file)) return {};
    const auto content = guarded([&] { return readTextFile(file, kLongestDescription); });
    const auto json = content ? nlohmann::json::parse(*content, nullptr, false) : nlohmann::json();
    if (!json.is_object()) return {};
    const auto text = [&json](const char* key) {
        const auto found = json.find(key);
        return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    PartOrigin origin{text("url"), text("etag"), text("last_modified"), 0, text("sha256")};
    if (const auto bytes = json.find("bytes"); bytes != json.end() && bytes->is_number_integer()) origin.bytes = bytes->get<std::int64_t>();
    return origin.url.empty() || origin.bytes < 0 ? PartOrigin{} : origin;
}

}  // namespace

PartFile::PartFile(const fs::path& target) : m_target(target), m_path(partOf(target)) {
    m_descriptor = ::open(m_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (m_descriptor < 0) throw diskError(errno, m_path);
    struct stat status {};
    if (::flock(m_descriptor, LOCK_EX | LOCK_NB) != 0) {
        ::close(m_descriptor);
        throw Error{"This file is being downloaded by another program", pathText(m_target), "Wait for that one, or stop it"};
    }
    if (::fstat(m_descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        ::close(m_descriptor);
        throw Error{"This is no file that can be written", pathText(m_path), "Move it away"};
    }
    m_size = status.st_size;
    if (m_size > 0) m_origin = readOrigin(description());
}

PartFile::~PartFile() {
    if (m_size == 0 && !m_finished) remove();  // nothing to go on from
    ::close(m_descriptor);
}

fs::path PartFile::description() const {
    fs::path file = m_path;
    return file += ".json";
}

void PartFile::setOrigin(const PartOrigin& origin) {
    if (origin == m_origin) return;
    const nlohmann::ordered_json json{{"url", origin.url},
                                      {"etag", origin.etag},
                                      {"last_modified", origin.lastModified},
                                      {"bytes", origin.bytes},
                                      {"sha256", origin.sha256}};
    writeTextFile(description(), json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    m_origin = origin;
}

std::span<std::byte> PartFile::read(std::int64_t at, std::span<std::byte> buffer) const {
    for (;;) {
        const ssize_t count = ::pread(m_descriptor, buffer.data(), buffer.size(), at);
        if (count >= 0) return buffer.first(static_cast<std::size_t>(count));
        if (errno != EINTR)
            throw Error{"The file cannot be read: " + std::generic_category().message(errno), pathText(m_path),
                        "Remove it and download again"};
    }
}

void PartFile::append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::pwrite(m_descriptor, bytes.data(), bytes.size(), m_size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw diskError(errno, m_path);
        m_size += count;
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

void PartFile::clear() {
    if (::ftruncate(m_descriptor, 0) != 0) throw diskError(errno, m_path);
    m_size = 0;
}

void PartFile::finish() {
    if (::fsync(m_descriptor) != 0 || ::rename(m_path.c_str(), m_target.c_str()) != 0) throw diskError(errno, m_target);
    m_finished = true;
    std::error_code ignored;
    fs::remove(description(), ignored);
    const fs::path folder = m_target.has_parent_path() ? m_target.parent_path() : fs::path(".");
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;  // the rename stands
    ::fsync(descriptor);
    ::close(descriptor);
}

void PartFile::remove() {
    std::error_code ignored;
    fs::remove(m_path, ignored);
    fs::remove(description(), ignored);
    m_finished = true;
}

}  // namespace loom
