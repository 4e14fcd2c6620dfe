// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON header of a safetensors file, read event by event so that nothing in it can take memory or stack.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/dtype.h"

namespace loom {

struct HeaderTensor {
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::int64_t begin = 0;  ///< in the data behind the header
    std::int64_t end = 0;
};

struct SafetensorsHeader {
    std::vector<HeaderTensor> tensors;  ///< in file order, names unique; sizes and offsets not yet compared with each other
    std::map<std::string, std::string, std::less<>> metadata;
};

/// Throws Error naming `file` and the tensor: bad JSON, nesting, duplicate or unknown keys, unknown dtypes, wrong types.
[[nodiscard]] SafetensorsHeader parseSafetensorsHeader(std::string_view text, const std::string& file);

}  // namespace loom
