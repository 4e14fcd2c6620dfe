// SPDX-License-Identifier: GPL-3.0-or-later
// How many bytes attention keeps: the formulas of the MLA papers, as exact integer arithmetic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/model_config.h"

namespace loom {

/// Which of two equivalent ways a joint latent is decoded. Naive expands keys and values per head and keeps them;
/// Absorbed keeps the latent and folds the up-projections into query and output (arXiv 2405.04434, section 2.1.2).
enum class MlaPath : std::uint8_t { Naive, Absorbed };
/// Full: per-head keys and values. Latent: c and the shared rotary key, or latents of keys and of values.
enum class CacheForm : std::uint8_t { Full, Latent };
/// One kind of vector kept per position. A full cache has Keys and Values, a latent cache Latent and RotaryKey (joint) or KeyLatent and
/// ValueLatent (per head, or shared by all heads).
enum class CacheLane : std::uint8_t { Keys, Values, Latent, RotaryKey, KeyLatent, ValueLatent };

[[nodiscard]] std::string_view name(MlaPath path);    ///< "naive", "absorbed"
[[nodiscard]] std::string_view name(CacheForm form);  ///< "full", "latent"
[[nodiscard]] std::string_view name(CacheLane lane);  ///< "keys", "values", "latent", "rotary key", "key latents", "value latents"

struct LaneSpec {
    CacheLane lane = CacheLane::Keys;
    std::int64_t width = 0;  ///< elements per position
    bool operator==(const LaneSpec&) const = default;
};

/// In I8 every row of a lane (one position of one layer) has a scale of its own beside it, an f32.
inline constexpr std::int64_t kRowScaleBytes = 4;

/// The shape of a cache: every layer has the same lanes.
struct CacheSpec {
    CacheForm form = CacheForm::Full;
    std::int64_t layers = 0;
    std::vector<LaneSpec> lanes;
    DType dtype = DType::F32;

    /// Cached elements per token and layer: 2·G·d, H(dN+dR+dV) for the naive joint form, r + dR, H·(rK + rV) per head, or rK + rV shared.
    [[nodiscard]] std::int64_t elementsPerTokenPerLayer() const;
    /// All layers together.
    [[nodiscard]] std::int64_t elementsPerToken() const { return elementsPerTokenPerLayer() * layers; }
    /// Bytes of the rows' scales, all layers together; 0 for every type but I8.
    [[nodiscard]] std::int64_t scaleBytesPerToken() const {
        return dtype == DType::I8 ? static_cast<std::int64_t>(lanes.size()) * layers * kRowScaleBytes : 0;
    }
    [[nodiscard]] std::int64_t bytesPerToken() const { return elementsPerToken() * bytesPerElement(dtype) + scaleBytesPerToken(); }
    /// "(96 latent + 32 rotary key) × 6 layers × 4 bytes"; in I8 "(96 latent + 32 rotary key + 2 scales × 4) × 6 layers × 1 byte"
    [[nodiscard]] std::string equation() const;
    bool operator==(const CacheSpec&) const = default;
};

/// What a network keeps on the given path. `path` matters only for Latent::Joint.
[[nodiscard]] CacheSpec cacheSpec(const ModelConfig& config, MlaPath path, DType dtype);

/// The same in the letters of the papers: "2·G·d", "r + dR", "H·(dN + dR + dV)" or "H·(rK + rV)".
[[nodiscard]] std::string cacheSymbols(const ModelConfig& config, MlaPath path);

/// What the other attention form of the same size would keep, by formula and not from a trained network:
/// for MHA/GQA/MQA a joint latent with r = D/2 and dR = d/2 (rounded up to even), for Joint full MHA keys and values of width D/H per head.
[[nodiscard]] CacheSpec otherFormSpec(const ModelConfig& config, DType dtype);

}  // namespace loom
