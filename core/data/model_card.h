// SPDX-License-Identifier: GPL-3.0-or-later
// ModelCard: where a checkpoint comes from and how good it is, as its training.json says. What the file leaves out is absent here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/data/precision.h"

namespace loom {

/// What the network was trained on.
struct CardData {
    std::string name;
    std::string licence;  ///< of the data, as an SPDX identifier where there is one
    std::string source;
    std::optional<std::int64_t> stories, bytes, tokens;  ///< bytes of UTF-8 text
};

struct CardTraining {
    std::optional<std::int64_t> steps, tokensPerStep, tokensSeen, seed;
    std::optional<double> passes;   ///< over the data
    std::optional<double> seconds;  ///< of computing
    std::string precision;          ///< "bf16"
    /// Optimiser settings under the names of the file, in a fixed order: learning_rate, min_learning_rate, warmup, …
    std::vector<std::pair<std::string, double>> settings;
};

/// Measured on text that the network never saw.
struct CardResult {
    std::string data;
    std::optional<double> loss;  ///< nats per token
    std::optional<double> perplexity, bitsPerByte;
    std::optional<std::int64_t> tokens, stories;
    std::vector<PrecisionLoss> precisions;  ///< the same with the fast path's weights in these precisions
};

struct CurvePoint {
    std::int64_t step = 0;
    std::int64_t tokens = 0;                     ///< seen so far
    std::optional<double> loss, validationLoss;  ///< nats per token
};

/// A story as it came, unpicked.
struct CardSample {
    std::string prompt;
    std::string text;
    std::optional<std::int64_t> seed;
    std::optional<double> temperature;
};

struct ModelCard {
    std::string title;
    std::string description;
    CardData data;
    CardTraining training;
    CardResult result;
    std::vector<CurvePoint> curve;  ///< in the order of the file
    std::vector<CardSample> samples;
};

}  // namespace loom
