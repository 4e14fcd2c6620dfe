// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of each family call their sizes, for messages.
#pragma once

#include "core/data/model_config.h"

namespace loom {

struct ConfigKeys {
    const char* dModel = "hidden_size";
    const char* layers = "num_hidden_layers";
    const char* heads = "num_attention_heads";
    const char* kvHeads = "num_key_value_heads";
    const char* ffn = "intermediate_size";
    const char* vocab = "vocab_size";
    const char* context = "max_position_embeddings";
    const char* normEps = "rms_norm_eps";
};

[[nodiscard]] inline ConfigKeys configKeys(Family family) {
    switch (family) {
        case Family::Llama2C: return {"dim", "n_layers", "n_heads", "n_kv_heads", "hidden_dim", "vocab_size", "seq_len", "the norms' eps"};
        case Family::Gpt2: return {"n_embd", "n_layer", "n_head", "n_head", "n_inner", "vocab_size", "n_positions", "layer_norm_epsilon"};
        case Family::NanoGpt: return {"n_embd", "n_layer", "n_head", "n_head", "n_embd", "vocab_size", "block_size", "the norms' eps"};
        case Family::Gguf:
            return {"embedding_length",    "block_count",           "attention.head_count", "attention.head_count_kv",
                    "feed_forward_length", "the vocabulary's size", "context_length",       "attention.layer_norm_rms_epsilon"};
        case Family::GptNeo: {
            ConfigKeys keys;
            keys.layers = "num_layers";
            keys.heads = keys.kvHeads = "num_heads";
            keys.normEps = "layer_norm_epsilon";
            return keys;
        }
        case Family::GptNeoX: {
            ConfigKeys keys;
            keys.normEps = "layer_norm_eps";
            return keys;
        }
        case Family::LatentLoom: {
            ConfigKeys keys;
            keys.normEps = "norm_eps";
            return keys;
        }
        case Family::Llama:
        case Family::DeepseekV2:
        case Family::DeepseekV3: return {};
    }
    return {};
}

}  // namespace loom
