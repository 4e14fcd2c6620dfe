// SPDX-License-Identifier: GPL-3.0-or-later
// What the world may know about an opened checkpoint without touching the engine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/data/byte_formulas.h"
#include "core/data/model_card.h"
#include "core/data/model_config.h"
#include "core/data/precision.h"

namespace loom {

/// The checkpoint that was trained to be compared with another: same data, same tokenizer, other attention.
struct TwinSummary {
    std::string name;    ///< for people
    std::string path;    ///< absolute, UTF-8
    ModelConfig config;  ///< read from its files; its network is not built
};

struct ModelSummary {
    std::string name;       ///< for people: what latentloom.json says, or the file's or folder's name
    std::string path;       ///< absolute path, UTF-8
    std::string device;     ///< "CPU" or "CUDA: NVIDIA …"
    std::string tokenizer;  ///< "llama2.c, 512 tokens"
    std::int64_t threads = 0;
    PrecisionChoice precisionChoice = PrecisionChoice::Auto;  ///< what was asked for
    bool fastPath = false;                                    ///< who writes: the fast path or the reference
    std::string precision;                                    ///< of its weights: "f32", "bf16", "int8", "int4"; empty until it is built
    std::string kernels;                                      ///< "AVX2", "LibTorch"
    std::string whyReference;                                 ///< why the fast path does not write, as a sentence; empty = it was not asked to, or does
    ModelConfig config;
    ParameterCount parameters;
    MlaPath mlaPath = MlaPath::Absorbed;  ///< which path the session decodes on; meaningful for a joint latent only
    std::int64_t weightBytes = 0;         ///< bytes of the weights in memory, 0 until the network is built
    CacheSpec cache;                      ///< of a session of this model
    CacheSpec otherForm;                  ///< what the twin would keep; without one what the other attention form would, by formula
    std::optional<TwinSummary> twin;
    std::shared_ptr<const ModelCard> card;  ///< null without a training.json that can be read
    std::string problem;                    ///< of its card, twin or device, as a sentence; the model is usable. Empty = none
};

}  // namespace loom
