// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/cache_budget.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "core/data/checked_math.h"

namespace loom {

std::string CacheBudget::formula() const {
    return spec.equation() + " × " + std::to_string(context) + (context == 1 ? " position × " : " positions × ") + std::to_string(batch) +
           (batch == 1 ? " story = " : " stories = ") + std::to_string(bytes) + " bytes";
}

CacheBudget cacheBudget(CacheSpec spec, std::int64_t context, std::int64_t batch) {
    if (context < 1 || batch < 1) throw Error{"A cache needs at least one position and one story", {}, {}};
    const auto bytes = checkedProduct({spec.bytesPerToken(), context, batch});
    if (!bytes) {
        throw Error{spec.equation() + " × " + std::to_string(context) + " positions × " + std::to_string(batch) +
                        " stories is more bytes than any computer addresses",
                    {},
                    "Ask for a smaller context or batch"};
    }
    return {std::move(spec), context, batch, *bytes};
}

std::int64_t storiesThatFit(const CacheSpec& spec, std::int64_t context, std::int64_t room) {
    if (context < 1) throw Error{"A story needs at least one position", {}, {}};
    const auto each = checkedProduct({spec.bytesPerToken(), context});
    return each && *each > 0 ? std::max<std::int64_t>(room, 0) / *each : 0;
}

std::int64_t storedWeightBytes(const ModelConfig& config) {
    const double width = config.storage == DType::Q8_0 ? static_cast<double>(kQ8BlockBytes) / static_cast<double>(kQ8BlockElements)
                                                       : static_cast<double>(bytesPerElement(config.storage));
    return static_cast<std::int64_t>(static_cast<double>(countParameters(config).total) * width);
}

std::string readableBytes(std::int64_t bytes) {
    constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) return std::to_string(bytes) + " B";
    double value = static_cast<double>(bytes) / 1024.0;
    std::size_t unit = 0;
    for (; value >= 1024.0 && unit + 1 < kUnits.size(); ++unit) value /= 1024.0;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f %s", value, kUnits[unit]);
    return text.data();
}

}  // namespace loom
