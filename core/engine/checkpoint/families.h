// SPDX-License-Identifier: GPL-3.0-or-later
// The families of Hugging Face configurations that can be read: a file each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/data/model_config.h"
#include "core/engine/checkpoint/config_reader.h"
#include "core/engine/checkpoint/hf_weights.h"

namespace loom {

/// What the transformers configuration class of a family assumes for absent keys.
struct FamilyDefaults {
    std::int64_t context = 2048;
    std::int64_t bosToken = 1;
    std::int64_t eosToken = 2;
};

/// Keys that mean the same in Llama and all that followed it. Fills everything but `attention` (of which heads, bias and rotation are
/// read), `mlpBias` and `moe`. Refuses activations that are not computed, by name.
[[nodiscard]] ModelConfig readCommonConfig(const ConfigReader& reader, Family family, const FamilyDefaults& defaults);
/// model_type, vocab_size, tie_word_embeddings and the special tokens.
void readVocabulary(const ConfigReader& reader, ModelConfig& config, bool tiedIfAbsent, const FamilyDefaults& defaults);
/// The gelu that `key` names: exact ("gelu") or by tanh ("gelu_new", …). Refuses others.
[[nodiscard]] MlpKind readGelu(const ConfigReader& reader, const std::string& key, const std::string& absent);
/// What GPT-2 and GPT-Neo have in common: learned positions, layer norms, GELU with biases. The inner width stands under `innerKey`, or is
/// four times config.dModel, which must have been read.
void readGptBlock(const ConfigReader& reader, ModelConfig& config, const std::string& innerKey);
/// D / H, or an Error that names the keys. 0 where heads is not positive: checkConfig names that.
[[nodiscard]] std::int64_t evenHeadDim(const ConfigReader& reader, const ModelConfig& config);

/// Theta and the rotary scaling, from rope_parameters (newer, preferred) or `thetaKey` and rope_scaling. Needs `context`, which Dynamic
/// widens. Refuses kinds that are not computed, by name.
void readRope(const ConfigReader& reader, ModelConfig& config, const std::string& thetaKey = "rope_theta");
/// partial_rotary_factor (also inside rope_parameters) or `alias`: sets rotaryDim. Needs headDim.
void readPartialRotation(const ConfigReader& reader, ModelConfig& config, const std::string& alias = {}, double absent = 1.0);

/// The latent's sizes as both DeepSeek families name them.
void readJointLatent(const ConfigReader& reader, ModelConfig& config);
struct ExpertDefaults {
    std::int64_t experts = 0;
    std::int64_t perToken = 0;  ///< 0 = the key must be there
    std::int64_t width = 0;
    std::int64_t shared = 0;
    std::int64_t groups = 1;
    std::int64_t topGroups = 1;
    double scale = 1.0;
    std::int64_t firstLayer = 0;
};
/// Sizes of the experts and which layers have them; nothing where no layer does. Refuses another scoring_func than `scoring`.
void readExperts(const ConfigReader& reader, ModelConfig& config, ExpertScoring scoring, const ExpertDefaults& defaults);

/// config.json of each family, checked with checkConfig.
[[nodiscard]] ModelConfig readLlamaConfig(const ConfigReader& reader);
[[nodiscard]] ModelConfig readDeepseekV2Config(const ConfigReader& reader);
[[nodiscard]] ModelConfig readDeepseekV3Config(const ConfigReader& reader);
[[nodiscard]] ModelConfig readGpt2Config(const ConfigReader& reader);
[[nodiscard]] ModelConfig readGptNeoConfig(const ConfigReader& reader);
[[nodiscard]] ModelConfig readGptNeoXConfig(const ConfigReader& reader);
/// The program's own folders (model_type "latentloom").
[[nodiscard]] ModelConfig readLatentLoomConfig(const ConfigReader& reader);

/// Gives the tensors of a family their canonical names and shapes.
void arrangeGpt2(FoundWeights& found, const ModelConfig& config);
void arrangeGptNeo(FoundWeights& found, const ModelConfig& config);
void arrangeGptNeoX(FoundWeights& found, const ModelConfig& config);

/// Chooses by "model_type"; an unknown family is an Error that lists the known ones.
[[nodiscard]] ModelConfig readFamilyConfig(const ConfigReader& reader);
/// Chooses by config.family; nothing to do for families whose names are the canonical ones.
void arrangeTensors(FoundWeights& found, const ModelConfig& config);

}  // namespace loom
