// SPDX-License-Identifier: GPL-3.0-or-later
// GGUF: what the golden files say, blocks of Q8_0, both tokenizers, and files that must be refused.
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/gguf_file.h"
#include "core/engine/checkpoint/tensor_layout.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/tokenizer/tokenizer.h"
#include "tests/support/checkpoint_files.h"
#include "tests/support/expect_error.h"

namespace loom {
namespace {

using test::errorOf;
using test::goldenModel;
using test::readFile;
using test::TempFolder;
using test::writeFile;
using testing::ElementsAre;
using testing::HasSubstr;

std::filesystem::path golden(const std::string& name) { return goldenModel("gguf-" + name) / "model.gguf"; }

TEST(Gguf, LlamaIsReadFromItsMetadata) {
    const Checkpoint checkpoint = readCheckpoint(golden("llama-f32"));
    const ModelConfig& c = checkpoint.config;
    EXPECT_EQ(c.family, Family::Gguf);
    EXPECT_EQ(c.modelType, "llama");
    EXPECT_EQ(c.attention.kvHeads, 2);
    EXPECT_EQ(c.attention.headDim, 10);
    EXPECT_EQ(c.attention.ropeTheta, 500.0);
    EXPECT_EQ(c.attention.ropeLayout, RopeLayout::Interleaved) << "converters reorder the rows";
    EXPECT_TRUE(c.attention.bias && c.mlpBias);
    EXPECT_FALSE(c.tieEmbeddings);
    EXPECT_FLOAT_EQ(static_cast<float>(c.normEps), 1e-3F);
    EXPECT_EQ(c.storage, DType::F32);
    EXPECT_EQ(readCheckpoint(goldenModel("gguf-llama-f32")).config, c) << "its folder opens too";
    EXPECT_EQ(readCheckpoint(golden("llama-q8")).config.storage, DType::Q8_0);
    EXPECT_TRUE(readCheckpoint(golden("llama-q8")).config.tieEmbeddings);
}

TEST(Gguf, RotaryScalingsAreKnownByTheirKeysAndFactors) {
    const RopeScaling linear = readCheckpoint(golden("llama-f16-linear")).config.attention.ropeScaling;
    EXPECT_EQ(linear.kind, RopeScalingKind::Linear);
    EXPECT_EQ(linear.factor, 3.0);
    const RopeScaling llama3 = readCheckpoint(golden("llama-bf16-llama3")).config.attention.ropeScaling;
    EXPECT_EQ(llama3.kind, RopeScalingKind::Llama3);
    EXPECT_EQ(llama3.factor, 8.0);
    EXPECT_EQ(llama3.originalContext, 8192);
    const RopeScaling yarn = readCheckpoint(golden("deepseek2-split")).config.attention.ropeScaling;
    EXPECT_EQ(yarn.kind, RopeScalingKind::Yarn);
    EXPECT_EQ(yarn.originalContext, 16);
    EXPECT_NEAR(yarn.mscaleAllDim, 0.707, 1e-6) << "written times 0.1";
    EXPECT_EQ(yarn.mscale, yarn.mscaleAllDim);
}

TEST(Gguf, DeepseekIsReadOldAndNew) {
    const ModelConfig split = readCheckpoint(golden("deepseek2-split")).config;
    const ModelConfig joined = readCheckpoint(golden("deepseek2-joined")).config;
    for (const ModelConfig* c : {&split, &joined}) {
        EXPECT_EQ(c->attention.latent, Latent::Joint);
        EXPECT_EQ(c->attention.kvLoraRank, 8);
        EXPECT_EQ(c->attention.qkNopeHeadDim, 6);
        EXPECT_EQ(c->attention.vHeadDim, 5);
        EXPECT_EQ(c->moe.experts, 8);
        EXPECT_EQ(c->moe.firstLayer, 1);
        EXPECT_EQ(c->moe.groups, 4);
        EXPECT_EQ(c->moe.topGroups, 2);
        EXPECT_NEAR(c->moe.scale, 1.7, 1e-6);
    }
    EXPECT_EQ(split.attention.qLoraRank, 7);
    EXPECT_EQ(split.moe.scoring, ExpertScoring::Softmax);
    EXPECT_EQ(joined.attention.qLoraRank, 0);
    EXPECT_EQ(joined.moe.scoring, ExpertScoring::Sigmoid);
    EXPECT_TRUE(joined.moe.normalised);
}

TEST(Gguf, ATensorInPartsReadsHeadByHead) {
    // Two heads; k is stored transposed: [H, r = 2, dN = 1], v as [H, dV = 1, r = 2].
    const std::vector<float> k{1, 2, 5, 6}, v{3, 4, 7, 8};
    TensorView both{DType::F32, {4, 2}, {}};
    both.parts = {{DType::F32, {2, 2}, std::as_bytes(std::span(k)), {{2, 2}, {1, 1}, {2, 1}}},
                  {DType::F32, {2, 2}, std::as_bytes(std::span(v)), {{2, 2}, {2, 1}}}};
    ASSERT_TRUE(layoutFits(both));
    std::vector<float> out(8);
    copyElements(both, std::as_writable_bytes(std::span(out)));
    EXPECT_THAT(out, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
    both.parts[1].shape = {2, 1};
    EXPECT_FALSE(layoutFits(both)) << "an element is missing";
}

TEST(Gguf, BlocksAreScaledAndMayLieTransposed) {
    std::string bytes(2 * kQ8BlockBytes, '\0');
    for (int block = 0; block < 2; ++block) {
        const std::uint16_t scale = block == 0 ? 0x3800 : 0xC000;  // 0.5, −2
        std::memcpy(bytes.data() + block * kQ8BlockBytes, &scale, 2);
        for (int i = 0; i < 32; ++i) bytes[static_cast<std::size_t>(block * kQ8BlockBytes + 2 + i)] = static_cast<char>(i - 16);
    }
    TensorView view{DType::Q8_0, {2, 32}, std::as_bytes(std::span(bytes))};
    std::vector<float> rows(64);
    copyElements(view, std::as_writable_bytes(std::span(rows)));
    view.shape = {32, 2};
    view.layout = {{32, 1}, {2, 32}};
    std::vector<float> columns(64);
    copyElements(view, std::as_writable_bytes(std::span(columns)));
    for (std::size_t i = 0; i < 32; ++i) {
        const float value = static_cast<float>(i) - 16.0F;
        EXPECT_EQ(rows[i], 0.5F * value);
        EXPECT_EQ(rows[32 + i], -2.0F * value);
        EXPECT_EQ(columns[2 * i], rows[i]);
        EXPECT_EQ(columns[2 * i + 1], rows[32 + i]);
    }
    view.data = view.data.first(kQ8BlockBytes);
    EXPECT_FALSE(layoutFits(view));
}

TEST(Gguf, SavedAsAFolderItIsPlain) {
    const TempFolder folder;
    EXPECT_EQ(saveCheckpoint(readCheckpoint(golden("llama-q8")), folder / "llama"), Family::Llama);
    const Checkpoint llama = readCheckpoint(folder / "llama");
    EXPECT_EQ(llama.config.attention.ropeLayout, RopeLayout::Half);
    EXPECT_EQ(llama.config.storage, DType::F32);
    EXPECT_EQ(saveCheckpoint(readCheckpoint(golden("deepseek2-split")), folder / "deepseek"), Family::DeepseekV2);
    const Checkpoint from = readCheckpoint(golden("deepseek2-split"));
    const Checkpoint to = readCheckpoint(folder / "deepseek");
    for (const auto& [name, view] : from.tensors) {
        std::vector<std::byte> expected(
            static_cast<std::size_t>(view.shape[0] * (view.shape.size() > 1 ? view.shape[1] : 1) * bytesPerElement(view.dtype)));
        copyElements(view, expected);
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), to.tensors.at(name).data.begin(), to.tensors.at(name).data.end())) << name;
    }
}

