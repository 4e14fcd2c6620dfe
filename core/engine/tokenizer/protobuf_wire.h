// SPDX-License-Identifier: GPL-3.0-or-later
// Protocol Buffers' wire format, as much of it as SentencePiece's models use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace loom {

/// Takes fields off a message, one after the other. Throws Error naming `where` for anything that is cut off or malformed.
class WireReader {
public:
    enum class Type { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };
    struct Field {
        std::uint32_t number = 0;
        Type type = Type::Varint;
        std::uint64_t value = 0;  ///< of the numbers
        std::string_view bytes;   ///< of Bytes
    };

    WireReader(std::string_view message, const std::string& where) : m_rest(message), m_where(where) {}
    /// False at the end of the message.
    [[nodiscard]] bool next(Field& field);

private:
    [[nodiscard]] std::uint64_t varint();
    [[nodiscard]] std::string_view take(std::uint64_t size);
    [[nodiscard]] std::uint64_t fixed(std::size_t size);

    std::string_view m_rest;
    const std::string& m_where;
};

void writeVarint(std::string& out, std::uint64_t value);
void writeNumber(std::string& out, std::uint32_t field, std::uint64_t value);
void writeFloat(std::string& out, std::uint32_t field, float value);
void writeBytes(std::string& out, std::uint32_t field, std::string_view bytes);

}  // namespace loom
