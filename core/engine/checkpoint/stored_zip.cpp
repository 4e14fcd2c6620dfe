// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of the zip format (PKWARE's APPNOTE) that stored archives use.
#include "core/engine/checkpoint/stored_zip.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"

namespace loom {
namespace {

constexpr std::uint64_t kEndBytes = 22;
constexpr std::uint64_t kEnd64Bytes = 56;
constexpr std::uint64_t kLocatorBytes = 20;
constexpr std::uint64_t kEntryBytes = 46;
constexpr std::uint64_t kLocalBytes = 30;
constexpr std::uint64_t kMaxEntries = 200'000;
constexpr std::uint32_t kEndMark = 0x06054B50;
constexpr std::uint32_t kEnd64Mark = 0x06064B50;
constexpr std::uint32_t kLocatorMark = 0x07064B50;
constexpr std::uint32_t kEntryMark = 0x02014B50;
constexpr std::uint32_t kLocalMark = 0x04034B50;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;  // "see the zip64 field"

/// Little-endian numbers anywhere in a file, every one of them checked to be inside.
class Bytes {
public:
    Bytes(std::span<const std::byte> bytes, std::string where) : m_bytes(bytes), m_where(std::move(where)) {}

    [[noreturn]] void fail(const std::string& what, const std::string& hint = "The file is damaged or incomplete; get it again") const {
        throw Error{what, m_where, hint};
    }
    [[nodiscard]] std::uint64_t size() const { return m_bytes.size(); }
    [[nodiscard]] std::span<const std::byte> part(std::uint64_t at, std::uint64_t count) const {
        if (at > m_bytes.size() || count > m_bytes.size() - at) fail("The archive's directory points outside the file");
        return m_bytes.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(count));
    }
    template <class T>
    [[nodiscard]] T number(std::uint64_t at) const {
        T value = 0;
        const auto bytes = part(at, sizeof(T));
        for (std::size_t i = sizeof(T); i-- > 0;) value = static_cast<T>(value << 8 | std::to_integer<T>(bytes[i]));
        return value;
    }

private:
    std::span<const std::byte> m_bytes;
    std::string m_where;
};

struct Directory {
    std::uint64_t entries = 0;
    std::uint64_t begin = 0;
};

Directory findDirectory(const Bytes& file) {
    if (file.size() < kEndBytes) file.fail("The file is too short for a zip archive");
    const std::uint64_t furthest = file.size() - std::min<std::uint64_t>(file.size(), kEndBytes + 0xFFFF);  // a comment may follow
    std::uint64_t end = file.size() - kEndBytes;
    while (file.number<std::uint32_t>(end) != kEndMark) {
        if (end == furthest) file.fail("The archive has no directory at its end");
        --end;
    }
    Directory directory{file.number<std::uint16_t>(end + 10), file.number<std::uint32_t>(end + 16)};
    if (end >= kLocatorBytes && file.number<std::uint32_t>(end - kLocatorBytes) == kLocatorMark) {
        const auto place = file.number<std::uint64_t>(end - kLocatorBytes + 8);
        (void)file.part(place, kEnd64Bytes);
        if (file.number<std::uint32_t>(place) != kEnd64Mark) file.fail("The archive's zip64 directory is not where it should be");
        directory = {file.number<std::uint64_t>(place + 32), file.number<std::uint64_t>(place + 48)};
    }
    if (directory.entries > kMaxEntries) file.fail("The archive claims " + std::to_string(directory.entries) + " entries");
    return directory;
}

/// Sizes and place of an entry, of which those that are kIn64 stand in the extra field 1.
struct Entry {
    std::uint64_t size = 0;
    std::uint64_t packed = 0;
    std::uint64_t local = 0;
};

void readExtra(const Bytes& file, std::uint64_t at, std::uint64_t length, Entry& entry) {
    const std::uint64_t end = at + length;
    while (at + 4 <= end) {
        const auto id = file.number<std::uint16_t>(at);
        const auto bytes = file.number<std::uint16_t>(at + 2);
        at += 4;
        if (id == 1) {
            std::uint64_t next = at;
            for (std::uint64_t* value : {&entry.size, &entry.packed, &entry.local}) {
                if (*value != kIn64) continue;
                if (next + 8 > std::min<std::uint64_t>(at + bytes, end)) file.fail("An entry's zip64 field is too short");
                *value = file.number<std::uint64_t>(next);
                next += 8;
            }
            return;
        }
        at += bytes;
    }
}

}  // namespace

std::map<std::string, std::span<const std::byte>, std::less<>> readStoredZip(const MappedFile& mapped) {
    const std::string where = pathText(mapped.path());
    const Bytes file(mapped.bytes(), where);
    const Directory directory = findDirectory(file);
    std::map<std::string, std::span<const std::byte>, std::less<>> entries;
    std::uint64_t at = directory.begin;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
        if (file.number<std::uint32_t>(at) != kEntryMark) file.fail("The archive's directory is damaged");
        const std::uint64_t nameLength = file.number<std::uint16_t>(at + 28);
        const std::uint64_t extraLength = file.number<std::uint16_t>(at + 30);
        const auto nameBytes = file.part(at + kEntryBytes, nameLength);
        const std::string name(reinterpret_cast<const char*>(nameBytes.data()), nameBytes.size());
        const Bytes named(mapped.bytes(), where + ": " + inQuotes(name));
        Entry entry{named.number<std::uint32_t>(at + 24), named.number<std::uint32_t>(at + 20), named.number<std::uint32_t>(at + 42)};
        (void)named.part(at + kEntryBytes + nameLength, extraLength);
        readExtra(named, at + kEntryBytes + nameLength, extraLength, entry);
        if ((named.number<std::uint16_t>(at + 8) & 1U) != 0) named.fail("The entry is encrypted", "Only plain archives are read");
        if (named.number<std::uint16_t>(at + 10) != 0 || entry.size != entry.packed) {
            named.fail("The entry is compressed", "torch.save stores entries as they are; save the checkpoint again");
        }
        (void)named.part(entry.local, kLocalBytes);
        if (named.number<std::uint32_t>(entry.local) != kLocalMark) named.fail("The entry is not where the directory says");
        const std::uint64_t skip =
            kLocalBytes + named.number<std::uint16_t>(entry.local + 26) + named.number<std::uint16_t>(entry.local + 28);
        const auto data = named.part(entry.local + skip, entry.size);
        if (!entries.emplace(name, data).second) named.fail("The archive has two entries of this name");
        at += kEntryBytes + nameLength + extraLength + file.number<std::uint16_t>(at + 32);
    }
    return entries;
}

}  // namespace loom
