// SPDX-License-Identifier: GPL-3.0-or-later
// What GPT-2's implementation calls its tensors, and nanoGPT after it.
#pragma once

#include <array>

#include "core/engine/checkpoint/tensor_names.h"

namespace loom {

inline constexpr std::array<NameRule, 4> kGpt2Names{
    {{"wte", "model.embed_tokens"}, {"wpe", "model.embed_positions"}, {"ln_f", "model.norm"}, {"lm_head", "lm_head"}}};
inline constexpr std::array<NameRule, 6> kGpt2LayerNames{{{"ln_1", "input_layernorm"},
                                                          {"attn.c_attn", "self_attn.qkv_proj"},
                                                          {"attn.c_proj", "self_attn.o_proj"},
                                                          {"ln_2", "post_attention_layernorm"},
                                                          {"mlp.c_fc", "mlp.up_proj"},
                                                          {"mlp.c_proj", "mlp.down_proj"}}};

}  // namespace loom
