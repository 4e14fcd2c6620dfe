// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/tokenizer/protobuf_wire.h"

#include <bit>

#include "core/data/error.h"

namespace loom {
namespace {

constexpr std::uint64_t kMostFields = (std::uint64_t{1} << 29) - 1;

[[noreturn]] void failMessage(const std::string& what, const std::string& where) {
    throw Error{what, where, "This is no SentencePiece model, or it is cut off; download or write it again"};
}

}  // namespace

std::uint64_t WireReader::varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (m_rest.empty()) failMessage("The file ends inside a number", m_where);
        const auto byte = static_cast<unsigned char>(m_rest.front());
        m_rest.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) return value;
    }
    failMessage("A number is longer than ten bytes", m_where);
}

std::string_view WireReader::take(std::uint64_t size) {
    if (size > m_rest.size()) failMessage("The file ends inside a field of " + std::to_string(size) + " bytes", m_where);
    const std::string_view taken = m_rest.substr(0, static_cast<std::size_t>(size));
    m_rest.remove_prefix(taken.size());
    return taken;
}

std::uint64_t WireReader::fixed(std::size_t size) {
    std::uint64_t value = 0;
    unsigned shift = 0;
    for (const char c : take(size)) {
        value |= static_cast<std::uint64_t>(static_cast<unsigned char>(c)) << shift;
        shift += 8;
    }
    return value;
}

bool WireReader::next(Field& field) {
    if (m_rest.empty()) return false;
    const std::uint64_t tag = varint();
    if (tag >> 3 == 0 || tag >> 3 > kMostFields) failMessage("A field has the number " + std::to_string(tag >> 3), m_where);
    field = {static_cast<std::uint32_t>(tag >> 3), static_cast<Type>(tag & 7), 0, {}};
    switch (field.type) {
        case Type::Varint: field.value = varint(); return true;
        case Type::Fixed64: field.value = fixed(8); return true;
        case Type::Bytes: field.bytes = take(varint()); return true;
        case Type::Fixed32: field.value = fixed(4); return true;
    }
    failMessage("A field is of the unknown type " + std::to_string(tag & 7), m_where);
}

void writeVarint(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
    out += static_cast<char>(value);
}

void writeNumber(std::string& out, std::uint32_t field, std::uint64_t value) {
    writeVarint(out, std::uint64_t{field} << 3);
    writeVarint(out, value);
}

void writeFloat(std::string& out, std::uint32_t field, float value) {
    writeVarint(out, std::uint64_t{field} << 3 | 5);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>(bits >> shift & 0xFF);
}

void writeBytes(std::string& out, std::uint32_t field, std::string_view bytes) {
    writeVarint(out, std::uint64_t{field} << 3 | 2);
    writeVarint(out, bytes.size());
    out += bytes;
}

}  // namespace loom
