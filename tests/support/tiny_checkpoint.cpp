// SPDX-License-Identifier: GPL-3.0-or-later
// Tiny checkpoints for tests.
#include "tests/support/tiny_checkpoint.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <deque>
#include <limits>
#include <span>
#include <string_view>

#include "core/engine/checkpoint/safetensors.h"
#include "tests/support/temp_folder.h"

namespace loom::test {
namespace {

/// SplitMix64: the next of a fixed sequence of 64-bit numbers.
std::uint64_t nextRandom(std::uint64_t& state) {
    state += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

std::uint16_t toBf16(float value) {  // round to nearest, ties to even; no NaNs here
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

std::uint16_t toF16(float value) {  // for |value| < 65504
    const std::uint32_t sign = std::bit_cast<std::uint32_t>(value) >> 16 & 0x8000U;
    const double magnitude = std::abs(static_cast<double>(value));
    if (magnitude < std::ldexp(1.0, -14))
        return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(std::nearbyint(std::ldexp(magnitude, 24))));
    const int exponent = std::ilogb(magnitude);
    const auto mantissa = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));  // 1024 … 2048
    return static_cast<std::uint16_t>(sign | ((static_cast<std::uint32_t>(exponent + 15) << 10) + mantissa - 1024U));
}

template <class T>
void append(std::vector<std::byte>& out, T value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    out.insert(out.end(), bytes, bytes + sizeof(T));
}

std::vector<std::byte> stored(const std::vector<float>& values, DType dtype) {
    std::vector<std::byte> out;
    for (const float value : values) {
        switch (dtype) {
            case DType::F64: append(out, static_cast<double>(value)); break;
            case DType::BF16: append(out, toBf16(value)); break;
            case DType::F16: append(out, toF16(value)); break;
            default: append(out, value); break;
        }
    }
    return out;
}

std::string number(std::int64_t value) { return std::to_string(value); }
std::string truth(bool value) { return value ? "true" : "false"; }

std::string utf8(unsigned code) {
    if (code < 0x80) return {static_cast<char>(code)};
    return {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
}

struct Shard {
    std::string file;
    std::vector<TensorToWrite> tensors;
};

}  // namespace

ModelConfig tinyConfig(const TinyOptions& o) {
    ModelConfig c;
    c.family = o.family;
    c.modelType = name(o.family);
    c.dModel = o.dModel;
    c.layers = o.layers;
    c.vocab = o.vocab;
    c.context = o.context;
    c.ffnWidth = o.ffnWidth;
    c.normEps = 1e-5;
    c.tieEmbeddings = o.tied;
    c.bosToken = TokenId{0};
    c.eosTokens = {TokenId{0}};
    c.storage = o.dtype;
    AttentionConfig& a = c.attention;
    a.heads = o.heads;
    a.bias = o.attentionBias;
    if (o.family == Family::DeepseekV3) {
        a.latent = Latent::Joint;
        a.kvHeads = o.heads;
        a.qLoraRank = o.qLoraRank;
        a.kvLoraRank = o.kvLoraRank;
        a.qkNopeHeadDim = o.qkNopeHeadDim;
        a.qkRopeHeadDim = o.qkRopeHeadDim;
        a.vHeadDim = o.vHeadDim;
        a.ropeLayout = o.layout;
    } else {
        a.kvHeads = o.kvHeads;
        a.headDim = o.headDim > 0 ? o.headDim : o.dModel / o.heads;
        c.mlpBias = o.mlpBias;
    }
    return c;
}

std::string tinyConfigJson(const TinyOptions& o) {
    const bool deepseek = o.family == Family::DeepseekV3;
    std::string text = "{\n  \"model_type\": \"" + std::string(name(o.family)) + "\"";
    const auto key = [&](std::string_view name, const std::string& value) { text += ",\n  \"" + std::string(name) + "\": " + value; };
    key("architectures", deepseek ? "[\"DeepseekV3ForCausalLM\"]" : "[\"LlamaForCausalLM\"]");
    key("vocab_size", number(o.vocab));
    key("hidden_size", number(o.dModel));
    key("num_hidden_layers", number(o.layers));
    key("num_attention_heads", number(o.heads));
    key("num_key_value_heads", number(deepseek ? o.heads : o.kvHeads));
    key("intermediate_size", number(o.ffnWidth));
    key("max_position_embeddings", number(o.context));
    key("rms_norm_eps", "1e-05");
    key("rope_theta", "10000.0");
    key("tie_word_embeddings", truth(o.tied));
    key("attention_bias", truth(o.attentionBias));
    key("bos_token_id", "0");
    key("eos_token_id", "0");
    key("pad_token_id", "1");
    if (deepseek) {
        key("q_lora_rank", o.qLoraRank > 0 ? number(o.qLoraRank) : "null");
        key("kv_lora_rank", number(o.kvLoraRank));
        key("qk_nope_head_dim", number(o.qkNopeHeadDim));
        key("qk_rope_head_dim", number(o.qkRopeHeadDim));
        key("v_head_dim", number(o.vHeadDim));
        key("first_k_dense_replace", number(o.layers));
        key("rope_interleave", truth(o.layout == RopeLayout::Interleaved));
    } else {
        if (o.headDim > 0) key("head_dim", number(o.headDim));
        key("mlp_bias", truth(o.mlpBias));
    }
    return text + "\n}\n";
}

std::vector<float> tinyWeights(const TensorSpec& spec, std::uint64_t seed) {
    std::uint64_t state = seed;
    for (const char c : spec.name) state = state * 1099511628211U + static_cast<unsigned char>(c);
    std::int64_t count = 1;
    for (const std::int64_t size : spec.shape) count *= size;
    const bool norm = spec.name.find("norm") != std::string::npos;
    const bool embedding = spec.name.find("embed_tokens") != std::string::npos;
    // Uniform with a width that keeps activations near 1; norms lie around 1.
    const double width = norm || spec.shape.size() < 2 ? 0.25 : embedding ? 1.0 : std::sqrt(3.0 / static_cast<double>(spec.shape[1]));
    std::vector<float> values;
    values.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        const double uniform = static_cast<double>(nextRandom(state) >> 11) * std::ldexp(1.0, -53);  // [0, 1)
        values.push_back(static_cast<float>((norm ? 1.0 : 0.0) + width * (2.0 * uniform - 1.0)));
    }
    return values;
}

