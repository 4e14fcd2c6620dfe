// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli inspect: what a checkpoint is and what its attention keeps.
#include <iostream>
#include <memory>

#include "app/cli/command.h"

namespace loom::cli {
namespace {

std::string formId(const AttentionConfig& a) {
    if (a.latent == Latent::Joint) return "mla-deepseek";
    if (a.latent == Latent::PerHead) return "mla-paper";
    return a.kvHeads == a.heads ? "mha" : a.kvHeads == 1 ? "mqa" : "gqa";
}

nlohmann::ordered_json describe(const ModelConfig& c) {
    const AttentionConfig& a = c.attention;
    const ParameterCount count = countParameters(c);
    const CacheSpec f32 = cacheSpec(c, MlaPath::Absorbed, DType::F32);
    const CacheSpec bf16 = cacheSpec(c, MlaPath::Absorbed, DType::BF16);
    nlohmann::ordered_json json{{"family", name(c.family)},
                                {"form", formId(a)},
                                {"parameters", count.total},
                                {"parameters_non_embedding", count.nonEmbedding},
                                {"layers", c.layers},
                                {"d_model", c.dModel},
                                {"heads", a.heads},
                                {"kv_heads", a.kvHeads},
                                {"vocab", c.vocab},
                                {"context", c.context},
                                {"ffn_width", c.ffnWidth},
                                {"storage", name(c.storage)},
                                {"tied_head", c.tieEmbeddings}};
    if (a.latent == Latent::Joint) {
        json["kv_lora_rank"] = a.kvLoraRank;
        json["q_lora_rank"] = a.qLoraRank > 0 ? nlohmann::ordered_json(a.qLoraRank) : nlohmann::ordered_json(nullptr);
        json["qk_nope_head_dim"] = a.qkNopeHeadDim;
        json["qk_rope_head_dim"] = a.qkRopeHeadDim;
        json["v_head_dim"] = a.vHeadDim;
    } else {
        json["head_dim"] = a.headDim;
        if (a.latent == Latent::PerHead) {
            json["k_rank"] = a.kRank;
            json["v_rank"] = a.vRank;
        }
    }
    json["cache"] = {{"form", name(f32.form)},
                     {"elements_per_token", f32.elementsPerToken()},
                     {"bytes_per_token", {{"f32", f32.bytesPerToken()}, {"bf16", bf16.bytesPerToken()}}}};
    if (a.latent == Latent::Joint) {
        const CacheSpec naive = cacheSpec(c, MlaPath::Naive, DType::F32);
        json["cache_naive"] = {{"form", name(naive.form)}, {"elements_per_token", naive.elementsPerToken()}};
    }
    return json;
}

void printText(const ModelConfig& c) {
    const ParameterCount count = countParameters(c);
    const AttentionConfig& a = c.attention;
    const CacheSpec f32 = cacheSpec(c, MlaPath::Absorbed, DType::F32);
    const CacheSpec other = otherFormSpec(c, DType::F32);
    std::cout << "family      " << name(c.family) << '\n' << "attention   " << attentionFormName(a) << ", " << a.heads << " heads";
    if (a.latent == Latent::None && a.kvHeads != a.heads) std::cout << ", " << a.kvHeads << " key/value heads";
    if (a.latent == Latent::Joint) std::cout << ", latent " << a.kvLoraRank << " + rotary key " << a.qkRopeHeadDim;
    if (a.latent == Latent::PerHead) std::cout << ", latents " << a.kRank << " + " << a.vRank << " per head";
    if (c.positions != Positions::Rotary) std::cout << ", positions " << name(c.positions);
    std::cout << "\nparameters  " << count.total << " (" << count.nonEmbedding << " without embeddings)\n"
              << "shape       " << c.layers << " layers, width " << c.dModel << ", feed-forward " << c.ffnWidth << '\n'
              << "vocabulary  " << c.vocab << " tokens\n"
              << "context     " << c.context << " positions\n"
              << "storage     " << name(c.storage) << '\n'
              << "cache       " << f32.equation() << " = " << f32.bytesPerToken() << " B/token in f32, "
              << cacheSpec(c, MlaPath::Absorbed, DType::BF16).bytesPerToken() << " B/token in bf16\n"
              << "other form  " << other.equation() << " = " << other.bytesPerToken() << " B/token (formula, not a trained model)\n";
}

}  // namespace

Registration addInspect(CLI::App& program, Context& context) {
    const auto model = std::make_shared<std::string>();
    CLI::App* command = program.add_subcommand("inspect", "Say what a checkpoint is: family, attention form, sizes, bytes kept per token.");
    addModelOption(*command, *model);
    addCommonOptions(*command, context, false);
    return {command, [model](const Context& c) {
                const auto engine = Engine::create({});
                const auto opened = openModel(*engine, *model, {}, false);
                if (c.json)
                    Context::print(describe(opened->config()));
                else
                    printText(opened->config());
                return static_cast<int>(kOk);
            }};
}

}  // namespace loom::cli
