// SPDX-License-Identifier: GPL-3.0-or-later
// Workspace: all the memory that steps compute in, made once so that a step allocates nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "core/data/model_config.h"
#include "core/engine/decode/decode_weights.h"
#include "core/engine/decode/part_sums.h"

namespace loom::decode {

/// Rows that one step computes at once; longer texts are cut.
inline constexpr std::int64_t kStepRows = 128;
/// Consecutive rows of one text that read the past together.
inline constexpr std::int64_t kTile = 16;
/// Up to so many rows every thread normalises and quantises for itself, which costs less than meeting afterwards.
inline constexpr std::int64_t kAlone = 2;

/// Positions whose softmax is taken at once: their cells of a latent stay in the second cache between scores and mixing.
inline constexpr std::int64_t kChunk = 256;
/// Chunks for each thread from which on a single row's past is divided by positions.
inline constexpr std::int64_t kSplitChunks = 2;

/// What one thread writes and nobody else reads.
struct ThreadSpace {
    Floats normed;      ///< [kAlone, widest input]
    Activations input;  ///< kAlone rows
    Activations head;   ///< a tile of one head's vectors
    Floats scores;      ///< [kTile, kChunk]
    Floats queries;     ///< [kTile, width of a key latent]: absorbed
    Floats mixed;       ///< [kTile, width of what is mixed]
    Floats part;        ///< the same of one chunk
    Floats latents;     ///< [kBlock, kRank]: of one head, while keys are rebuilt
    Floats keys;        ///< [kBlock, d]: rebuilt
    Floats row;         ///< the widest lane: a row while it is put together or read back
};

/// A token's use of an expert, in the order of experts.
struct ExpertUse {
    std::int64_t row = 0;
    float weight = 0.0F;
};

/// What all threads share. R = kStepRows, N = R · experts per token.
struct Workspace {
    Floats stream;     ///< [R, D]: the residual stream
    Floats attention;  ///< [R, D]: what attention adds to it
    Floats network;    ///< [R, D]: what the feed-forward network adds
    Floats normed;     ///< [R, widest input]
    Activations input;
    Floats projected;                ///< [R, rows of AttentionWeights::input]
    Floats query;                    ///< [R, H·(dN + dR)]: behind a query rank
    Floats latents;                  ///< [R, r]: normalised, on the naive path
    Floats expanded;                 ///< [R, H·(dN + dV)]: on the naive path
    Floats absorbed;                 ///< [H, width of a key latent]: a single row's queries, while positions are divided among the threads
    Floats parts;                    ///< [chunks, H, width of what is mixed]: likewise
    std::vector<PartSums> partSums;  ///< [chunks, H]
    Floats attended;                 ///< [R, H·dV]
    Floats hidden;                   ///< [R, rows of FeedForwardWeights::input], or of N with experts
    Floats activated;                ///< [R, F rounded up to panels], or of N with experts; SwiGLU only
    Floats router;                   ///< [R, E]
    Floats gathered;                 ///< [N, D]: inputs of experts
    Floats returned;                 ///< [N, D]: their outputs
    Activations expertInput;
    std::vector<ExpertUse> uses;          ///< [N]
    std::vector<std::int64_t> usesBegin;  ///< [E + 1]
    std::vector<float> scores;            ///< [E]: of one row, while it chooses
    std::vector<float> ranked;            ///< [E]
    std::vector<std::int64_t> chosen;     ///< [R, experts per token]
    std::vector<float> chosenWeights;     ///< [R, experts per token]
    std::vector<ThreadSpace> threads;

    /// Room for so many threads and steps of kStepRows rows over caches of `capacity` positions. Grows only. Throws Error where memory is
    /// short.
    void reserve(const ModelConfig& config, const DecodeWeights& weights, std::int64_t threadCount, std::int64_t capacity,
                 BufferAllocator& allocator);

private:
    void reserveShared(const ModelConfig& config, const DecodeWeights& weights, BufferAllocator& allocator);
};

}  // namespace loom::decode
