// SPDX-License-Identifier: GPL-3.0-or-later
// DeepSeek-V2: joint latent attention (arXiv 2405.04434, section 2.1) and experts chosen by softmax, from the best groups (section 2.2).
#include <string>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/families.h"
#include "core/engine/checkpoint/json_text.h"

namespace loom {

ModelConfig readDeepseekV2Config(const ConfigReader& reader) {
    ModelConfig config = readCommonConfig(reader, Family::DeepseekV2, {2048, 1, 2});
    config.attention.ropeLayout = RopeLayout::Interleaved;  // always: this family has no key for it
    config.mlpBias = reader.truth("mlp_bias", false);
    readJointLatent(reader, config);
    readExperts(reader, config, ExpertScoring::Softmax, {64, 0, 1407, 2, 1, 1, 1.0, 0});
    MoeConfig& moe = config.moe;
    if (moe.experts > 0) {
        const std::string method = reader.text("topk_method", "greedy");
        if (method == "greedy") {
            moe.groups = moe.topGroups = 1;
        } else if (method != "group_limited_greedy") {
            reader.fail("topk_method is " + inQuotes(method), "Supported are greedy and group_limited_greedy");
        }
        if (reader.has("norm_topk_prob") && reader.truth("norm_topk_prob", false)) {
            reader.fail("norm_topk_prob must be false in this family",
                        "Published checkpoints do not normalise, and transformers ignores the key");
        }
    }
    checkConfig(config, reader.where());
    return config;
}

}  // namespace loom
