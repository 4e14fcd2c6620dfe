// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/cache_budget.h"

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
