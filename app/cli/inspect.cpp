// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli inspect: what a checkpoint is and what its attention keeps.
#include <iostream>
#include <map>
#include <memory>
#include <sstream>

#include "app/cli/command.h"

namespace loom::cli {
namespace {

std::string formId(const AttentionConfig& a) {
    if (a.latent == Latent::Joint) return "mla-deepseek";
    if (a.latent == Latent::PerHead) return "mla-paper";
    if (a.latent == Latent::SplitShared) return "mla-shared";
    return a.kvHeads == a.heads ? "mha" : a.kvHeads == 1 ? "mqa" : "gqa";
}

nlohmann::ordered_json describePositions(const ModelConfig& c) {
    const AttentionConfig& a = c.attention;
    nlohmann::ordered_json json{{"kind", name(c.positions)}};
    if (c.positions != Positions::Rotary) return json;
    json["theta"] = a.ropeTheta;
    json["layout"] = name(a.ropeLayout);
    json["rotary_dim"] = a.rotaryWidth();
    if (a.rotaryStart > 0) json["rotary_start"] = a.rotaryStart;
    if (const RopeScaling& s = a.ropeScaling; s.kind != RopeScalingKind::None) {
        json["scaling"] = {{"type", name(s.kind)}, {"factor", s.factor}, {"original_context", s.originalContext}};
    }
    return json;
}

/// What a network has beyond the usual, each only where it is there.
void addSpecialities(nlohmann::ordered_json& json, const ModelConfig& c) {
    const AttentionConfig& a = c.attention;
    if (c.parallelResidual) json["parallel_residual"] = true;
    if (!a.scaled) json["attention_scaled"] = false;
    if (a.scaledByLayer) json["attention_scaled_by_layer"] = true;
    if (!a.windows.empty()) json["attention_windows"] = a.windows;
    if (c.expertLayers() == 0) return;
    const MoeConfig& moe = c.moe;
    json["experts"] = {{"routed", moe.experts},
                       {"per_token", moe.perToken},
                       {"shared", moe.shared},
                       {"width", moe.width},
                       {"layers", c.expertLayers()},
                       {"groups", moe.groups},
                       {"groups_per_token", moe.topGroups},
                       {"scoring", name(moe.scoring)}};
    json["parameters_active"] = countParameters(c).active;
}

nlohmann::ordered_json describe(const ModelConfig& c) {
    const AttentionConfig& a = c.attention;
    const ParameterCount count = countParameters(c);
    const CacheSpec f32 = cacheSpec(c, MlaPath::Absorbed, DType::F32);
    const CacheSpec bf16 = cacheSpec(c, MlaPath::Absorbed, DType::BF16);
    nlohmann::ordered_json json{{"family", name(c.family)},   {"form", formId(a)},
                                {"parameters", count.total},  {"parameters_non_embedding", count.nonEmbedding},
                                {"layers", c.layers},         {"d_model", c.dModel},
                                {"heads", a.heads},           {"kv_heads", a.kvHeads},
                                {"vocab", c.vocab},           {"context", c.context},
                                {"ffn_width", c.ffnWidth},    {"norm", name(c.norm)},
                                {"mlp", name(c.mlp)},         {"positions", describePositions(c)},
                                {"storage", name(c.storage)}, {"tied_head", c.tieEmbeddings}};
    if (a.latent == Latent::Joint) {
        json["kv_lora_rank"] = a.kvLoraRank;
        json["q_lora_rank"] = a.qLoraRank > 0 ? nlohmann::ordered_json(a.qLoraRank) : nlohmann::ordered_json(nullptr);
        json["qk_nope_head_dim"] = a.qkNopeHeadDim;
        json["qk_rope_head_dim"] = a.qkRopeHeadDim;
        json["v_head_dim"] = a.vHeadDim;
    } else {
        json["head_dim"] = a.headDim;
        if (a.latent != Latent::None) {
            json["k_rank"] = a.kRank;
            json["v_rank"] = a.vRank;
        }
    }
    addSpecialities(json, c);
    json["cache"] = {{"form", name(f32.form)},
                     {"elements_per_token", f32.elementsPerToken()},
                     {"bytes_per_token", {{"f32", f32.bytesPerToken()}, {"bf16", bf16.bytesPerToken()}}}};
    if (a.latent == Latent::Joint) {
        const CacheSpec naive = cacheSpec(c, MlaPath::Naive, DType::F32);
        json["cache_naive"] = {{"form", name(naive.form)}, {"elements_per_token", naive.elementsPerToken()}};
    }
    return json;
}

std::string positionsText(const ModelConfig& c) {
    const AttentionConfig& a = c.attention;
    std::ostringstream text;
    text << name(c.positions);
    if (c.positions != Positions::Rotary) return text.str();
    if (a.latent != Latent::Joint && a.rotaryWidth() < a.headDim) text << " on " << a.rotaryWidth() << " of " << a.headDim << " elements";
    if (const RopeScaling& s = a.ropeScaling; s.kind != RopeScalingKind::None) {
        text << ", " << name(s.kind) << " scaling by " << s.factor << " from " << s.originalContext << " positions";
    }
    return text.str();
}

/// ", unscaled, a window of 256 in 2 layers"
std::string attentionExtras(const AttentionConfig& a) {
    std::string text;
    if (!a.scaled) text += ", scores unscaled";
    if (a.scaledByLayer) text += ", scores divided by the layer's number";
    std::map<std::int64_t, int> windows;
    for (const std::int64_t window : a.windows) {
        if (window > 0) ++windows[window];
    }
    for (const auto& [window, layers] : windows)
        text += ", a window of " + std::to_string(window) + " in " + std::to_string(layers) + " layers";
    return text;
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
    if (a.latent == Latent::SplitShared) std::cout << ", latents " << a.kRank << " + " << a.vRank << " for all heads";
    std::cout << attentionExtras(a) << "\npositions   " << positionsText(c) << "\nparameters  " << count.total << " (" << count.nonEmbedding
              << " without embeddings";
    if (c.expertLayers() > 0) std::cout << ", " << count.active << " used by a token";
    std::cout << ")\nshape       " << c.layers << " layers, width " << c.dModel << ", feed-forward " << c.ffnWidth << " (" << name(c.mlp)
              << (c.parallelResidual ? ", beside the attention" : "") << ")\n";
    if (const MoeConfig& moe = c.moe; c.expertLayers() > 0) {
        std::cout << "experts     " << moe.experts << " of width " << moe.width << " in " << c.expertLayers() << " layers, " << moe.perToken
                  << " used by a token, " << moe.shared << " shared\n";
    }
    std::cout << "vocabulary  " << c.vocab << " tokens\n"
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
