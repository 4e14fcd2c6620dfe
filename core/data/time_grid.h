// SPDX-License-Identifier: GPL-3.0-or-later
// TimeGrid: how long a step takes for each of several networks, measured over context × stories.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/data/byte_formulas.h"

namespace loom {

/// Seconds of one step in which every story gets a token: the median, and the least and the most of all repeats.
struct StepTime {
    double median = 0;
    double least = 0;
    double most = 0;
    std::int64_t repeats = 0;
    bool operator==(const StepTime&) const = default;
};

/// What is measured when nobody says otherwise.
struct TimeAxes {
    std::vector<std::int64_t> contexts{64, 256, 1024, 4096, 16'384};
    std::vector<std::int64_t> batches{1, 4, 16, 64};
};

/// One network, decoded one way.
struct TimeRow {
    std::string name;
    CacheForm form = CacheForm::Full;
    bool naive = false;                               ///< a joint latent whose keys and values are expanded and kept
    std::vector<std::optional<StepTime>> cells = {};  ///< [contexts, batches]; none = not measured
    bool operator==(const TimeRow&) const = default;
};

struct TimeGrid {
    std::vector<std::int64_t> contexts;  ///< positions in the cache when a token is written, ascending
    std::vector<std::int64_t> batches;   ///< stories at once, ascending
    std::vector<TimeRow> rows;           ///< those compared, in their order, then other ways to decode them
    std::string machine = {};            ///< "Intel …, AVX2"
    bool operator==(const TimeGrid&) const = default;

    [[nodiscard]] std::size_t cell(std::size_t context, std::size_t batch) const { return context * batches.size() + batch; }
    [[nodiscard]] const std::optional<StepTime>& at(std::size_t row, std::size_t context, std::size_t batch) const {
        return rows[row].cells[cell(context, batch)];
    }
    /// How many times as long the first row takes as `row`: above 1 that one is faster. None where either was not measured.
    [[nodiscard]] std::optional<double> ratio(std::size_t row, std::size_t context, std::size_t batch) const {
        if (row >= rows.size()) return std::nullopt;
        const std::optional<StepTime>&first = at(0, context, batch), &other = at(row, context, batch);
        if (!first || !other || other->median <= 0) return std::nullopt;
        return first->median / other->median;
    }
    /// Cells that were measured, of all rows.
    [[nodiscard]] std::size_t measured() const {
        std::size_t count = 0;
        for (const TimeRow& row : rows) {
            for (const auto& cell : row.cells) count += cell ? 1 : 0;
        }
        return count;
    }
};

}  // namespace loom
