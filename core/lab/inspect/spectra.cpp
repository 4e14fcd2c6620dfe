// SPDX-License-Identifier: GPL-3.0-or-later
// Spectra: how many directions what a layer keeps really uses, and what is lost with fewer.
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>

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

Spectrum spectrumOf(const Tensor& matrix, Spectrum::Of of, std::optional<CacheLane> lane = {}, std::optional<HeadIndex> head = {}) {
    std::vector<double> values = doubles(at::linalg_svdvals(exact(matrix)));
    const double rank = effectiveRank(values);
    return {of, lane, head, std::move(values), rank};
}

/// One latent with the matrices that rebuild keys and values of some heads from it.
struct Rebuilt {
    Tensor latents;  ///< [T, r], f64
    Tensor up;       ///< [heads, n, r], f64
};

void stopIfAsked(const std::stop_token& stop) {
    if (stop.stop_requested()) throw Error{"Cancelled", {}, {}};
}

/// ‖K_i − K_i′‖ / ‖K_i‖ for each rank and head of `rebuilt`, where K_i′ comes from the latents on their strongest directions:
/// [ranks][heads].
std::vector<std::vector<double>> errorsOf(const Rebuilt& rebuilt, const std::vector<std::int64_t>& ranks, const std::stop_token& stop) {
    const Tensor directions = std::get<2>(at::linalg_svd(rebuilt.latents, /*full_matrices=*/false));  // Vᵀ [min(T, r), r]
    const Tensor shares = at::matmul(rebuilt.latents, directions.transpose(0, 1));                    // [T, min(T, r)]
    const Tensor turned = at::matmul(rebuilt.up, directions.transpose(0, 1));                         // [heads, n, min(T, r)]
    const Tensor whole = at::matmul(turned, shares.transpose(0, 1));                                  // Kᵀ [heads, n, T]
    const Tensor size = at::linalg_vector_norm(whole, 2, at::IntArrayRef{1, 2});                      // [heads]
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

/// Matrices W^{UK} and W^{UV} of a joint latent by head: [H, dN, r], [H, dV, r].
std::pair<Tensor, Tensor> jointUps(const Network& network, LayerIndex layer) {
    const AttentionConfig& a = network.config.attention;
    const Tensor up =
        network.weights->tensor(layerPrefix(layer) + "self_attn.kv_b_proj.weight").unflatten(0, {a.heads, a.qkNopeHeadDim + a.vHeadDim});
    return {up.narrow(1, 0, a.qkNopeHeadDim), up.narrow(1, a.qkNopeHeadDim, a.vHeadDim)};
}

/// W^{K↑} and W^{V↑} of latents per head, or of shared ones: [H, d, rK], [H, d, rV].
std::pair<Tensor, Tensor> splitUps(const Network& network, LayerIndex layer) {
    const AttentionConfig& a = network.config.attention;
    const std::string prefix = layerPrefix(layer) + "self_attn.";
    const auto matrices = [&](const char* name) { return network.weights->tensor(prefix + name).unflatten(0, {a.heads, a.headDim}); };
    return {matrices("k_up_proj.weight"), matrices("v_up_proj.weight")};
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
    const AttentionConfig& a = network.config.attention;
    const CacheSpec spec = cacheSpec(network.config, MlaPath::Absorbed, DType::F32);
    const std::array<Tensor, 2> lanes = keptBy(network.on(MlaPath::Absorbed), tokens, layer, stop);
    LayerSpectra result{layer, tokens.size(1), {}};
    const auto add = [&](Spectrum spectrum) {
        stopIfAsked(stop);
        result.spectra.push_back(std::move(spectrum));
    };
    if (a.latent != Latent::PerHead) {
        for (std::size_t lane = 0; lane < lanes.size(); ++lane) add(spectrumOf(lanes[lane], Spectrum::Of::Lane, spec.lanes[lane].lane));
        if (a.latent == Latent::None) return result;
        const auto [keyUp, valueUp] = a.latent == Latent::Joint ? jointUps(network, layer) : splitUps(network, layer);
        add(spectrumOf(keyUp.flatten(0, 1), Spectrum::Of::KeyUp));
        add(spectrumOf(valueUp.flatten(0, 1), Spectrum::Of::ValueUp));
        return result;
    }
    const auto [keyUp, valueUp] = splitUps(network, layer);
    for (std::int64_t h = 0; h < a.heads; ++h) {
        const HeadIndex head{h};
        add(spectrumOf(lanes[0].narrow(1, h * a.kRank, a.kRank), Spectrum::Of::Lane, CacheLane::KeyLatent, head));
        add(spectrumOf(lanes[1].narrow(1, h * a.vRank, a.vRank), Spectrum::Of::Lane, CacheLane::ValueLatent, head));
        add(spectrumOf(keyUp[h], Spectrum::Of::KeyUp, {}, head));
        add(spectrumOf(valueUp[h], Spectrum::Of::ValueUp, {}, head));
    }
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
    Reconstruction result{layer, a.heads, ranks, {}, {}};
    const auto append = [](std::vector<double>& to, const std::vector<std::vector<double>>& rows) {
        for (const std::vector<double>& row : rows) to.insert(to.end(), row.begin(), row.end());
    };
    if (a.latent == Latent::Joint || a.latent == Latent::SplitShared) {
        const bool joint = a.latent == Latent::Joint;  // keys and values come from one latent
        const auto [keyUp, valueUp] = joint ? jointUps(network, layer) : splitUps(network, layer);
        append(result.keys, errorsOf({exact(lanes[0]), exact(keyUp)}, ranks, stop));
        append(result.values, errorsOf({exact(lanes[joint ? 0 : 1]), exact(valueUp)}, ranks, stop));
        return result;
    }
    const auto [keyUp, valueUp] = splitUps(network, layer);
    const std::size_t H = static_cast<std::size_t>(a.heads);
    result.keys.resize(ranks.size() * H);
    result.values.resize(ranks.size() * H);
    for (std::int64_t h = 0; h < a.heads; ++h) {  // every head presses latents of its own
        const auto keys = errorsOf({exact(lanes[0].narrow(1, h * a.kRank, a.kRank)), exact(keyUp.narrow(0, h, 1))}, ranks, stop);
        const auto values = errorsOf({exact(lanes[1].narrow(1, h * a.vRank, a.vRank)), exact(valueUp.narrow(0, h, 1))}, ranks, stop);
        for (std::size_t i = 0; i < ranks.size(); ++i) {
            result.keys[i * H + static_cast<std::size_t>(h)] = keys[i][0];
            result.values[i * H + static_cast<std::size_t>(h)] = values[i][0];
        }
    }
    return result;
}

}  // namespace loom::lab
