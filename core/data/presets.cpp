// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/presets.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace loom {
namespace {

constexpr const char* kPaper = "arXiv 2506.09342";
constexpr const char* kPaperSizes = "arXiv 2506.09342; layers and width inferred from its parameter counts";
constexpr const char* kShared = "the form of arXiv 2508.01261 at the size of ";
constexpr const char* kForm = "the form alone, at the size of the paper's nine layers";

struct Shape {
    std::int64_t layers, width, heads, ffn, vocab, context;
};

ModelConfig shaped(Family family, const Shape& s) {
    ModelConfig c;
    c.family = family;
    c.modelType = name(family);
    c.layers = s.layers;
    c.dModel = s.width;
    c.ffnWidth = s.ffn;
    c.vocab = s.vocab;
    c.context = s.context;
    c.storage = DType::BF16;
    c.attention.heads = c.attention.kvHeads = s.heads;
    c.attention.headDim = s.width / s.heads;
    return c;
}

ModelConfig llama(const Shape& s, std::int64_t kvHeads, double theta, bool tied) {
    ModelConfig c = shaped(Family::Llama, s);
    c.attention.kvHeads = kvHeads;
    c.attention.ropeTheta = theta;
    c.tieEmbeddings = tied;
    return c;
}

/// GPT-style blocks: LayerNorm, gelu of width 4D, biases outside attention, tied head.
ModelConfig gpt(std::int64_t layers, std::int64_t width, std::int64_t heads, std::int64_t vocab, std::int64_t context,
                Positions positions) {
    ModelConfig c = shaped(Family::LatentLoom, {layers, width, heads, 4 * width, vocab, context});
    c.positions = positions;
    c.norm = NormKind::Layer;
    c.mlp = MlpKind::Gelu;
    c.mlpBias = true;
    c.tieEmbeddings = true;
    return c;
}

struct Ranks {
    std::int64_t query, latent, content, rotary, value;  // q_lora_rank, r, dN, dR, dV
};

ModelConfig joint(ModelConfig c, const Ranks& ranks) {
    AttentionConfig& a = c.attention;
    a.latent = Latent::Joint;
    a.kvHeads = a.heads;
    a.headDim = 0;
    a.qLoraRank = ranks.query;
    a.kvLoraRank = ranks.latent;
    a.qkNopeHeadDim = ranks.content;
    a.qkRopeHeadDim = ranks.rotary;
    a.vHeadDim = ranks.value;
    a.ropeLayout = RopeLayout::Interleaved;
    return c;
}

ModelConfig perHead(ModelConfig c, std::int64_t divisor) {
    AttentionConfig& a = c.attention;
    a.latent = Latent::PerHead;
    a.kRank = a.vRank = a.headDim / divisor;
    return c;
}

/// Latents shared by all heads; the second half of each head is rotated after its key is rebuilt.
ModelConfig splitShared(ModelConfig c, std::int64_t divisor) {
    AttentionConfig& a = c.attention;
    a.latent = Latent::SplitShared;
    a.kRank = a.vRank = c.dModel / divisor;
    if (c.positions == Positions::Rotary) a.rotaryDim = a.rotaryStart = a.headDim / 2;
    return c;
}

ModelConfig nine(Positions positions = Positions::Rotary) { return gpt(9, 512, 8, 50'257, 512, positions); }

template <class Change>
ModelConfig changed(ModelConfig config, Change change) {
    change(config.attention);
    return config;
}

void addForms(std::vector<Preset>& list) {
    const ModelConfig deepseek = joint(nine(), {0, 256, 64, 32, 64});
    const auto add = [&list](const char* name, const char* description, ModelConfig config) {
        list.push_back({name, description, kForm, std::move(config)});
    };
    add("mha", "Multi-head attention, rotary positions", nine());
    add("mha-learned", "Multi-head attention, learned positions", nine(Positions::Learned));
    add("mha-norope", "Multi-head attention without positions", nine(Positions::None));
    add("mha-interleaved", "Multi-head attention, rotary positions on pairs (2i, 2i+1)",
        changed(nine(), [](AttentionConfig& a) { a.ropeLayout = RopeLayout::Interleaved; }));
    add("gqa", "Grouped-query attention: 8 heads read 2 key/value heads", changed(nine(), [](AttentionConfig& a) { a.kvHeads = 2; }));
    add("mqa", "Multi-query attention: 8 heads read 1 key/value head", changed(nine(), [](AttentionConfig& a) { a.kvHeads = 1; }));
    add("mla-paper", "A latent per head, H·r = D/2, rotary positions after the key is rebuilt", perHead(nine(), 2));
    add("mla-paper-learned", "A latent per head, H·r = D/2, learned positions", perHead(nine(Positions::Learned), 2));
    add("mla-paper-norope", "A latent per head, H·r = D/2, without positions", perHead(nine(Positions::None), 2));
    add("mla-shared", "One key latent and one value latent of D/4 for all heads, half of each head rotated after it is rebuilt",
        splitShared(nine(), 4));
    add("mla-shared-norope", "One key latent and one value latent of D/4 for all heads, without positions",
        splitShared(nine(Positions::None), 4));
    add("mla-deepseek", "A joint latent of 256 and a rotary key of 32, content width 64", deepseek);
    add("mla-deepseek-narrow", "A joint latent of 256 and a rotary key of 32, content width 32: queries as wide as in MHA",
        joint(nine(), {0, 256, 32, 32, 64}));
    add("mla-deepseek-query-rank", "A joint latent of 256 and a rotary key of 32, queries from a latent of 384",
        joint(nine(), {384, 256, 64, 32, 64}));
    add("mla-deepseek-half", "A joint latent of 256 and a rotary key of 32, rotated in half layout",
        changed(deepseek, [](AttentionConfig& a) { a.ropeLayout = RopeLayout::Half; }));
}

/// MB per token that the paper's table prints for its nine layers. The formula gives 0.0184, 0.0092 and 0.0046.
void addReported(std::vector<Preset>& list) {
    for (Preset& preset : list) {
        if (preset.name == "paper-9l-mha") preset.reportedMegabytes = 0.0288;
        if (preset.name == "paper-9l-mla-r2") preset.reportedMegabytes = 0.0159;
        if (preset.name == "paper-9l-mla-r4") preset.reportedMegabytes = 0.0080;
    }
}

/// The paper's three forms at one of its sizes; "-norope": without positions.
void addPaper(std::vector<Preset>& list, std::int64_t layers, std::int64_t width, std::int64_t heads, const char* source) {
    const std::string prefix = "paper-" + std::to_string(layers) + "l-";
    const std::string size = "the paper's " + std::to_string(layers) + " layers of width " + std::to_string(width) + ": ";
    for (const bool rotary : {true, false}) {
        const ModelConfig base = gpt(layers, width, heads, 50'257, 512, rotary ? Positions::Rotary : Positions::None);
        const std::string suffix = rotary ? "" : "-norope";
        const std::string positions = rotary ? ", rotary positions" : ", no positions";
        list.push_back({prefix + "mha" + suffix, size + "multi-head attention" + positions, source, base});
        for (const std::int64_t divisor : {1, 2, 4, 8}) {
            const std::string part = divisor == 1 ? "d" : "d/" + std::to_string(divisor);
            list.push_back({prefix + "mla-r" + std::to_string(divisor) + suffix, size + "a latent per head, r = " + part + positions,
                            source, perHead(base, divisor)});
        }
        for (const std::int64_t divisor : {2, 4, 8}) {
            list.push_back({prefix + "mla-shared-r" + std::to_string(divisor) + suffix,
                            size + "latents shared by all heads, r = D/" + std::to_string(divisor) + positions,
                            std::string(kShared) + source, splitShared(base, divisor)});
        }
    }
}

ModelConfig deepseek(Family family, const Shape& shape, const Ranks& ranks, const MoeConfig& experts, double mscale) {
    ModelConfig c = joint(shaped(family, shape), ranks);
    c.normEps = 1e-6;
    c.moe = experts;
    RopeScaling& s = c.attention.ropeScaling;
    s.kind = RopeScalingKind::Yarn;
    s.factor = 40.0;
    s.originalContext = 4096;
    s.mscale = s.mscaleAllDim = mscale;
    return c;
}

void addDeepseek(std::vector<Preset>& list) {
    constexpr std::int64_t kContext = 163'840;
    const MoeConfig lite{64, 1, 6, 1408, 2, 1, 1, 1.0, false, ExpertScoring::Softmax};
    const MoeConfig v2{160, 1, 6, 1536, 2, 8, 3, 16.0, false, ExpertScoring::Softmax};
    const MoeConfig v3{256, 3, 8, 2048, 1, 8, 4, 2.5, true, ExpertScoring::Sigmoid};
    list.push_back({"deepseek-v2-lite", "DeepSeek-V2-Lite: joint latent, 64 routed experts",
                    "arXiv 2405.04434, appendix B, and its config.json",
                    deepseek(Family::DeepseekV2, {27, 2048, 16, 10'944, 102'400, kContext}, {0, 512, 128, 64, 128}, lite, 0.707)});
    list.push_back({"deepseek-v2", "DeepSeek-V2: joint latent, 160 routed experts", "arXiv 2405.04434, section 3.1.2, and its config.json",
                    deepseek(Family::DeepseekV2, {60, 5120, 128, 12'288, 102'400, kContext}, {1536, 512, 128, 64, 128}, v2, 0.707)});
    list.push_back({"deepseek-v3", "DeepSeek-V3: joint latent, 256 routed experts", "arXiv 2412.19437, section 4.2, and its config.json",
                    deepseek(Family::DeepseekV3, {61, 7168, 128, 18'432, 129'280, kContext}, {1536, 512, 128, 64, 128}, v3, 1.0)});
}

void addGpt2(std::vector<Preset>& list) {
    const auto add = [&list](const char* preset, const char* description, std::int64_t layers, std::int64_t width, std::int64_t heads) {
        ModelConfig c = gpt(layers, width, heads, 50'257, 1024, Positions::Learned);
        c.family = Family::Gpt2;
        c.modelType = name(c.family);
        c.mlp = MlpKind::GeluTanh;
        c.attention.bias = true;
        list.push_back({preset, description, "Radford et al. 2019, table 2, and its config.json", std::move(c)});
    };
    add("gpt2", "GPT-2, 124 million parameters", 12, 768, 12);
    add("gpt2-medium", "GPT-2 medium, 355 million parameters", 24, 1024, 16);
    add("gpt2-large", "GPT-2 large, 774 million parameters", 36, 1280, 20);
    add("gpt2-xl", "GPT-2 XL, 1.6 billion parameters", 48, 1600, 25);
}

/// GPT-Neo: unscaled scores, a bias on the output only; every other layer looks back 256 positions, its cache keeps all.
void addTinyStories(std::vector<Preset>& list) {
    const auto add = [&list](const char* preset, const char* description, std::int64_t layers, std::int64_t width) {
        ModelConfig c = gpt(layers, width, 16, 50'257, 2048, Positions::Learned);
        c.family = Family::GptNeo;
        c.modelType = name(c.family);
        c.mlp = MlpKind::GeluTanh;
        c.attention.outputBias = true;
        c.attention.scaled = false;
        for (std::int64_t layer = 0; layer < layers; ++layer) c.attention.windows.push_back(layer % 2 == 0 ? 0 : 256);
        list.push_back({preset, description, "arXiv 2305.07759 and its config.json", std::move(c)});
    };
    add("tinystories-1m", "TinyStories-1M, GPT-Neo of 8 layers of width 64", 8, 64);
    add("tinystories-3m", "TinyStories-3M, GPT-Neo of 8 layers of width 128", 8, 128);
    add("tinystories-8m", "TinyStories-8M, GPT-Neo of 8 layers of width 256", 8, 256);
    add("tinystories-28m", "TinyStories-28M, GPT-Neo of 8 layers of width 512", 8, 512);
    add("tinystories-33m", "TinyStories-33M, GPT-Neo of 4 layers of width 768", 4, 768);
}

void addLlama(std::vector<Preset>& list) {
    list.push_back({"llama2-7b", "Llama 2 7B: multi-head attention", "arXiv 2307.09288 and its config.json",
                    llama({32, 4096, 32, 11'008, 32'000, 4096}, 32, 1e4, false)});
    list.push_back({"llama3-8b", "Llama 3 8B: grouped-query attention, 8 key/value heads", "arXiv 2407.21783, table 3, and its config.json",
                    llama({32, 4096, 32, 14'336, 128'256, 8192}, 8, 5e5, false)});
}

void addOwn(std::vector<Preset>& list) {
    list.push_back({"demo-mha", "The shipped pair: multi-head attention", "models/train/demo-mha.json",
                    llama({6, 256, 4, 688, 4096, 512}, 4, 1e4, true)});
    list.push_back({"demo-mla", "The shipped pair: joint latent of 96, rotary key of 32", "models/train/demo-mla.json",
                    joint(shaped(Family::DeepseekV3, {6, 256, 4, 704, 4096, 512}), {0, 96, 64, 32, 64})});
    list.back().config.tieEmbeddings = true;
    list.push_back({"s15", "Llama of 15 million parameters that writes TinyStories", "the tinyllamas checkpoint stories15M",
                    llama({6, 288, 6, 768, 32'000, 256}, 6, 1e4, true)});
    list.push_back({"p50", "The paper's nine layers with learned positions: what speed is measured on", kPaper, nine(Positions::Learned)});
    list.push_back({"p200", "The paper's twelve layers with learned positions: what speed is measured on", kPaperSizes,
                    gpt(12, 1024, 16, 50'257, 512, Positions::Learned)});
}

std::vector<Preset> makePresets() {
    std::vector<Preset> list;
    addForms(list);
    addPaper(list, 6, 256, 8, kPaperSizes);
    addPaper(list, 9, 512, 8, kPaper);
    addPaper(list, 12, 1024, 16, kPaperSizes);
    addReported(list);
    addDeepseek(list);
    addGpt2(list);
    addLlama(list);
    addTinyStories(list);
    addOwn(list);
    return list;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

}  // namespace

const std::vector<Preset>& presets() {
    static const std::vector<Preset> list = makePresets();
    return list;
}

const Preset& presetNamed(std::string_view name) {
    const std::string wanted = lower(name);
    std::string near;
    for (const Preset& preset : presets()) {
        if (preset.name == wanted) return preset;
        if (preset.name.substr(0, 3) == wanted.substr(0, 3)) near.append(near.empty() ? "" : ", ").append(preset.name);
    }
    throw Error{
        "There is no preset '" + std::string(name.substr(0, 60)) + "'", {}, near.empty() ? "--list shows all" : "Known are: " + near};
}

}  // namespace loom
