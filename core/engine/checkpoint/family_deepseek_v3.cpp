// SPDX-License-Identifier: GPL-3.0-or-later
// DeepSeek-V3: joint latent attention with a decoupled rotary key (arXiv 2412.19437, section 2.1.1) and experts chosen by sigmoid and a
// correction bias (section 2.1.2).
#include <string>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/families.h"
#include "core/engine/checkpoint/json_text.h"

namespace loom {

ModelConfig readDeepseekV3Config(const ConfigReader& reader) {
    ModelConfig config = readCommonConfig(reader, Family::DeepseekV3, {4096, 0, 1});
    config.attention.ropeLayout = reader.truth("rope_interleave", true) ? RopeLayout::Interleaved : RopeLayout::Half;
    readJointLatent(reader, config);
    readExperts(reader, config, ExpertScoring::Sigmoid, {256, 8, 2048, 1, 8, 4, 2.5, 3});
    if (config.moe.experts > 0) {
        config.moe.normalised = reader.truth("norm_topk_prob", true);
        if (reader.has("topk_method") && reader.text("topk_method") != "noaux_tc") {
            reader.fail("topk_method is " + inQuotes(reader.text("topk_method")), "This family chooses experts by \"noaux_tc\"");
        }
    }
    checkConfig(config, reader.where());
    return config;
}

}  // namespace loom
