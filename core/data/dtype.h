// SPDX-License-Identifier: GPL-3.0-or-later
// Element types of tensors in files, weights and caches.
#pragma once

#include <cstdint>
#include <string_view>

namespace loom {

enum class DType : std::uint8_t { F64, F32, BF16, F16, I64, I32, I16, I8, U8, Bool };

/// Bytes per element: F64 and I64 8, F32 and I32 4, BF16, F16 and I16 2, others 1.
[[nodiscard]] constexpr std::int64_t bytesPerElement(DType type) {
    switch (type) {
        case DType::F64:
        case DType::I64: return 8;
        case DType::F32:
        case DType::I32: return 4;
        case DType::BF16:
        case DType::F16:
        case DType::I16: return 2;
        case DType::I8:
        case DType::U8:
        case DType::Bool: return 1;
    }
    return 0;
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
    }
    return "?";
}

}  // namespace loom
