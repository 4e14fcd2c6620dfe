// SPDX-License-Identifier: GPL-3.0-or-later
// Ablation: the network without some heads or layers. A head is switched off by zeros in the columns of o_proj that read it.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/data/error.h"
#include "core/lab/inspect/attention_capture.h"
#include "core/lab/inspect/looks.h"
#include "core/lab/inspect/text_run.h"

namespace loom::lab {
namespace {

constexpr std::size_t kTop = 10;

/// Weights that share everything with the network's but the output projections of layers that lose heads.
std::shared_ptr<const Weights> withoutHeads(const Network& network, const std::vector<HeadPlace>& heads) {
    const std::int64_t width = network.config.attention.valueHeadDim();
    std::map<std::string, Tensor, std::less<>> changed;
    for (const HeadPlace& place : heads) {
        const std::string name = layerPrefix(place.layer) + "self_attn.o_proj.weight";
        const auto entry = changed.try_emplace(name, network.weights->tensor(name)).first;  // [D, H·dV]
        if (entry->second.is_same(network.weights->tensor(name))) entry->second = entry->second.clone();
        entry->second.narrow(1, place.head.value() * width, width).zero_();
    }
    return std::make_shared<const Weights>(*network.weights, changed);
}

std::vector<double> logProbabilities(const float* logits, std::size_t V) {
    const double best = *std::max_element(logits, logits + V);
    double sum = 0;
    for (std::size_t i = 0; i < V; ++i) sum += std::exp(static_cast<double>(logits[i]) - best);
    std::vector<double> result(V);
    for (std::size_t i = 0; i < V; ++i) result[i] = static_cast<double>(logits[i]) - best - std::log(sum);
    return result;
}

double divergence(const std::vector<double>& before, const std::vector<double>& after) {
    double sum = 0;
    for (std::size_t i = 0; i < before.size(); ++i) sum += std::exp(before[i]) * (before[i] - after[i]);
    return std::max(sum, 0.0);  // rounding may leave equal distributions a hair below zero
}

/// The likeliest by `order`.
std::vector<ShiftedToken> likeliest(const std::vector<double>& order, const std::vector<double>& before, const std::vector<double>& after) {
    std::vector<std::size_t> ids(order.size());
    std::iota(ids.begin(), ids.end(), std::size_t{0});
    const std::size_t count = std::min(kTop, ids.size());
    std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count), ids.end(),
                      [&](std::size_t a, std::size_t b) { return order[a] != order[b] ? order[a] > order[b] : a < b; });
    std::vector<ShiftedToken> tokens;
    for (std::size_t i = 0; i < count; ++i) {
        tokens.push_back({TokenId{static_cast<std::int64_t>(ids[i])}, static_cast<float>(std::exp(before[ids[i]])),
                          static_cast<float>(std::exp(after[ids[i]]))});
    }
    return tokens;
}

std::vector<float> allLogits(const LanguageModel& model, const Tensor& tokens, const std::vector<LayerIndex>& skip,
                             const std::stop_token& stop) {
    NoPast past;
    Watch watch;
    watch.skip = skip;
    return floats(model.logits(model.hidden(tokens, past, watch, stop)[0]));  // [T, V]
}

}  // namespace

Ablation ablationOf(const Network& network, const Tensor& tokens, const AblationRequest& request, const std::stop_token& stop) {
    const auto T = static_cast<std::size_t>(tokens.size(1));
    const auto V = static_cast<std::size_t>(network.config.vocab);
    checkElements(1, tokens.size(1), network.config.vocab, "The logits");
    const LanguageModel lesser(network.config, withoutHeads(network, request.heads), MlaPath::Naive);
    const std::vector<float> before = allLogits(*network.naive, tokens, {}, stop);
    const std::vector<float> after = allLogits(lesser, tokens, request.layers, stop);

    Ablation result;
    std::vector<double> logBefore;
    std::vector<double> logAfter;
    for (std::size_t t = 0; t < T; ++t) {
        if (stop.stop_requested()) throw Error{"Cancelled", {}, {}};
        logBefore = logProbabilities(before.data() + t * V, V);
        logAfter = logProbabilities(after.data() + t * V, V);
        result.kl.push_back(divergence(logBefore, logAfter));
    }
    result.meanKl = std::accumulate(result.kl.begin(), result.kl.end(), 0.0) / static_cast<double>(T);
    result.before.assign(before.end() - static_cast<std::ptrdiff_t>(V), before.end());
    result.after.assign(after.end() - static_cast<std::ptrdiff_t>(V), after.end());
    result.topBefore = likeliest(logBefore, logBefore, logAfter);
    result.topAfter = likeliest(logAfter, logBefore, logAfter);
    return result;
}

}  // namespace loom::lab
