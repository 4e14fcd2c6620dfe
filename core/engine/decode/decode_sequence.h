// SPDX-License-Identifier: GPL-3.0-or-later
// DecodeSequence: one text and its cache on the fast path.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/engine/api/sequence.h"
#include "core/engine/decode/block_cache.h"
#include "core/engine/decode/decode_model.h"

namespace loom::decode {

/// Its capacity is in whole blocks of 16 positions. Within it forward() allocates nothing once `out` has its size, attention rows apart. A
/// text is computed in steps of kStepRows tokens; how it was cut never shows in the result.
class DecodeSequence final : public Sequence {
public:
    DecodeSequence(std::shared_ptr<DecodeModel> model, BlockCache cache);

    [[nodiscard]] Result<void> forward(std::span<const TokenId> tokens, const ForwardOptions& options, ForwardOutput& out) override;
    [[nodiscard]] Result<void> truncate(std::int64_t length) override;
    /// After fork() also takes a copy of the block that would be written next.
    [[nodiscard]] Result<void> reserve(std::int64_t capacity) override;
    [[nodiscard]] Result<void> pretend(std::int64_t length) override;
    [[nodiscard]] std::int64_t length() const override { return m_cache.length(); }
    [[nodiscard]] std::int64_t capacity() const override { return m_cache.capacity(); }
    [[nodiscard]] CacheUse cacheUse() const override { return m_cache.use(); }

    /// The same text once more: shares what is kept, goes its own way from here. Has room for what is kept, in whole blocks. May be used in
    /// another thread than this one.
    [[nodiscard]] Result<std::unique_ptr<DecodeSequence>> fork() const;
    /// Of cacheUse().bytes: shared with forks.
    [[nodiscard]] std::int64_t sharedBytes() const { return m_cache.sharedBytes(); }
    [[nodiscard]] const std::shared_ptr<DecodeModel>& model() const { return m_model; }

private:
    friend Result<void> forwardTogether(std::span<DecodeSequence* const> sequences, std::span<const TokenId> tokens,
                                        std::vector<float>& logits);
    /// Throws Error where these tokens cannot be appended.
    void check(std::span<const TokenId> tokens) const;
    void run(std::span<const TokenId> tokens, const ForwardOptions& options, ForwardOutput& out);

    std::shared_ptr<DecodeModel> m_model;
    BlockCache m_cache;
    std::vector<StepRow> m_rows;                        ///< of a step, kept for its memory
    std::vector<std::shared_ptr<AttentionRow>> m_seen;  ///< likewise
};

/// Appends one token to each of several sequences of one model in one pass over its weights: sequence i gets tokens[i] and its logits at
/// logits[i · V]. The result is what one forward() after the other gives, bit for bit. An error (as forward(), or where a sequence comes
/// twice or belongs to another model) leaves all sequences as they were.
[[nodiscard]] Result<void> forwardTogether(std::span<DecodeSequence* const> sequences, std::span<const TokenId> tokens,
                                           std::vector<float>& logits);

}  // namespace loom::decode
