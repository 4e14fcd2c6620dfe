// SPDX-License-Identifier: GPL-3.0-or-later
// llama2.c's .bin files, version 0. A negative vocabulary means a separate head behind the old rotary tables.
#include "core/engine/checkpoint/llama2c.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/data/error.h"

namespace loom {
namespace {

constexpr std::size_t kFields = 7;
constexpr std::size_t kHeaderBytes = kFields * 4;

/// dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len
std::array<std::int64_t, kFields> fieldsOf(std::span<const std::byte> bytes) {
    std::array<std::int64_t, kFields> fields{};
    for (std::size_t i = 0; i < kFields; ++i) {
        std::uint32_t value = 0;
        for (std::size_t k = 4; k-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(bytes[4 * i + k]);
        fields[i] = static_cast<std::int32_t>(value);
    }
    return fields;
}

ModelConfig configOf(const std::array<std::int64_t, kFields>& fields, const std::string& where) {
    const auto [dim, hidden, layers, heads, kvHeads, vocab, context] = fields;
    ModelConfig config;
    config.family = Family::Llama2C;
    config.modelType = name(Family::Llama2C);
    config.dModel = dim;
    config.ffnWidth = hidden;
    config.layers = layers;
    config.vocab = vocab < 0 ? -vocab : vocab;
    config.tieEmbeddings = vocab > 0;
    config.context = context;
    config.normEps = 1e-5;
    config.attention.heads = heads;
    config.attention.kvHeads = kvHeads;
    config.attention.ropeLayout = RopeLayout::Interleaved;
    config.attention.ropeTheta = 10000.0;
    if (heads > 0 && dim % heads != 0) {
        throw Error{"dim (" + std::to_string(dim) + ") is no multiple of n_heads (" + std::to_string(heads) + ")", where,
                    "The file is damaged; get it again"};
    }
    config.attention.headDim = heads > 0 ? dim / heads : 0;  // else checkConfig names the field
    checkConfig(config, where);
    config.bosToken = TokenId{1};
    for (const std::int64_t id : {1, 2}) config.eosTokens.emplace_back(id);
    return config;
}

/// Hands out the file's floats front to back.
class Cursor {
public:
    explicit Cursor(std::span<const std::byte> bytes) : m_bytes(bytes) {}
    TensorView take(std::vector<std::int64_t> shape) {
        std::size_t bytes = 4;
        for (const std::int64_t size : shape) bytes *= static_cast<std::size_t>(size);
        TensorView view{DType::F32, std::move(shape), m_bytes.first(bytes)};
        m_bytes = m_bytes.subspan(bytes);
        return view;
    }
    void skip(std::int64_t floats) { m_bytes = m_bytes.subspan(static_cast<std::size_t>(floats) * 4); }

private:
    std::span<const std::byte> m_bytes;
};

}  // namespace

bool looksLikeLlama2C(std::span<const std::byte> bytes) {
    if (bytes.size() < kHeaderBytes) return false;
    // Text and random bytes read as numbers in the hundreds of millions. One wild field is damage, several are another format.
    constexpr std::int64_t kPlausible = std::int64_t{1} << 24;
    int plausible = 0;
    for (const std::int64_t field : fieldsOf(bytes)) {
        if (field != 0 && field >= -kPlausible && field <= kPlausible) ++plausible;
    }
    return plausible >= 5;
}

Checkpoint readLlama2C(std::shared_ptr<const MappedFile> file) {
    const std::string where = pathText(file->path());
    const std::span<const std::byte> bytes = file->bytes();
    Checkpoint checkpoint;
    checkpoint.path = file->path();
    checkpoint.config = configOf(fieldsOf(bytes), where);
    const ModelConfig& config = checkpoint.config;
    const AttentionConfig& a = config.attention;
    const std::int64_t L = config.layers;
    const std::int64_t D = config.dModel;
    const std::int64_t rotary = config.context * a.headDim;  // two tables of context × d/2

    // Within checkConfig's bounds nothing here overflows.
    const std::int64_t wanted = static_cast<std::int64_t>(kHeaderBytes) + 4 * (countParameters(config).total + rotary);
    if (wanted != static_cast<std::int64_t>(bytes.size())) {
        const bool cutOff = static_cast<std::int64_t>(bytes.size()) < wanted;
        throw Error{std::string(cutOff ? "The file is too short" : "The file is too long") + ": its header asks for " +
                        std::to_string(wanted) + " bytes but it has " + std::to_string(bytes.size()),
                    where, cutOff ? "Download or copy it again" : "Only version 0 files of llama2.c are read; check how it was exported"};
    }

    Cursor cursor(bytes.subspan(kHeaderBytes));
    const auto perLayer = [&](const char* name, const std::vector<std::int64_t>& shape) {
        for (std::int64_t layer = 0; layer < L; ++layer) {
            checkpoint.tensors.emplace("model.layers." + std::to_string(layer) + "." + name + ".weight", cursor.take(shape));
        }
    };
    checkpoint.tensors.emplace("model.embed_tokens.weight", cursor.take({config.vocab, D}));
    perLayer("input_layernorm", {D});
    perLayer("self_attn.q_proj", {a.heads * a.headDim, D});
    perLayer("self_attn.k_proj", {a.kvHeads * a.headDim, D});
    perLayer("self_attn.v_proj", {a.kvHeads * a.headDim, D});
    perLayer("self_attn.o_proj", {D, a.heads * a.headDim});
    perLayer("post_attention_layernorm", {D});
    perLayer("mlp.gate_proj", {config.ffnWidth, D});
    perLayer("mlp.down_proj", {D, config.ffnWidth});
    perLayer("mlp.up_proj", {config.ffnWidth, D});
    checkpoint.tensors.emplace("model.norm.weight", cursor.take({D}));
    cursor.skip(rotary);
    if (!config.tieEmbeddings) checkpoint.tensors.emplace("lm_head.weight", cursor.take({config.vocab, D}));
    checkpoint.storage = std::move(file);
    return checkpoint;
}

}  // namespace loom