TEST(GgufTokenizer, ByteLevelWithItsMerges) {
    const auto tokenizer = openTokenizer(golden("llama-q8"), 300);
    EXPECT_EQ(tokenizer->kind(), "byte-level BPE");
    const TokenIds ids = tokenizer->encode("he the<user>\xC3\xA9<|endoftext|>");
    EXPECT_EQ(tokenizer->decode(ids), "he the<user>\xC3\xA9");
    ASSERT_EQ(ids.size(), 6U);
    EXPECT_EQ(ids[0], TokenId{258});
    EXPECT_EQ(ids[1], TokenId{259});
    EXPECT_EQ(ids[2], TokenId{260});
    EXPECT_EQ(ids[5], TokenId{0});
    EXPECT_EQ(tokenizer->endTokens(), std::vector{TokenId{0}});
    EXPECT_TRUE(tokenizer->beginning().empty());
}

TEST(GgufTokenizer, PiecesWithScores) {
    const auto tokenizer = openTokenizer(golden("llama-sentencepiece"), 300);
    EXPECT_EQ(tokenizer->kind(), "SentencePiece");
    EXPECT_THAT(tokenizer->encode("the ab\xC3\xA9"), ElementsAre(TokenId{270}, TokenId{267}, TokenId{3 + 0xC3}, TokenId{3 + 0xA9}));
    EXPECT_EQ(tokenizer->decode(tokenizer->encode("the ab\xC3\xA9")), "the ab\xC3\xA9");
    EXPECT_THAT(tokenizer->beginning(), ElementsAre(TokenId{1}));
    EXPECT_EQ(tokenizer->endTokens(), std::vector{TokenId{2}});
}

