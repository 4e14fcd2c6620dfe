// SPDX-License-Identifier: GPL-3.0-or-later
// Hugging Face folders: what opens, under which names, and what a wrong folder says.
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/safetensors.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"

namespace loom {
namespace {

namespace fs = std::filesystem;
using test::errorOf;
using test::readFile;
using test::TempFolder;
using test::TinyOptions;
using test::writeFile;
using test::writeTinyCheckpoint;
using testing::HasSubstr;

float valueAt(const TensorView& view, std::size_t index) {
    const std::byte* at = view.data.data() + index * static_cast<std::size_t>(bytesPerElement(view.dtype));
    if (view.dtype == DType::F64) {
        double value = 0;
        std::memcpy(&value, at, 8);
        return static_cast<float>(value);
    }
    std::uint32_t bits = 0;
    std::memcpy(&bits, at, static_cast<std::size_t>(bytesPerElement(view.dtype)));
    if (view.dtype == DType::BF16) bits <<= 16;
    float value = 0;
    std::memcpy(&value, &bits, 4);
    return value;
}

void expectWhole(const Checkpoint& checkpoint, const TinyOptions& o) {
    const ModelConfig wanted = test::tinyConfig(o);
    const ModelConfig& c = checkpoint.config;
    EXPECT_EQ(c.family, wanted.family);
    EXPECT_EQ(c.modelType, wanted.modelType);
    EXPECT_EQ(c.dModel, wanted.dModel);
    EXPECT_EQ(c.layers, wanted.layers);
    EXPECT_EQ(c.vocab, wanted.vocab);
    EXPECT_EQ(c.context, wanted.context);
    EXPECT_EQ(c.ffnWidth, wanted.ffnWidth);
    EXPECT_EQ(c.normEps, wanted.normEps);
    EXPECT_EQ(c.latentNormEps, 1e-6);
    EXPECT_EQ(c.mlpBias, wanted.mlpBias);
    EXPECT_EQ(c.tieEmbeddings, wanted.tieEmbeddings);
    EXPECT_EQ(c.bosToken, wanted.bosToken);
    EXPECT_EQ(c.eosTokens, wanted.eosTokens);
    EXPECT_EQ(c.storage, wanted.storage);
    EXPECT_EQ(c.attention.latent, wanted.attention.latent);
    EXPECT_EQ(c.attention.heads, wanted.attention.heads);
    EXPECT_EQ(c.attention.kvHeads, wanted.attention.kvHeads);
    EXPECT_EQ(c.attention.headDim, wanted.attention.headDim);
    EXPECT_EQ(c.attention.qLoraRank, wanted.attention.qLoraRank);
    EXPECT_EQ(c.attention.kvLoraRank, wanted.attention.kvLoraRank);
    EXPECT_EQ(c.attention.qkNopeHeadDim, wanted.attention.qkNopeHeadDim);
    EXPECT_EQ(c.attention.qkRopeHeadDim, wanted.attention.qkRopeHeadDim);
    EXPECT_EQ(c.attention.vHeadDim, wanted.attention.vHeadDim);
    EXPECT_EQ(c.attention.ropeLayout, wanted.attention.ropeLayout);
    EXPECT_EQ(c.attention.ropeTheta, wanted.attention.ropeTheta);
    EXPECT_EQ(c.attention.bias, wanted.attention.bias);
    const std::vector<TensorSpec> specs = expectedTensors(wanted);
    EXPECT_EQ(checkpoint.tensors.size(), specs.size());
    for (const TensorSpec& spec : specs) {
        const auto found = checkpoint.tensors.find(spec.name);
        ASSERT_NE(found, checkpoint.tensors.end()) << spec.name;
        EXPECT_EQ(found->second.shape, spec.shape);
        EXPECT_EQ(found->second.dtype, o.dtype);
        if (o.dtype == DType::F16) continue;
        const std::vector<float> values = test::tinyWeights(spec, o.seed);
        ASSERT_EQ(found->second.data.size(), values.size() * static_cast<std::size_t>(bytesPerElement(o.dtype)));
        for (std::size_t i = 0; i < values.size(); ++i) {
            ASSERT_NEAR(valueAt(found->second, i), values[i], o.dtype == DType::BF16 ? 0.01 : 0.0) << spec.name << " " << i;
        }
    }
}

TEST(CheckpointFolder, OpensEveryVariation) {
    std::vector<TinyOptions> variations;
    for (const Family family : {Family::Llama, Family::DeepseekV3}) {
        for (const DType type : {DType::F32, DType::BF16, DType::F16, DType::F64}) {
            TinyOptions o;
            o.family = family;
            o.dtype = type;
            variations.push_back(o);
        }
        for (int bits = 0; bits < 32; ++bits) {
            TinyOptions o;
            o.family = family;
            o.tied = (bits & 1) != 0;
            o.sharded = (bits & 2) != 0;
            o.prefix = (bits & 4) == 0;
            o.attentionBias = (bits & 8) != 0;
            o.mlpBias = family == Family::Llama && (bits & 16) != 0;
            o.headDim = family == Family::Llama && (bits & 16) != 0 ? 12 : 0;
            o.qLoraRank = (bits & 16) != 0 ? 12 : 0;
            o.layout = (bits & 8) != 0 ? RopeLayout::Half : RopeLayout::Interleaved;
            variations.push_back(o);
        }
    }
    for (const TinyOptions& o : variations) {
        const TempFolder folder;
        writeTinyCheckpoint(folder.path(), o);
        SCOPED_TRACE(readFile(folder / "config.json"));
        expectWhole(readCheckpoint(folder.path()), o);
    }
}

TEST(CheckpointFolder, OpensByEveryPathIntoIt) {
    const TempFolder folder;
    TinyOptions o;
    o.sharded = true;
    writeTinyCheckpoint(folder.path(), o);
    for (const char* name : {"", ".", "config.json", "model.safetensors.index.json", "model-00002-of-00002.safetensors"}) {
        SCOPED_TRACE(name);
        const Checkpoint checkpoint = readCheckpoint(folder / name);
        expectWhole(checkpoint, o);
        EXPECT_EQ(checkpoint.path, folder.path());
    }
    // "link/.." is where the link leads to, not where it stands.
    const TempFolder elsewhere;
    fs::create_directory(folder / "inner");
    fs::create_directory_symlink(folder / "inner", elsewhere / "link");
    EXPECT_EQ(readCheckpoint(elsewhere / "link/..").path, fs::canonical(folder.path()));
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    const Checkpoint relative = readCheckpoint("config.json");
    fs::current_path(before);
    EXPECT_TRUE(relative.path.is_absolute());
}

TEST(CheckpointFolder, OneOtherSafetensorsFileIsEnoughTwoNeedAChoice) {
    const TempFolder folder;
    writeTinyCheckpoint(folder.path());
    fs::rename(folder / "model.safetensors", folder / "story.safetensors");
    expectWhole(readCheckpoint(folder.path()), {});
    fs::copy(folder / "story.safetensors", folder / "second.safetensors");
    EXPECT_THAT(errorOf([&] { static_cast<void>(readCheckpoint(folder.path())); }).what, HasSubstr("2 .safetensors files"));
    expectWhole(readCheckpoint(folder / "second.safetensors"), {});
    writeFile(folder / "second.safetensors", "broken");
    EXPECT_THAT(errorOf([&] { static_cast<void>(readCheckpoint(folder / "second.safetensors")); }).where, HasSubstr("second.safetensors"));
}

TEST(CheckpointFolder, TensorsStayValidWithTheirStorage) {
    TensorView view;
    std::shared_ptr<const void> storage;
    const TempFolder folder;
    {
        writeTinyCheckpoint(folder.path());
        const Checkpoint checkpoint = readCheckpoint(folder.path());
        view = checkpoint.tensors.at("model.norm.weight");
        storage = checkpoint.storage;
    }
    fs::remove(folder / "model.safetensors");
    EXPECT_NEAR(valueAt(view, 0), 1.0, 0.25);
}

struct Defaults {
    const char* family;
    std::int64_t context;
    std::int64_t bos;
    std::vector<TokenId> eos;
};

/// A folder whose config.json holds nothing but what is required.
ModelConfig smallest(const std::string& family, const std::string& more = {}, const std::string& generation = {}) {
    const TempFolder folder;
    TinyOptions o;
    o.family = family == "llama" ? Family::Llama : Family::DeepseekV3;
    o.kvHeads = o.heads;
    o.layers = 1;
    o.qLoraRank = 1536;
    o.kvLoraRank = 512;
    o.qkNopeHeadDim = o.vHeadDim = 128;
    o.qkRopeHeadDim = 64;
    o.dtype = DType::BF16;
    writeTinyCheckpoint(folder.path(), o);
    writeFile(folder / "config.json",
              "{\"model_type\":\"" + family +
                  R"(","hidden_size":32,"num_hidden_layers":1,"num_attention_heads":4.0,"intermediate_size":48,"vocab_size":258)" + more +
                  "}");
    if (!generation.empty()) writeFile(folder / "generation_config.json", generation);
    return readCheckpoint(folder.path()).config;
}

TEST(CheckpointFolder, AbsentKeysMeanWhatTheFamilySays) {
    const ModelConfig llama = smallest("llama");
    EXPECT_EQ(llama.attention.kvHeads, 4);
    EXPECT_EQ(llama.attention.headDim, 8);
    EXPECT_EQ(llama.context, 2048);
    EXPECT_EQ(llama.normEps, 1e-6);
    EXPECT_EQ(llama.attention.ropeTheta, 10000.0);
    EXPECT_EQ(llama.attention.ropeLayout, RopeLayout::Half);
    EXPECT_FALSE(llama.tieEmbeddings);
    EXPECT_EQ(llama.bosToken, TokenId{1});
    EXPECT_EQ(llama.eosTokens, (std::vector<TokenId>{TokenId{2}}));
    EXPECT_EQ(llama.storage, DType::BF16);

    const ModelConfig v3 = smallest("deepseek_v3", R"(,"first_k_dense_replace":1,"head_dim":7,"num_key_value_heads":99)");
    EXPECT_EQ(v3.attention.qLoraRank, 1536);
    EXPECT_EQ(v3.attention.kvLoraRank, 512);
    EXPECT_EQ(v3.attention.qkNopeHeadDim, 128);
    EXPECT_EQ(v3.attention.qkRopeHeadDim, 64);
    EXPECT_EQ(v3.attention.vHeadDim, 128);
    EXPECT_EQ(v3.attention.headDim, 0);
    EXPECT_EQ(v3.attention.kvHeads, 4);
    EXPECT_EQ(v3.attention.ropeLayout, RopeLayout::Interleaved);
    EXPECT_EQ(v3.context, 4096);
    EXPECT_EQ(v3.bosToken, TokenId{0});
    EXPECT_EQ(v3.eosTokens, (std::vector<TokenId>{TokenId{1}}));
    // Absent first_k_dense_replace is 3: one layer is dense.
    EXPECT_EQ(smallest("deepseek_v3").layers, 1);
}

TEST(CheckpointFolder, NullsRotaryKeysAndEndTokens) {
    const ModelConfig nulls =
        smallest("llama", R"(,"bos_token_id":null,"eos_token_id":null,"head_dim":null,"num_key_value_heads":null,"rope_scaling":null)");
    EXPECT_FALSE(nulls.bosToken.has_value());
    EXPECT_TRUE(nulls.eosTokens.empty());
    EXPECT_EQ(nulls.attention.headDim, 8);

    EXPECT_EQ(smallest("llama", R"(,"rope_theta":500000)").attention.ropeTheta, 500000.0);
    EXPECT_EQ(smallest("llama", R"(,"rope_theta":1,"rope_parameters":{"rope_theta":2e5,"rope_type":"default"})").attention.ropeTheta, 2e5);
    EXPECT_EQ(smallest("llama", R"(,"rope_theta":77,"rope_parameters":{"rope_type":"default"},"rope_scaling":{"type":"yarn"})")
                  .attention.ropeTheta,
              77);
    EXPECT_EQ(smallest("llama", R"(,"rope_scaling":{"rope_type":"default"},"partial_rotary_factor":1.0,"hidden_act":"silu")").dModel, 32);

    const std::vector<TokenId> two{TokenId{5}, TokenId{3}};
    EXPECT_EQ(smallest("llama", R"(,"eos_token_id":[5,3,5])").eosTokens, two);
    EXPECT_EQ(smallest("llama", R"(,"eos_token_id":1)", R"({"eos_token_id":[5,3]})").eosTokens, two);
    EXPECT_EQ(smallest("llama", R"(,"eos_token_id":[5,3])", R"({"eos_token_id":null})").eosTokens, two);
    EXPECT_EQ(smallest("llama", R"(,"eos_token_id":[5,3])", R"({})").eosTokens, two);
    const ModelConfig outside = smallest("llama", R"(,"eos_token_id":[-1,258,5,3],"bos_token_id":258)");
    EXPECT_EQ(outside.eosTokens, two);
    EXPECT_FALSE(outside.bosToken.has_value());
    EXPECT_THAT(errorOf([] { static_cast<void>(smallest("llama", "", "[]")); }).where, HasSubstr("generation_config.json"));
}

/// A tiny folder whose tensors `change` may add to, take away or spoil.
template <class Change>
Checkpoint reopened(const TinyOptions& o, Change&& change) {
    const TempFolder folder;
    writeTinyCheckpoint(folder.path(), o);
    const SafetensorsFile file = readSafetensors(folder / "model.safetensors");
    std::map<std::string, TensorToWrite> tensors;
    for (const auto& [name, view] : file.tensors) tensors[name] = {name, view.dtype, view.shape, view.data};
    change(tensors);
    std::vector<TensorToWrite> list;
    for (const auto& [name, tensor] : tensors) list.push_back(tensor);
    writeSafetensors(folder / "model.safetensors", list);
    return readCheckpoint(folder.path());
}

const std::vector<std::byte> kZeros(1 << 20);

TensorToWrite zeros(const std::string& name, std::vector<std::int64_t> shape, DType type = DType::F32) {
    std::size_t bytes = static_cast<std::size_t>(bytesPerElement(type));
    for (const std::int64_t size : shape) bytes *= static_cast<std::size_t>(size);
    return {name, type, std::move(shape), std::span(kZeros).first(bytes)};
}

using Tensors = std::map<std::string, TensorToWrite>;

TEST(CheckpointTensors, HarmlessStrangersAreTolerated) {
    TinyOptions o;
    o.tied = true;
    const Checkpoint checkpoint = reopened(o, [](Tensors& tensors) {
        for (const char* name :
             {"model.layers.0.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq", "vision.tower", "lm_head.weight"}) {
            tensors[name] = zeros(name, {4});
        }
    });
    EXPECT_EQ(checkpoint.tensors.size(), expectedTensors(checkpoint.config).size());
    EXPECT_EQ(checkpoint.tensors.count("lm_head.weight"), 0U);
    o.family = Family::DeepseekV3;
    const Checkpoint v3 = reopened(o, [](Tensors& tensors) {
        for (const char* name : {"model.layers.2.eh_proj.weight", "model.layers.2.mlp.experts.0.up_proj.weight"})
            tensors[name] = zeros(name, {4});
    });
    EXPECT_EQ(v3.tensors.size(), expectedTensors(v3.config).size());
}

TEST(CheckpointTensors, StrangersThatWouldChangeTheResultAreErrors) {
    TinyOptions v3;
    v3.family = Family::DeepseekV3;
    const std::vector<std::pair<const char*, TinyOptions>> strangers{{"model.layers.0.self_attn.q_proj.bias", {}},
                                                                     {"model.layers.1.self_attn.o_proj.bias", v3},
                                                                     {"model.layers.0.mlp.up_proj.bias", {}},
                                                                     {"model.layers.0.self_attn.q_norm.weight", {}},
                                                                     {"model.layers.0.mlp.experts.3.up_proj.weight", v3},
                                                                     {"model.layers.0.mlp.gate.weight", v3},
                                                                     {"model.layers.0.self_attn.q_a_proj.weight", v3},
                                                                     {"model.layers.2.input_layernorm.weight", {}},
                                                                     {"model.norm.bias", {}},
                                                                     {"lm_head.bias", {}},
                                                                     {"layers.0.mlp.up_proj.bias", {}}};
    for (const auto& [name, options] : strangers) {
        SCOPED_TRACE(name);
        const Error error = errorOf([&, stranger = std::string(name)] {
            static_cast<void>(reopened(options, [&](Tensors& tensors) { tensors[stranger] = zeros(stranger, {4}); }));
        });
        EXPECT_THAT(error.where, HasSubstr(name));
    }
}

TEST(CheckpointTensors, MissingWrongOrDoubleOnesAreErrors) {
    const std::string up = "model.layers.1.mlp.up_proj.weight";
    const auto message = [](const TinyOptions& o, auto change) {
        return errorOf([&] { static_cast<void>(reopened(o, change)); }).message();
    };
    EXPECT_THAT(message({}, [&](Tensors& t) { t.erase(up); }), HasSubstr("\"" + up + "\" of shape [48, 32] is missing"));
    EXPECT_THAT(message({},
                        [&](Tensors& t) {
                            t[up] = zeros(up, {32, 48});
                        }),
                HasSubstr("has the shape [32, 48] but the configuration needs [48, 32]"));
    EXPECT_THAT(message({}, [&](Tensors& t) { t[up] = zeros(up, {48 * 32}); }), HasSubstr("has the shape [1536]"));
    EXPECT_THAT(message({}, [&](Tensors& t) { t[up] = zeros(up, {48, 32}, DType::I8); }), HasSubstr("cannot be stored as i8"));
    EXPECT_THAT(message({}, [&](Tensors& t) { t["norm.weight"] = zeros("norm.weight", {32}); }), HasSubstr("there twice"));
    EXPECT_THAT(message({}, [&](Tensors& t) { t.erase("lm_head.weight"); }), HasSubstr("\"tie_word_embeddings\": true"));
    EXPECT_THAT(message({}, [&](Tensors& t) { t.clear(); }), HasSubstr("hold only 0 tensors"));
    const Checkpoint mixed = reopened({}, [&](Tensors& t) { t["model.norm.weight"] = zeros("model.norm.weight", {32}, DType::BF16); });
    EXPECT_EQ(mixed.config.storage, DType::F32);
    EXPECT_EQ(mixed.tensors.at("model.norm.weight").dtype, DType::BF16);
}

TEST(CheckpointShards, ABadIndexIsAnError) {
    const TempFolder folder;
    TinyOptions o;
    o.sharded = true;
    writeTinyCheckpoint(folder.path(), o);
    const fs::path index = folder / "model.safetensors.index.json";
    const std::string good = readFile(index);
    const auto message = [&](const std::string& text) {
        writeFile(index, text);
        return errorOf([&] { static_cast<void>(readCheckpoint(folder.path())); }).message();
    };
    const auto replaced = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
        return text;
    };
    const std::string second = "model-00002-of-00002.safetensors";
    EXPECT_THAT(message(replaced(second, "../" + second)), HasSubstr("no plain file name"));
    EXPECT_THAT(message(replaced(second, "..")), HasSubstr("no plain file name"));
    EXPECT_THAT(message(replaced(second, "/etc/passwd")), HasSubstr("no plain file name"));
    EXPECT_THAT(message(replaced(second, R"(..\\secret)")), HasSubstr("no plain file name"));
    EXPECT_THAT(message(replaced(second, "")), HasSubstr("no plain file name"));
    EXPECT_THAT(message(replaced(second, "config.json")), HasSubstr("config.json"));
    EXPECT_THAT(message(replaced(second, "other.safetensors")), HasSubstr("A shard is missing: \"other.safetensors\""));
    EXPECT_THAT(message(replaced("\"lm_head.weight\": \"" + second, "\"lm_head.weight\": \"model-00001-of-00002.safetensors")),
                HasSubstr("names a tensor that its shard does not hold"));
    EXPECT_THAT(message(replaced("\"model.norm.weight\": \"" + second + "\",", "")),
                HasSubstr("\"model.norm.weight\" of shape [32] is missing"));
    EXPECT_THAT(message("[]"), HasSubstr("JSON object"));
    EXPECT_THAT(message("{}"), HasSubstr("weight_map is missing"));
    EXPECT_THAT(message(R"({"weight_map":[]})"), HasSubstr("weight_map must be an object"));
    EXPECT_THAT(message(R"({"weight_map":{}})"), HasSubstr("weight_map is empty"));
    EXPECT_THAT(message(R"({"weight_map":{"a":1}})"), HasSubstr("to a file name"));
    writeFile(index, "{" + good.substr(good.find("\"weight_map\"")));  // no metadata
    expectWhole(readCheckpoint(folder.path()), o);
    fs::remove(folder / second);
    EXPECT_THAT(errorOf([&] { static_cast<void>(readCheckpoint(folder.path())); }).what, HasSubstr(second));
}

