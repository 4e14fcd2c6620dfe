// SPDX-License-Identifier: GPL-3.0-or-later
// What can be seen inside a network, as plain values: scores in parts, latents, spectra, what a smaller latent forgets, what each layer
// would say, what is lost without some heads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/data/byte_formulas.h"
#include "core/data/ids.h"

namespace loom {

/// Scores of one layer before the softmax, scale included, in the two parts that a joint latent adds up (arXiv 2405.04434, equation 18).
struct ScoreParts {
    LayerIndex layer;
    std::int64_t heads = 0;       ///< H
    std::int64_t tokens = 0;      ///< T
    std::vector<float> content;   ///< q^C·k^C · scale [H, T, T]; 0 where key > query, which a query cannot see
    std::vector<float> position;  ///< q^R·k^R · scale [H, T, T]
};

/// What one layer keeps of a text, lane by lane: latents and rotary keys, or keys and values.
struct KeptRows {
    struct Lane {
        CacheLane lane = CacheLane::Latent;
        std::int64_t width = 0;
        std::vector<float> values;  ///< [T, width]
    };
    LayerIndex layer;
    std::int64_t tokens = 0;  ///< T
    std::vector<Lane> lanes;
};

/// Singular values of one matrix, largest first.
struct Spectrum {
    enum class Of : std::uint8_t {
        Lane,     ///< rows that a text left in the cache [T, width]
        KeyUp,    ///< the up-projection of keys: W^{UK} of all heads [H·dN, r], or W^{K↑} of one head [d, rK]
        ValueUp,  ///< the up-projection of values: W^{UV} [H·dV, r], or W^{V↑} of one head [d, rV]
    };
    Of of = Of::Lane;
    std::optional<CacheLane> lane;  ///< with Of::Lane
    std::optional<HeadIndex> head;  ///< where the matrix belongs to one head
    std::vector<double> values;
    /// exp of the entropy of the values as shares of their sum (Roy and Vetterli 2007): 1 = one direction, n = n equal ones; 0 if all are
    /// 0.
    double effectiveRank = 0;
};
[[nodiscard]] std::string label(const Spectrum& spectrum);  ///< "latent", "key up-projection, head 3", …
/// Of values ≥ 0.
[[nodiscard]] double effectiveRank(const std::vector<double>& values);

struct LayerSpectra {
    LayerIndex layer;
    std::int64_t tokens = 0;
    std::vector<Spectrum> spectra;
};

/// What keys and values lose when the latents of a text are pressed onto their `rank` strongest directions (those of the text itself).
/// Errors are relative: ‖K − K′‖ / ‖K‖ over all positions (Frobenius), 0 = nothing lost.
struct Reconstruction {
    LayerIndex layer;
    std::int64_t heads = 0;           ///< H
    std::vector<std::int64_t> ranks;  ///< as asked for
    std::vector<double> keys;         ///< [ranks, H]; content part only, the rotary key is no part of the latent
    std::vector<double> values;       ///< [ranks, H]
};

/// What the network would say if it ended after each layer: final norm and head on the stream there (nostalgebraist 2020).
struct LogitLens {
    std::int64_t rows = 0;             ///< L + 1: row 0 is the embedding, row L the output itself
    std::int64_t tokens = 0;           ///< T
    std::int64_t top = 0;              ///< k
    std::vector<TokenId> ids;          ///< [rows, T, k], likeliest first
    std::vector<float> logits;         ///< [rows, T, k]
    std::vector<float> probabilities;  ///< [rows, T, k]
    [[nodiscard]] std::size_t at(std::int64_t row, std::int64_t token, std::int64_t place) const {
        return static_cast<std::size_t>((row * tokens + token) * top + place);
    }
};

/// One head of one layer.
struct HeadPlace {
    LayerIndex layer;
    HeadIndex head;
    bool operator==(const HeadPlace&) const = default;
};

/// What is switched off: a head adds nothing to its layer's result; a layer adds nothing to the stream.
struct AblationRequest {
    std::vector<HeadPlace> heads;
    std::vector<LayerIndex> layers;
};

/// A token and how likely it is, before and after.
struct ShiftedToken {
    TokenId token;
    float before = 0;
    float after = 0;
};

struct Ablation {
    std::vector<float> before;            ///< logits after the last token [V]
    std::vector<float> after;             ///< the same without what was switched off [V]
    std::vector<double> kl;               ///< KL(before ‖ after) in nats after each token [T]
    double meanKl = 0;                    ///< over the text
    std::vector<ShiftedToken> topBefore;  ///< the ten likeliest next tokens before, best first
    std::vector<ShiftedToken> topAfter;   ///< the ten likeliest after, best first
};

}  // namespace loom