void writeTinyCheckpoint(const std::filesystem::path& folder, const TinyOptions& options) {
    const std::vector<TensorSpec> specs = expectedTensors(tinyConfig(options));
    std::vector<Shard> shards(options.sharded ? 2 : 1);
    shards[0].file = options.sharded ? "model-00001-of-00002.safetensors" : "model.safetensors";
    if (options.sharded) shards[1].file = "model-00002-of-00002.safetensors";

    std::deque<std::vector<std::byte>> bytes;
    std::string map;
    std::size_t total = 0;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        Shard& shard = shards[i * shards.size() / specs.size()];
        std::string name = specs[i].name;
        if (!options.prefix && name.rfind("model.", 0) == 0) name.erase(0, 6);
        bytes.push_back(stored(tinyWeights(specs[i], options.seed), options.dtype));
        total += bytes.back().size();
        shard.tensors.push_back({name, options.dtype, specs[i].shape, bytes.back()});
        map += (i > 0 ? ",\n    \"" : "\n    \"") + name + "\": \"" + shard.file + "\"";
    }
    for (const Shard& shard : shards) writeSafetensors(folder / shard.file, shard.tensors);
    if (options.sharded) {
        writeFile(folder / "model.safetensors.index.json",
                  "{\n  \"metadata\": {\"total_size\": " + std::to_string(total) + "},\n  \"weight_map\": {" + map + "\n  }\n}\n");
    }
    writeFile(folder / "config.json", tinyConfigJson(options));
    if (options.tokenizer && options.vocab == kTinyVocab) writeFile(folder / "tokenizer.json", tinyTokenizerJson());
}

std::string tinyTokenizerJson() {
    const auto added = [](int id, const std::string& content) {
        return "{\"id\":" + std::to_string(id) + ",\"content\":\"" + content +
               "\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true}";
    };
    std::string vocab = "\"<|endoftext|>\":0,\"<|pad|>\":1";
    int id = 2;
    const auto entry = [&](unsigned code) {
        const std::string character = code == '"' || code == '\\' ? "\\" + utf8(code) : utf8(code);
        vocab += ",\"" + character + "\":" + std::to_string(id++);
    };
    // GPT-2's alphabet: the printable bytes stand for themselves, in order; the others follow as characters from U+0100.
    const auto printable = [](unsigned byte) { return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174; };
    for (unsigned byte = 0; byte < 256; ++byte) {
        if (printable(byte)) entry(byte);
    }
    unsigned other = 256;
    for (unsigned byte = 0; byte < 256; ++byte) {
        if (!printable(byte)) entry(other++);
    }
    return "{\"version\":\"1.0\",\"added_tokens\":[" + added(0, "<|endoftext|>") + "," + added(1, "<|pad|>") +
           "],\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true},"
           "\"decoder\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true},"
           "\"model\":{\"type\":\"BPE\",\"vocab\":{" +
           vocab + "},\"merges\":[]}}\n";
}

void writeTinyLlama2C(const std::filesystem::path& file, const TinyOptions& o) {
    std::vector<std::byte> out;
    for (const std::int64_t value : {o.dModel, o.ffnWidth, o.layers, o.heads, o.kvHeads, o.tied ? o.vocab : -o.vocab, o.context}) {
        append(out, static_cast<std::int32_t>(value));
    }
    TinyOptions plain = o;
    plain.family = Family::Llama;
    plain.headDim = 0;
    plain.attentionBias = plain.mlpBias = false;
    const std::vector<TensorSpec> specs = expectedTensors(tinyConfig(plain));
    const auto write = [&](std::string_view ending, bool perLayer) {
        for (const TensorSpec& spec : specs) {
            const bool inLayer = spec.name.rfind("model.layers.", 0) == 0;
            if (inLayer != perLayer || !std::string_view(spec.name).ends_with(ending)) continue;
            const std::vector<std::byte> bytes = stored(tinyWeights(spec, o.seed), DType::F32);
            out.insert(out.end(), bytes.begin(), bytes.end());
        }
    };
    write("model.embed_tokens.weight", false);
    for (const char* ending : {".input_layernorm.weight", ".q_proj.weight", ".k_proj.weight", ".v_proj.weight", ".o_proj.weight",
                               ".post_attention_layernorm.weight", ".gate_proj.weight", ".down_proj.weight", ".up_proj.weight"}) {
        write(ending, true);
    }
    write("model.norm.weight", false);
    const std::int64_t table = o.context * (o.dModel / o.heads);  // old rotary tables: two of context × d/2
    for (std::int64_t i = 0; i < table; ++i) append(out, 0.0F);
    write("lm_head.weight", false);
    writeFile(file, {reinterpret_cast<const char*>(out.data()), out.size()});
}

}  // namespace loom::test
