// SPDX-License-Identifier: GPL-3.0-or-later
// What the world may know about an opened checkpoint without touching the engine.
#pragma once

#include <cstdint>
#include <string>

#include "core/data/byte_formulas.h"
#include "core/data/model_config.h"

namespace loom {

struct ModelSummary {
    std::string name;       ///< the file's or folder's name, for people
    std::string path;       ///< absolute path, UTF-8
    std::string device;     ///< "CPU" or "CUDA: NVIDIA …"
    std::string tokenizer;  ///< "llama2.c, 512 tokens"
    std::int64_t threads = 0;
    ModelConfig config;
    ParameterCount parameters;
    MlaPath mlaPath = MlaPath::Absorbed;  ///< which path the session decodes on; meaningful for a joint latent only
    std::int64_t weightBytes = 0;         ///< bytes of the weights in memory, 0 until the network is built
    CacheSpec cache;                      ///< of a session of this model
    CacheSpec otherForm;                  ///< what the other attention form would keep, by formula
};

}  // namespace loom
