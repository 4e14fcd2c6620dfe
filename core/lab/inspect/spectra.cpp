// SPDX-License-Identifier: GPL-3.0-or-later
// Spectra: how many directions what a layer keeps really uses, and what is lost with fewer.
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>

#include <algorithm>
#include <string>

#include "core/data/error.h"
#include "core/lab/inspect/attention_capture.h"
#include "core/lab/inspect/looks.h"
#include "core/lab/inspect/text_run.h"

namespace loom::lab {
namespace {

/// In f64 on the CPU: spectra fall over many orders of magnitude.
Tensor exact(const Tensor& tensor) { return tensor.to(at::TensorOptions().dtype(at::kDouble).device(at::kCPU)); }

std::vector<double> doubles(const Tensor& tensor) {
    const Tensor plain = tensor.contiguous();
    const double* data = plain.const_data_ptr<double>();
    return {data, data + plain.numel()};
}

Spectrum spectrumOf(const Tensor& matrix, Spectrum::Of of, std::optional<CacheLane> lane, std::optional<HeadIndex> head) {
    std::vector<double> values = doubles(at::linalg_svdvals(exact(matrix)));
    const double rank = effectiveRank(values);
    return {of, lane, head, std::move(values), rank};
}

/// One latent with the matrices that rebuild keys or values of some heads from it.
struct Rebuilt {
    Spectrum::Of of;                ///< KeyUp or ValueUp
    std::int64_t firstHead;         ///< `up` holds heads from this one on
    Tensor latents;                 ///< [T, r]
    Tensor up;                      ///< [heads, n, r]
    std::optional<HeadIndex> head;  ///< whose latent it is, if it belongs to one
};

/// Everything that a layer rebuilds from latents; empty where it keeps whole keys and values.
std::vector<Rebuilt> rebuiltBy(const Network& network, const std::array<Tensor, 2>& lanes, LayerIndex layer) {
    using Of = Spectrum::Of;
    const AttentionConfig& a = network.config.attention;
    const auto matrices = [&](const char* name) {
        return network.weights->tensor(layerPrefix(layer) + "self_attn." + name).unflatten(0, {a.heads, -1});  // [H, n, r]
    };
    std::vector<Rebuilt> parts;
    switch (a.latent) {
        case Latent::None: break;
        case Latent::Joint: {
            const Tensor up = matrices("kv_b_proj.weight");  // per head W^{UK}, then W^{UV}
            parts.push_back({Of::KeyUp, 0, lanes[0], up.narrow(1, 0, a.qkNopeHeadDim), {}});
            parts.push_back({Of::ValueUp, 0, lanes[0], up.narrow(1, a.qkNopeHeadDim, a.vHeadDim), {}});
            break;
        }
        case Latent::PerHead: {
            const Tensor keyUp = matrices("k_up_proj.weight");
            const Tensor valueUp = matrices("v_up_proj.weight");
            for (std::int64_t h = 0; h < a.heads; ++h) {
                parts.push_back({Of::KeyUp, h, lanes[0].narrow(1, h * a.kRank, a.kRank), keyUp.narrow(0, h, 1), HeadIndex{h}});
                parts.push_back({Of::ValueUp, h, lanes[1].narrow(1, h * a.vRank, a.vRank), valueUp.narrow(0, h, 1), HeadIndex{h}});
            }
            break;
        }
    }
    return parts;
}

void stopIfAsked(const std::stop_token& stop) {
    if (stop.stop_requested()) throw Error{"Cancelled", {}, {}};
}

/// ‖K_i − K_i′‖ / ‖K_i‖ for each rank and head of `rebuilt`, where K_i′ comes from the latents on their strongest directions:
/// [ranks][heads].
std::vector<std::vector<double>> errorsOf(const Rebuilt& rebuilt, const std::vector<std::int64_t>& ranks, const std::stop_token& stop) {
    const Tensor latents = exact(rebuilt.latents);
    const Tensor up = exact(rebuilt.up);
    const Tensor directions = std::get<2>(at::linalg_svd(latents, /*full_matrices=*/false));  // Vᵀ [min(T, r), r]
    const Tensor shares = at::matmul(latents, directions.transpose(0, 1));                    // [T, min(T, r)]
    const Tensor turned = at::matmul(up, directions.transpose(0, 1));                         // [heads, n, min(T, r)]
    const Tensor whole = at::matmul(turned, shares.transpose(0, 1));                          // Kᵀ [heads, n, T]
    const Tensor size = at::linalg_vector_norm(whole, 2, at::IntArrayRef{1, 2});              // [heads]
    std::vector<std::vector<double>> errors;
    for (const std::int64_t rank : ranks) {
        stopIfAsked(stop);
        const std::int64_t all = shares.size(1);
        const std::int64_t kept = std::min(rank, all);
        // What is left out, so that nothing large is subtracted from something large.
        const Tensor lost = at::matmul(turned.narrow(2, kept, all - kept), shares.narrow(1, kept, all - kept).transpose(0, 1));
        const Tensor error = at::linalg_vector_norm(lost, 2, at::IntArrayRef{1, 2}) / size;
        errors.push_back(doubles(error.nan_to_num(0.0)));  // a head whose keys are all zero loses nothing
    }
    return errors;
}

void checkRanks(const std::vector<std::int64_t>& ranks, std::int64_t most) {
    if (ranks.empty()) throw Error{"No rank is given to press the latent to", {}, "Name some between 0 and " + std::to_string(most)};
    for (const std::int64_t rank : ranks) {
        if (rank >= 0 && rank <= most) continue;
        throw Error{"A latent of width " + std::to_string(most) + " cannot be pressed to rank " + std::to_string(rank),
                    {},
                    "Ranks run from 0 to " + std::to_string(most)};
    }
}

}  // namespace

KeptRows keptRows(const Network& network, const Tensor& tokens, LayerIndex layer, const std::stop_token& stop) {
    const CacheSpec spec = cacheSpec(network.config, MlaPath::Absorbed, DType::F32);
    const std::array<Tensor, 2> lanes = keptBy(network.on(MlaPath::Absorbed), tokens, layer, stop);
    KeptRows rows{layer, tokens.size(1), {}};
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
        rows.lanes.push_back({spec.lanes[lane].lane, spec.lanes[lane].width, floats(lanes[lane])});
    }
    return rows;
}

