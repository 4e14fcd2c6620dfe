// SPDX-License-Identifier: GPL-3.0-or-later
// The byte alphabet of GPT-2.
#include "core/engine/tokenizer/byte_alphabet.h"

#include <array>

namespace loom {
namespace {

constexpr unsigned kAlphabetEnd = 0x100 + 68;  // 68 bytes are not printable

struct Alphabet {
    std::array<std::string, 256> spelling;
    std::array<int, kAlphabetEnd> byteOf{};  // by code point, -1 = not in the alphabet

    Alphabet() {
        byteOf.fill(-1);
        unsigned next = 0x100;
        for (unsigned byte = 0; byte < 256; ++byte) {
            const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
            const unsigned point = printable ? byte : next++;
            byteOf[point] = static_cast<int>(byte);
            spelling[byte] = point < 0x80 ? std::string(1, static_cast<char>(point))
                                          : std::string{static_cast<char>(0xC0 | (point >> 6)), static_cast<char>(0x80 | (point & 0x3F))};
        }
    }
};

const Alphabet& alphabet() {
    static const Alphabet instance;
    return instance;
}

}  // namespace

const std::string& spellingOfByte(unsigned char byte) { return alphabet().spelling[byte]; }

std::optional<std::string> bytesOfSpelling(std::string_view spelling) {
    std::string bytes;
    for (std::size_t at = 0; at < spelling.size(); ++at) {
        unsigned point = static_cast<unsigned char>(spelling[at]);
        if (point >= 0x80) {
            if (point >= 0xE0 || at + 1 >= spelling.size()) return std::nullopt;  // longer than two bytes: past the alphabet
            point = (point & 0x1F) << 6 | (static_cast<unsigned char>(spelling[++at]) & 0x3F);
        }
        if (point >= kAlphabetEnd || alphabet().byteOf[point] < 0) return std::nullopt;
        bytes += static_cast<char>(alphabet().byteOf[point]);
    }
    return bytes;
}

}  // namespace loom
