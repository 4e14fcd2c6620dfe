// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/batches.h"

#include <algorithm>
#include <array>

#include "core/data/error.h"
#include "core/engine/generate/philox.h"

namespace loom {
namespace {

constexpr std::uint32_t kOrder = 0x6F726465U;
constexpr std::uint32_t kOffset = 0x6F666673U;

std::uint32_t random(std::uint64_t seed, std::uint64_t pass, std::uint32_t purpose, std::uint32_t value) {
    return philox4x32({static_cast<std::uint32_t>(pass), static_cast<std::uint32_t>(pass >> 32), value, purpose},
                      {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)})[0];
}

/// Where `index` of [0, count) goes in the order of this pass: a Feistel network over the next power of four, walked until it lands inside.
std::int64_t shuffled(std::int64_t index, std::int64_t count, std::uint64_t seed, std::uint64_t pass) {
    int half = 1;
    while ((std::int64_t{1} << (2 * half)) < count) ++half;
    const std::uint32_t mask = (std::uint32_t{1} << half) - 1;
    auto value = static_cast<std::uint64_t>(index);
    do {
        auto left = static_cast<std::uint32_t>(value >> half);
        auto right = static_cast<std::uint32_t>(value) & mask;
        for (std::uint32_t round = 0; round < 4; ++round) {
            const std::uint32_t mixed = left ^ (random(seed, pass, kOrder + round, right) & mask);
            left = right;
            right = mixed;
        }
        value = std::uint64_t{left} << half | right;
    } while (value >= static_cast<std::uint64_t>(count));
    return static_cast<std::int64_t>(value);
}

/// The window of `context` + 1 tokens that begins at `start`.
void addRow(TokenBatch& batch, TokenRow ids, std::int64_t start, std::int64_t context) {
    for (std::int64_t i = start; i < start + context; ++i) {
        batch.inputs.push_back(ids[i]);
        batch.targets.push_back(ids[i + 1]);
    }
    ++batch.rows;
}

void checkLength(TokenRow ids, std::int64_t context, const std::string& where) {
    if (ids.size() > context) return;
    throw Error{
        "The data has " + std::to_string(ids.size()) + " tokens, fewer than one row of " + std::to_string(context) + " and the next token",
        where, "Give more text, or a smaller training.context"};
}

}  // namespace

BatchSource::BatchSource(TokenRow ids, std::int64_t context, std::int64_t rows, std::int64_t accumulation, std::uint64_t seed,
                         const std::string& where)
    : m_ids(ids), m_context(context), m_rows(rows), m_accumulation(accumulation), m_seed(seed) {
    checkLength(ids, context, where);
    m_windows = std::max<std::int64_t>(1, (ids.size() - context) / context);
}

std::int64_t BatchSource::start(std::int64_t index) const {
    const auto pass = static_cast<std::uint64_t>(index / m_windows);
    const std::int64_t slack = std::min(m_context - 1, m_ids.size() - 1 - m_windows * m_context);
    const std::int64_t offset = random(m_seed, pass, kOffset, 0) % (slack + 1);
    return offset + shuffled(index % m_windows, m_windows, m_seed, pass) * m_context;
}

std::vector<TokenBatch> BatchSource::step(std::int64_t step) const {
    std::vector<TokenBatch> batches(static_cast<std::size_t>(m_accumulation));
    std::int64_t index = (step - 1) * m_rows * m_accumulation;
    for (TokenBatch& batch : batches) {
        for (std::int64_t row = 0; row < m_rows; ++row) {
            addRow(batch, m_ids, start(index++), m_context);
        }
    }
    return batches;
}

std::vector<TokenBatch> validationBatches(TokenRow ids, std::int64_t context, std::int64_t rows, std::int64_t together,
                                          const std::string& where) {
    checkLength(ids, context, where);
    std::vector<TokenBatch> batches;
    for (std::int64_t row = 0; row < rows && (row + 1) * context < ids.size(); ++row) {
        if (batches.empty() || batches.back().rows == together) batches.emplace_back();
        addRow(batches.back(), ids, row * context, context);
    }
    return batches;
}

}  // namespace loom