TEST(GgufTokenizer, AFileWithoutOneLooksBesideIt) {
    EXPECT_THAT(errorOf([] { (void)openTokenizer(golden("llama-f32"), 64); }).what, HasSubstr("No tokenizer was found"));
}

// Files written by hand.

class Writer {
public:
    template <class T>
    Writer& number(T value) {
        m_bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
        return *this;
    }
    Writer& raw(const std::string& text) {
        m_bytes += text;
        return *this;
    }
    Writer& text(const std::string& text) { return number<std::uint64_t>(text.size()).raw(text); }
    Writer& header(std::uint64_t tensors, std::uint64_t keys, std::uint32_t version = 3) {
        return raw("GGUF").number(version).number(tensors).number(keys);
    }
    Writer& key(const std::string& name, std::uint32_t type) { return text(name).number(type); }
    Writer& entry(const std::string& name, const std::vector<std::uint64_t>& shape, std::uint32_t type, std::uint64_t place) {
        text(name).number(static_cast<std::uint32_t>(shape.size()));
        for (const std::uint64_t extent : shape) number(extent);
        return number(type).number(place);
    }
    /// The data section, of that many bytes.
    Writer& data(std::size_t size) {
        m_bytes.resize((m_bytes.size() + 31) / 32 * 32 + size);
        return *this;
    }
    [[nodiscard]] const std::string& bytes() const { return m_bytes; }

private:
    std::string m_bytes;
};

std::string refusal(const std::string& bytes) {
    const TempFolder folder;
    writeFile(folder / "m.gguf", bytes);
    const Error error = errorOf([&] { (void)readCheckpoint(folder / "m.gguf"); });
    EXPECT_THAT(error.where, HasSubstr("m.gguf"));
    EXPECT_FALSE(error.hint.empty());
    return error.what + " @ " + error.where;
}

constexpr std::uint32_t kU32 = 4, kF32 = 6, kText = 8, kList = 9;

TEST(GgufHostile, HeadersThatClaimTooMuch) {
    EXPECT_THAT(refusal("GGUF"), HasSubstr("ends inside the header"));
    EXPECT_THAT(refusal(Writer().header(0, 0, 1).bytes()), HasSubstr("version 1"));
    EXPECT_THAT(refusal(Writer().header(0, 0, 0x03000000).bytes()), HasSubstr("big-endian"));
    EXPECT_THAT(refusal(Writer().header(~0ULL, 0).bytes()), HasSubstr("more tensors or keys"));
    EXPECT_THAT(refusal(Writer().header(0, 1ULL << 40).bytes()), HasSubstr("more tensors or keys"));
    EXPECT_THAT(refusal(Writer().header(0, 1).number(~0ULL).raw("abc").bytes()), HasSubstr("ends inside a key"));
}

TEST(GgufHostile, ValuesThatAreWrong) {
    EXPECT_THAT(refusal(Writer().header(0, 1).key("a", 77).number(0).bytes()), HasSubstr("unknown type 77"));
    EXPECT_THAT(refusal(Writer().header(0, 1).key("a", kText).number(~0ULL).bytes()), HasSubstr("ends inside a value"));
    EXPECT_THAT(refusal(Writer().header(0, 1).key("a", kList).number(kText).number(1ULL << 60).bytes()),
                HasSubstr("more than the file holds"));
    EXPECT_THAT(refusal(Writer().header(0, 1).key("a", kList).number(kList).number(1ULL).raw(std::string(64, 'x')).bytes()),
                HasSubstr("list of lists"));
    EXPECT_THAT(refusal(Writer().header(0, 2).key("a", kU32).number(1).key("a", kU32).number(1).bytes()), HasSubstr("there twice"));
    EXPECT_THAT(refusal(Writer().header(0, 1).key("general.alignment", kU32).number(0).bytes()), HasSubstr("alignment of 0"));
    EXPECT_THAT(refusal(Writer().header(0, 1).key("general.alignment", kU32).number(24).bytes()), HasSubstr("alignment of 24"));
    EXPECT_THAT(refusal(Writer().header(0, 1).key("general.architecture", kText).text("qwen2").bytes()),
                HasSubstr("\"qwen2\" is not supported"));
    EXPECT_THAT(refusal(Writer().header(0, 1).key("general.architecture", kF32).number(1.0F).bytes()), HasSubstr("no text"));
    const auto keys = [](std::uint32_t type) {
        return Writer().header(0, 2).key("general.architecture", kText).text("llama").key("llama.embedding_length", type);
    };
    EXPECT_THAT(refusal(keys(kText).text("x").bytes()), HasSubstr("no whole number"));
    EXPECT_THAT(refusal(keys(kList).number(kU32).number(1ULL).number(7).bytes()), HasSubstr("differs from layer to layer"));
    EXPECT_THAT(refusal(keys(kU32).number(32).bytes()), HasSubstr("llama.block_count"));
}

