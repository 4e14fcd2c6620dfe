// SPDX-License-Identifier: GPL-3.0-or-later
// Batches as a pure function of seed and step, so that a resumed run and a twin see the same ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/engine/api/training.h"
#include "core/engine/train/token_file.h"

namespace loom {

/// Cuts the data into windows of T + 1 tokens that overlap by one. One pass takes every window once, in an order of its own; each pass
/// cuts at another place.
class BatchSource {
public:
    /// What `ids` points to must outlive it. Throws Error where the data is shorter than one window.
    BatchSource(TokenRow ids, std::int64_t context, std::int64_t rows, std::int64_t accumulation, std::uint64_t seed,
                const std::string& where);

    /// The batches of a step, which counts from 1.
    [[nodiscard]] std::vector<TokenBatch> step(std::int64_t step) const;
    /// Windows of one pass.
    [[nodiscard]] std::int64_t windows() const { return m_windows; }
    /// Where window `index` (counted through all passes) begins in the data.
    [[nodiscard]] std::int64_t start(std::int64_t index) const;

private:
    TokenRow m_ids;
    std::int64_t m_context;
    std::int64_t m_rows;
    std::int64_t m_accumulation;
    std::uint64_t m_seed;
    std::int64_t m_windows;
};

/// The first `rows` windows of the data, one behind the other, in batches of at most `together` rows; fewer where the data ends.
[[nodiscard]] std::vector<TokenBatch> validationBatches(TokenRow ids, std::int64_t context, std::int64_t rows, std::int64_t together,
                                                        const std::string& where);

}  // namespace loom
