// SPDX-License-Identifier: GPL-3.0-or-later
// Answers about the inside of a network, small enough to check by hand.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/data/look.h"

namespace loom::test {

inline float lensShare(int row, int token) { return 0.1F * static_cast<float>(row + 1) + 0.01F * static_cast<float>(token); }

/// The likeliest word of row r and token t is " wrt"; behind it always "second".
inline std::shared_ptr<const LookAnswer> lensAnswer(int rows, int tokens) {
    auto answer = std::make_shared<LookAnswer>();
    answer->question.look = Look::Lens;
    answer->tokens = tokens;
    answer->milliseconds = 12.5;
    LogitLens lens{rows, tokens, 2, {}, {}, {}};
    for (int row = 0; row < rows; ++row) {
        for (int token = 0; token < tokens; ++token) {
            const TokenId id{100 + row * tokens + token};
            answer->labels[id] = " w" + std::to_string(row) + std::to_string(token);
            lens.ids.insert(lens.ids.end(), {id, TokenId{1}});
            lens.logits.insert(lens.logits.end(), {2, 1});
            lens.probabilities.insert(lens.probabilities.end(), {lensShare(row, token), 0.05F});
        }
    }
    answer->labels[TokenId{1}] = "second";
    answer->value = std::move(lens);
    return answer;
}

/// Two heads at ranks 8 and 4: nothing lost, then keys 0.25 and 0.5, values 0.125 and 1.
inline std::shared_ptr<const LookAnswer> forgottenAnswer() {
    auto answer = std::make_shared<LookAnswer>();
    answer->question = {Look::Forgotten, LayerIndex{1}, {}};
    answer->tokens = 3;
    answer->value = Reconstruction{LayerIndex{1}, 2, {8, 4}, {0, 0, 0.25, 0.5}, {0, 0, 0.125, 1}};
    return answer;
}

inline std::shared_ptr<const LookAnswer> withoutAnswer() {
    auto answer = std::make_shared<LookAnswer>();
    answer->question = {Look::Without, LayerIndex{0}, {{{LayerIndex{1}, HeadIndex{0}}}, {}}};
    answer->tokens = 3;
    answer->labels = {{TokenId{1}, " dog"}, {TokenId{2}, " cat"}, {TokenId{3}, " bird"}};
    Ablation result;
    result.kl = {0, 0.5, 0.25};
    result.meanKl = 0.25;
    result.topBefore = {{TokenId{1}, 0.5F, 0.25F}, {TokenId{3}, 0.25F, 0.25F}};
    result.topAfter = {{TokenId{2}, 0.125F, 0.5F}, {TokenId{1}, 0.5F, 0.25F}};
    answer->value = std::move(result);
    return answer;
}

/// Latents of three channels and a rotary key of one: token t has t + 1, −(t + 1) and 0, and 0.5.
inline std::shared_ptr<const LookAnswer> keptAnswer(int tokens, int layer = 0) {
    auto answer = std::make_shared<LookAnswer>();
    answer->question = {Look::Kept, LayerIndex{layer}, {}};
    answer->tokens = tokens;
    KeptRows rows{LayerIndex{layer}, tokens, {{CacheLane::Latent, 3, {}}, {CacheLane::RotaryKey, 1, {}}}};
    for (int token = 0; token < tokens; ++token) {
        const auto value = static_cast<float>(token + 1);
        rows.lanes[0].values.insert(rows.lanes[0].values.end(), {value, -value, 0});
        rows.lanes[1].values.push_back(0.5F);
    }
    answer->value = std::move(rows);
    return answer;
}

inline std::shared_ptr<const LookAnswer> spectraAnswer() {
    auto answer = std::make_shared<LookAnswer>();
    answer->question = {Look::Spectra, LayerIndex{0}, {}};
    answer->tokens = 3;
    answer->value =
        LayerSpectra{LayerIndex{0},
                     3,
                     {{Spectrum::Of::Lane, CacheLane::Latent, {}, {3, 1, 0}, 1.75}, {Spectrum::Of::KeyUp, {}, HeadIndex{1}, {2, 2}, 2}}};
    return answer;
}

/// Content and position of query q and key k in head h: h + q + k / 10 and −2 (q − k).
inline float contentScore(int head, int query, int key) { return static_cast<float>(head + query) + static_cast<float>(key) / 10; }
inline float positionScore(int query, int key) { return -2 * static_cast<float>(query - key); }

inline std::shared_ptr<const LookAnswer> scoresAnswer(int heads, int tokens, int layer = 0) {
    auto answer = std::make_shared<LookAnswer>();
    answer->question = {Look::Scores, LayerIndex{layer}, {}};
    answer->tokens = tokens;
    answer->milliseconds = 41;
    ScoreParts parts{LayerIndex{layer}, heads, tokens, {}, {}};
    for (int head = 0; head < heads; ++head) {
        for (int query = 0; query < tokens; ++query) {
            for (int key = 0; key < tokens; ++key) {
                parts.content.push_back(key > query ? 0 : contentScore(head, query, key));
                parts.position.push_back(key > query ? 0 : positionScore(query, key));
            }
        }
    }
    answer->value = std::move(parts);
    return answer;
}

/// Every query spreads its attention evenly.
inline std::shared_ptr<const LookAnswer> meansAnswer(int tokens) {
    auto answer = std::make_shared<LookAnswer>();
    answer->question.look = Look::Means;
    answer->tokens = tokens;
    AttentionMeans means{5, 8, tokens, {}};
    for (int query = 0; query < tokens; ++query) {
        for (int key = 0; key < tokens; ++key) means.weights.push_back(key > query ? 0 : 1.F / static_cast<float>(query + 1));
    }
    answer->value = std::move(means);
    return answer;
}

}  // namespace loom::test
