// SPDX-License-Identifier: GPL-3.0-or-later
// Element types of tensors in files, weights and caches.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace loom {

/// Q8_0 is GGUF's: blocks of 32 elements, an f16 scale and 32 signed bytes that it multiplies.
enum class DType : std::uint8_t { F64, F32, BF16, F16, I64, I32, I16, I8, U8, Bool, Q8_0 };

inline constexpr std::int64_t kQ8BlockElements = 32;
inline constexpr std::int64_t kQ8BlockBytes = 34;

/// What elements are handed out as: F32 for Q8_0, else the type itself.
[[nodiscard]] constexpr DType plainType(DType type) { return type == DType::Q8_0 ? DType::F32 : type; }

/// Bytes per element as it is handed out: F64 and I64 8, F32, I32 and Q8_0 4, BF16, F16 and I16 2, others 1. storedBytes says what lies in
/// a file.
[[nodiscard]] constexpr std::int64_t bytesPerElement(DType type) {
    switch (type) {
        case DType::F64:
        case DType::I64: return 8;
        case DType::F32:
        case DType::I32:
        case DType::Q8_0: return 4;
        case DType::BF16:
        case DType::F16:
        case DType::I16: return 2;
        case DType::I8:
        case DType::U8:
        case DType::Bool: return 1;
    }
    return 0;
}

/// Bytes of that many elements in a file, or nothing where they overflow or fill no whole blocks.
[[nodiscard]] constexpr std::optional<std::int64_t> storedBytes(DType type, std::int64_t elements) {
    const bool blocks = type == DType::Q8_0;
    if (elements < 0 || (blocks && elements % kQ8BlockElements != 0)) return std::nullopt;
    std::int64_t bytes = 0;
    if (__builtin_mul_overflow(blocks ? elements / kQ8BlockElements : elements, blocks ? kQ8BlockBytes : bytesPerElement(type), &bytes))
        return std::nullopt;
    return bytes;
}

/// Lower-case name as the command line prints it: "f32", "bf16", …
[[nodiscard]] constexpr std::string_view name(DType type) {
    switch (type) {
        case DType::F64: return "f64";
        case DType::F32: return "f32";
        case DType::BF16: return "bf16";
        case DType::F16: return "f16";
        case DType::I64: return "i64";
        case DType::I32: return "i32";
        case DType::I16: return "i16";
        case DType::I8: return "i8";
        case DType::U8: return "u8";
        case DType::Bool: return "bool";
        case DType::Q8_0: return "q8_0";
    }
    return "?";
}

}  // namespace loom
