// SPDX-License-Identifier: GPL-3.0-or-later
// llama2.c files: the order of their tensors, their exact size, and the real stories260K.
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/engine/checkpoint/checkpoint.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"

namespace loom {
namespace {

using test::errorOf;
using test::readFile;
using test::TempFolder;
using test::TinyOptions;
using test::writeFile;
using testing::HasSubstr;

void setField(std::string& bytes, std::size_t field, std::int32_t value) { std::memcpy(bytes.data() + 4 * field, &value, 4); }

TEST(Llama2C, ReadsEveryTensorWithAndWithoutItsOwnHead) {
    for (const bool tied : {true, false}) {
        const TempFolder folder;
        TinyOptions o;
        o.tied = tied;
        o.layers = 3;
        test::writeTinyLlama2C(folder / "m.bin", o);
        const Checkpoint checkpoint = readCheckpoint(folder / "m.bin");
        const ModelConfig& c = checkpoint.config;
        EXPECT_EQ(checkpoint.path, folder / "m.bin");
        EXPECT_EQ(c.family, Family::Llama2C);
        EXPECT_EQ(c.modelType, "llama2.c");
        EXPECT_EQ(c.vocab, o.vocab);
        EXPECT_EQ(c.tieEmbeddings, tied);
        EXPECT_EQ(c.normEps, 1e-5);
        EXPECT_EQ(c.attention.ropeTheta, 1e4);
        EXPECT_EQ(c.attention.ropeLayout, RopeLayout::Interleaved);
        EXPECT_EQ(c.attention.latent, Latent::None);
        EXPECT_EQ(c.bosToken, TokenId{1});
        EXPECT_EQ(c.eosTokens, (std::vector<TokenId>{TokenId{1}, TokenId{2}}));
        EXPECT_EQ(c.storage, DType::F32);
        const std::vector<TensorSpec> specs = expectedTensors(c);
        EXPECT_EQ(checkpoint.tensors.size(), specs.size());
        for (const TensorSpec& spec : specs) {
            ASSERT_EQ(checkpoint.tensors.count(spec.name), 1U) << spec.name;
            const TensorView& view = checkpoint.tensors.at(spec.name);
            EXPECT_EQ(view.shape, spec.shape);
            const std::vector<float> values = test::tinyWeights(spec, o.seed);
            ASSERT_EQ(view.data.size(), values.size() * sizeof(float));
            EXPECT_EQ(std::memcmp(view.data.data(), values.data(), view.data.size()), 0) << spec.name;
        }
    }
}

TEST(Llama2C, TheSizeMustBeExact) {
    const TempFolder folder;
    test::writeTinyLlama2C(folder / "m.bin", {});
    const std::string whole = readFile(folder / "m.bin");
    const auto message = [&](const std::string& bytes) {
        writeFile(folder / "m.bin", bytes);
        return errorOf([&] { static_cast<void>(readCheckpoint(folder / "m.bin")); }).message();
    };
    EXPECT_THAT(message(whole + "x"), HasSubstr("too long: its header asks for " + std::to_string(whole.size()) + " bytes but it has " +
                                                std::to_string(whole.size() + 1)));
    EXPECT_THAT(message(whole.substr(0, whole.size() - 1)), HasSubstr("too short: its header asks for " + std::to_string(whole.size()) +
                                                                      " bytes but it has " + std::to_string(whole.size() - 1)));
    for (std::size_t length = 28; length < whole.size(); length += 997)
        EXPECT_THAT(message(whole.substr(0, length)), HasSubstr("too short"));
    for (std::size_t length = 1; length < 28; ++length)
        EXPECT_THAT(message(whole.substr(0, length)), HasSubstr("no checkpoint that I know"));
    EXPECT_THAT(message(""), HasSubstr("empty"));
}

TEST(Llama2C, ABadHeaderNamesItsField) {
    const TempFolder folder;
    test::writeTinyLlama2C(folder / "m.bin", {});
    const std::string whole = readFile(folder / "m.bin");
    const auto message = [&](std::size_t field, std::int32_t value) {
        std::string bytes = whole;
        setField(bytes, field, value);
        writeFile(folder / "m.bin", bytes);
        return errorOf([&] { static_cast<void>(readCheckpoint(folder / "m.bin")); }).message();
    };
    EXPECT_THAT(message(0, 0), HasSubstr("dim is 0"));
    EXPECT_THAT(message(0, 33), HasSubstr("dim (33) is no multiple of n_heads (4)"));
    EXPECT_THAT(message(0, 20), HasSubstr("head_dim is 5; rotary"));
    EXPECT_THAT(message(1, -5), HasSubstr("hidden_dim is -5"));
    EXPECT_THAT(message(2, 1'000'000'000), HasSubstr("n_layers is 1000000000"));
    EXPECT_THAT(message(3, 0), HasSubstr("n_heads is 0"));
    EXPECT_THAT(message(4, 3), HasSubstr("n_kv_heads is 3"));
    EXPECT_THAT(message(5, 0), HasSubstr("vocab_size is 0"));
    EXPECT_THAT(message(5, INT32_MIN), HasSubstr("vocab_size is 2147483648"));
    EXPECT_THAT(message(6, -1), HasSubstr("seq_len is -1"));
    EXPECT_THAT(message(2, 9999), HasSubstr("too short"));
}

TEST(Llama2C, OtherFilesAreNamedOrListed) {
    const TempFolder folder;
    const auto message = [&](const std::string& bytes) {
        writeFile(folder / "f.bin", bytes);
        return errorOf([&] { static_cast<void>(readCheckpoint(folder / "f.bin")); }).message();
    };
    EXPECT_THAT(message("Once upon a time there was a little girl who liked plain text.\n"), HasSubstr("Hugging Face folder"));
    std::string noise;
    std::uint32_t state = 7;
    for (int i = 0; i < 4096; ++i) noise += static_cast<char>((state = state * 1664525U + 1013904223U) >> 24);
    EXPECT_THAT(message(noise), HasSubstr("no checkpoint that I know"));
    EXPECT_THAT(message(std::string(4096, '\0')), HasSubstr("no checkpoint that I know"));
    EXPECT_THAT(message("x"), HasSubstr("no checkpoint that I know"));
    EXPECT_THAT(message("PK\x03\x04" + noise), HasSubstr("no directory at its end"));
    EXPECT_THAT(message("GGUF" + noise), HasSubstr("GGUF"));
    EXPECT_THAT(message("24ka" + std::string("\x01\0\0\0", 4) + noise), HasSubstr("version 0"));
}

class RealStories : public testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(m_folder)) GTEST_SKIP() << "no ../shared/data/llama2c-stories260K beside the source";
    }
    std::filesystem::path m_folder = std::filesystem::path(LOOM_SOURCE_DIR) / "../shared/data/llama2c-stories260K";
};

TEST_F(RealStories, OpenWithTheirKnownSizes) {
    ASSERT_EQ(std::filesystem::file_size(m_folder / "stories260K.bin"), 1'056'540U);
    const Checkpoint checkpoint = readCheckpoint(m_folder / "stories260K.bin");
    const ModelConfig& c = checkpoint.config;
    EXPECT_EQ(c.dModel, 64);
    EXPECT_EQ(c.ffnWidth, 172);
    EXPECT_EQ(c.layers, 5);
    EXPECT_EQ(c.attention.heads, 8);
    EXPECT_EQ(c.attention.kvHeads, 4);
    EXPECT_EQ(c.attention.headDim, 8);
    EXPECT_EQ(c.vocab, 512);
    EXPECT_EQ(c.context, 512);
    EXPECT_TRUE(c.tieEmbeddings);
    EXPECT_EQ(countParameters(c).total, 260'032);
    EXPECT_EQ(checkpoint.tensors.size(), expectedTensors(c).size());
    // Trained norms lie around one; a wrong order of tensors would not.
    for (const std::string name : {"model.norm.weight", "model.layers.4.post_attention_layernorm.weight"}) {
        const TensorView& norm = checkpoint.tensors.at(name);
        float sum = 0;
        for (std::size_t i = 0; i < 64; ++i) {
            float value = 0;
            std::memcpy(&value, norm.data.data() + 4 * i, 4);
            EXPECT_GT(value, 0.0F) << name;
            sum += value;
        }
        EXPECT_GT(sum / 64, 0.5F) << name;
    }
}

TEST_F(RealStories, TheirTokenizerIsNoCheckpoint) {
    EXPECT_THAT(errorOf([&] { static_cast<void>(readCheckpoint(m_folder / "tok512.bin")); }).what, HasSubstr("no checkpoint that I know"));
    EXPECT_THAT(errorOf([&] { static_cast<void>(readCheckpoint(m_folder)); }).hint, HasSubstr("choose its .bin file"));
}

}  // namespace
}  // namespace loom