TEST(CheckpointPaths, EachWrongPlaceSaysWhatToDo) {
    const TempFolder folder;
    const auto message = [](const fs::path& path) { return errorOf([&] { static_cast<void>(readCheckpoint(path)); }).message(); };
    EXPECT_THAT(message(""), HasSubstr("No checkpoint was named"));
    EXPECT_THAT(message(folder / "none"), HasSubstr("no such file or folder"));
    EXPECT_THAT(message(folder / "none.safetensors"), HasSubstr("no such file or folder"));
    EXPECT_THAT(message(folder.path()), HasSubstr("The folder is empty"));
    writeFile(folder / "pytorch_model.bin", "PK");
    EXPECT_THAT(message(folder.path()), HasSubstr("open beside the config.json"));
    writeFile(folder / "config.json", test::tinyConfigJson({}));
    EXPECT_THAT(message(folder.path()), HasSubstr("too short for a zip archive"));
    fs::remove(folder / "pytorch_model.bin");
    EXPECT_THAT(message(folder.path()), HasSubstr("holds no weights"));
    fs::remove(folder / "config.json");
    writeFile(folder / "model.safetensors", "x");
    EXPECT_THAT(message(folder.path()), HasSubstr("need the config.json"));
    fs::create_directory(folder / "config.json");
    EXPECT_THAT(message(folder.path()), HasSubstr("This is a folder, not a file"));
    EXPECT_THAT(message(folder / "bad\xFF"
                                 "name"),
                HasSubstr("bad\xEF\xBF\xBDname"));
}

}  // namespace
}  // namespace loom