TEST(GgufHostile, TensorsThatAreNotThere) {
    const auto one = [](std::uint32_t type, std::uint64_t place, const std::vector<std::uint64_t>& shape) {
        return Writer().header(1, 0).entry("t", shape, type, place).data(64).bytes();
    };
    EXPECT_THAT(refusal(one(12, 0, {256})), HasSubstr("stored as Q4_K"));
    EXPECT_THAT(refusal(one(99, 0, {256})), HasSubstr("stored as type 99"));
    EXPECT_THAT(refusal(one(8, 0, {31})), HasSubstr("no whole blocks"));
    EXPECT_THAT(refusal(one(0, 0, {17})), HasSubstr("holds only 64 bytes"));
    EXPECT_THAT(refusal(one(0, 1ULL << 62, {1})), HasSubstr("holds only 64 bytes"));
    EXPECT_THAT(refusal(one(0, 4, {1})), HasSubstr("not aligned"));
    EXPECT_THAT(refusal(one(0, 0, {1ULL << 40, 1ULL << 40, 1ULL << 40})), HasSubstr("too large"));
    EXPECT_THAT(refusal(one(0, 0, {0})), HasSubstr("A dimension is 0"));
    EXPECT_THAT(refusal(one(0, 0, {})), HasSubstr("has 0 dimensions"));
    EXPECT_THAT(refusal(Writer().header(2, 0).entry("a", {16}, 0, 0).entry("b", {1}, 0, 32).data(64).bytes()), HasSubstr("overlaps"));
    EXPECT_THAT(refusal(Writer().header(2, 0).entry("a", {1}, 0, 0).entry("a", {1}, 0, 32).data(64).bytes()), HasSubstr("there twice"));
    EXPECT_THAT(refusal(Writer().header(1, 0).entry("", {1}, 0, 0).data(64).bytes()), HasSubstr("is empty"));
}

TEST(GgufHostile, CutAnywhereItIsRefused) {
    const std::string whole = readFile(golden("deepseek2-split"));
    for (std::size_t size = 0; size < whole.size(); size += 1 + size / 8) {
        const TempFolder folder;
        writeFile(folder / "m.gguf", whole.substr(0, size));
        EXPECT_FALSE(errorOf([&] { (void)readCheckpoint(folder / "m.gguf"); }).what.empty()) << size;
    }
}

/// A golden file with some bytes of it changed: equally long, so that no place moves.
std::string changed(const std::string& name, const std::string& from, const std::string& to) {
    std::string whole = readFile(golden(name));
    const std::size_t place = whole.find(from);
    EXPECT_NE(place, std::string::npos) << from;
    return whole.replace(place, to.size(), to);
}

TEST(GgufHostile, WhatWouldComputeSomethingElseIsRefused) {
    EXPECT_THAT(refusal(changed("llama-f32", "blk.1.attn_q.weight", "blk.1.attn_x.weight")), HasSubstr("q_proj.weight"));
    const std::string length("\x0D\0\0\0\0\0\0\0", 8);  // attn_output.weight ends likewise
    EXPECT_THAT(refusal(changed("llama-f32", length + "output.weight", length + "oXtput.weight")), HasSubstr("does not ask for"));
    EXPECT_THAT(refusal(changed("llama-f16-linear", "linear", "cosine")), HasSubstr("\"cosine\" is not supported"));
    EXPECT_THAT(refusal(changed("deepseek2-split", "attn_v_b", "attn_x_b")), HasSubstr("kv_b_proj.weight"));
    EXPECT_THAT(refusal(changed("deepseek2-joined", "ffn_up_exps", "ffn_ux_exps")), HasSubstr("experts.0.up_proj.weight"));
    const std::string pre = changed("llama-q8", "gpt-2", "gpt-9");
    const TempFolder folder;
    writeFile(folder / "m.gguf", pre);
    EXPECT_THAT(errorOf([&] { (void)openTokenizer(folder / "m.gguf", 300); }).what, HasSubstr("\"gpt-9\" cuts words"));
}

}  // namespace
}  // namespace loom
