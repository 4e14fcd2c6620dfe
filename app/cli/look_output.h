// SPDX-License-Identifier: GPL-3.0-or-later
// What `look` saw, as JSON and as text.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/data/attention_map.h"
#include "core/data/inspection.h"
#include "core/engine/tokenizer/tokenizer.h"

namespace loom::cli {

/// The text that was looked at.
struct Text {
    TokenIds ids;
    const Tokenizer& tokenizer;
    [[nodiscard]] nlohmann::ordered_json token(TokenId id) const;  ///< {"token": 5, "text": " cat"}
    [[nodiscard]] nlohmann::ordered_json labels() const;           ///< of all
};

/// Matrices are lists of rows, a row per query with as many numbers as there are keys it can see.
[[nodiscard]] nlohmann::ordered_json attentionJson(const AttentionMap& map, const std::vector<std::int64_t>& heads);
[[nodiscard]] nlohmann::ordered_json scoresJson(const ScoreParts& parts, const std::vector<std::int64_t>& heads);
[[nodiscard]] nlohmann::ordered_json keptJson(const KeptRows& rows);
[[nodiscard]] nlohmann::ordered_json spectraJson(const LayerSpectra& spectra);
[[nodiscard]] nlohmann::ordered_json reconstructionJson(const Reconstruction& result, const std::vector<std::int64_t>& heads);
[[nodiscard]] nlohmann::ordered_json lensJson(const LogitLens& lens, const Text& text);
[[nodiscard]] nlohmann::ordered_json ablationJson(const Ablation& result, const Text& text);

/// A document of one of them for people: a line for each thing, matrices by their last row.
void printLook(const nlohmann::ordered_json& document);

}  // namespace loom::cli
