// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/look_answer.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace loom::session {
namespace {

constexpr std::int64_t kLensPlaces = 5;  // likeliest tokens of a cell

AttentionMeans meansOf(ReferenceModel& network, const TokenIds& tokens, const std::stop_token& stop) {
    AttentionMeans means;
    for (std::int64_t layer = 0; layer < network.config().layers; ++layer)
        addLayer(means, valueOrThrow(network.attention(tokens, LayerIndex{layer}, stop)));
    divide(means);
    return means;
}

/// The width of what a layer's latent can be pressed from; 0 where it has none, which the inspector says in its own words.
std::int64_t widthOfLatent(const AttentionConfig& attention) {
    return attention.latent == Latent::Joint ? attention.kvLoraRank : std::min(attention.kRank, attention.vRank);
}

void addLabels(LookAnswer& answer, const OpenModel& model) {
    const auto add = [&](TokenId token) {
        const auto [entry, isNew] = answer.labels.try_emplace(token);
        if (isNew) entry->second = model.tokenizer() ? model.tokenizer()->label(token) : std::to_string(token.value());
    };
    if (const auto* lens = std::get_if<LogitLens>(&answer.value)) std::for_each(lens->ids.begin(), lens->ids.end(), add);
    if (const auto* without = std::get_if<Ablation>(&answer.value)) {
        for (const auto* list : {&without->topBefore, &without->topAfter})
            for (const ShiftedToken& token : *list) add(token.token);
    }
}

}  // namespace

LookAnswer answerLook(ReferenceModel& network, const OpenModel& model, const TokenIds& tokens, const LookQuestion& question,
                      const std::stop_token& stop) {
    const Inspector& inspector = network.inspector();
    const ModelConfig& config = network.config();
    const LayerIndex layer = question.layer;
    LookAnswer answer{question, std::ssize(tokens), 0, {}};
    const auto began = std::chrono::steady_clock::now();
    switch (question.look) {
        case Look::Scores: answer.value = valueOrThrow(inspector.scores(tokens, layer, stop)); break;
        case Look::Kept: answer.value = valueOrThrow(inspector.kept(tokens, layer, stop)); break;
        case Look::Spectra: answer.value = valueOrThrow(inspector.spectra(tokens, layer, stop)); break;
        case Look::Forgotten:
            answer.value = valueOrThrow(inspector.reconstruction(tokens, layer, shownRanks(widthOfLatent(config.attention)), stop));
            break;
        case Look::Lens: answer.value = valueOrThrow(inspector.lens(tokens, std::min(kLensPlaces, config.vocab), stop)); break;
        case Look::Without: answer.value = valueOrThrow(inspector.ablation(tokens, question.off, stop)); break;
        case Look::Means: answer.value = meansOf(network, tokens, stop); break;
    }
    answer.milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
    addLabels(answer, model);
    return answer;
}

}  // namespace loom::session
