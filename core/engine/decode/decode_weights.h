// SPDX-License-Identifier: GPL-3.0-or-later
// DecodeWeights: a network's weights as the fast path reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "core/data/byte_formulas.h"
#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/decode/packed_matrix.h"

namespace loom::decode {

/// A counted array of f32.
struct Floats {
    Buffer memory;
    [[nodiscard]] float* data() { return reinterpret_cast<float*>(memory.data()); }
    [[nodiscard]] const float* data() const { return reinterpret_cast<const float*>(memory.data()); }
    [[nodiscard]] std::int64_t size() const { return memory.bytes() / static_cast<std::int64_t>(sizeof(float)); }
    [[nodiscard]] bool empty() const { return memory.bytes() == 0; }
};

/// y = W x + b. The bias is empty where there is none.
struct PackedLinear {
    PackedMatrix weight;
    Floats bias;
};

struct NormWeights {
    Floats weight;  ///< empty: nothing is normalised
    Floats bias;    ///< empty for Rms and where there is none
    NormKind kind = NormKind::Rms;
    float eps = 1e-5F;
};

/// What one layer's attention multiplies with. Matrices that read the same input are packed below each other.
struct AttentionWeights {
    /// Without a latent: queries, keys, values. Joint: queries (or their rank), latent and rotary key. Otherwise: queries, key latents,
    /// value latents.
    PackedLinear input;
    NormWeights queryNorm;   ///< Joint with a query rank
    PackedMatrix query;      ///< Joint with a query rank: rank → H·(dN + dR)
    NormWeights latentNorm;  ///< Joint; otherwise of key latents, where they have one
    NormWeights valueNorm;   ///< of value latents, likewise
    PackedMatrix expand;     ///< Joint, naive: r → H·(dN + dV)
    /// Latents, one matrix a head. Absorbed: (W^{UK})ᵀ, from a query to the width of a latent; where keys are rebuilt: W^{UK} itself.
    std::vector<PackedMatrix> keyUp;
    std::vector<PackedMatrix> valueUp;  ///< W^{UV}, one matrix a head
    PackedLinear output;
    float scale = 1.0F;
    std::int64_t window = 0;  ///< positions that a query sees, its own included; 0 = all
};

/// One feed-forward network. With SwiGLU `input` has the rows of gate and up in turns, 32 of each, so that whoever computes a gate
/// also computes its partner; the last turn is filled with zeros.
struct FeedForwardWeights {
    PackedLinear input;
    PackedLinear output;
    std::int64_t width = 0;  ///< F
};

struct ExpertWeights {
    PackedMatrix gate;  ///< D → E, always f32: which expert a token goes to must not hang on how weights are kept
    Floats correction;  ///< [E]; empty with Softmax
    std::vector<FeedForwardWeights> experts;
    std::optional<FeedForwardWeights> shared;
};

struct LayerWeights {
    NormWeights attentionNorm;
    AttentionWeights attention;
    NormWeights feedForwardNorm;
    FeedForwardWeights dense;              ///< where the layer has no experts
    std::optional<ExpertWeights> experts;  ///< else these
};

struct DecodeWeights {
    PackedMatrix head;  ///< D → V
    Buffer embedding;   ///< [V, D] f32 or bf16; empty where the head serves as embedding
    Floats places;      ///< learned positions [context, D]
    std::vector<LayerWeights> layers;
    NormWeights norm;
    std::int64_t bytes = 0;  ///< of everything above

    /// Writes the D values of a token's embedding.
    void embed(const Kernels& kernels, std::int64_t token, std::int64_t width, float* out) const;
};

/// Packs a checkpoint's weights for one path; absorbed where absorbObstacle() names no reason against it. Throws Error naming the tensor,
/// where memory is short, or "Cancelled" between tensors. Packs with as many threads as given.
[[nodiscard]] std::unique_ptr<DecodeWeights> packWeights(const Checkpoint& checkpoint, Precision precision, MlaPath path,
                                                         const Kernels& kernels, BufferAllocator& allocator, std::int64_t threads,
                                                         const std::stop_token& stop);

}  // namespace loom::decode