LayerSpectra layerSpectra(const Network& network, const Tensor& tokens, LayerIndex layer, const std::stop_token& stop) {
    const CacheSpec spec = cacheSpec(network.config, MlaPath::Absorbed, DType::F32);
    const std::array<Tensor, 2> lanes = keptBy(network.on(MlaPath::Absorbed), tokens, layer, stop);
    const std::vector<Rebuilt> parts = rebuiltBy(network, lanes, layer);
    LayerSpectra result{layer, tokens.size(1), {}};
    const auto add = [&](const Tensor& matrix, Spectrum::Of of, std::optional<CacheLane> lane, std::optional<HeadIndex> head) {
        stopIfAsked(stop);
        result.spectra.push_back(spectrumOf(matrix, of, lane, head));
    };
    if (network.config.attention.latent == Latent::PerHead) {
        for (const Rebuilt& part : parts) {
            add(part.latents, Spectrum::Of::Lane, part.of == Spectrum::Of::KeyUp ? CacheLane::KeyLatent : CacheLane::ValueLatent,
                part.head);
        }
    } else {
        for (std::size_t lane = 0; lane < lanes.size(); ++lane) add(lanes[lane], Spectrum::Of::Lane, spec.lanes[lane].lane, {});
    }
    for (const Rebuilt& part : parts) add(part.up.flatten(0, 1), part.of, {}, part.head);
    return result;
}

Reconstruction reconstructionOf(const Network& network, const Tensor& tokens, LayerIndex layer, const std::vector<std::int64_t>& ranks,
                                const std::stop_token& stop) {
    const AttentionConfig& a = network.config.attention;
    if (a.latent == Latent::None) {
        throw Error{"This network has no latent that could forget anything", attentionFormName(a), "Open a network with a latent"};
    }
    checkRanks(ranks, a.latent == Latent::Joint ? a.kvLoraRank : std::min(a.kRank, a.vRank));
    const std::array<Tensor, 2> lanes = keptBy(network.on(MlaPath::Absorbed), tokens, layer, stop);
    const auto H = static_cast<std::size_t>(a.heads);
    Reconstruction result{layer, a.heads, ranks, std::vector<double>(ranks.size() * H), std::vector<double>(ranks.size() * H)};
    for (const Rebuilt& part : rebuiltBy(network, lanes, layer)) {
        const std::vector<std::vector<double>> errors = errorsOf(part, ranks, stop);
        std::vector<double>& to = part.of == Spectrum::Of::KeyUp ? result.keys : result.values;
        for (std::size_t i = 0; i < ranks.size(); ++i) {
            std::copy(errors[i].begin(), errors[i].end(), to.begin() + static_cast<std::ptrdiff_t>(i * H) + part.firstHead);
        }
    }
    return result;
}

}  // namespace loom::lab
