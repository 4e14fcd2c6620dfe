// SPDX-License-Identifier: GPL-3.0-or-later
// Texts of several chunks: softmax in one pass, positions divided among threads, whatever the form.
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/engine/decode/part_sums.h"
#include "core/engine/memory/slab_pool.h"
#include "tests/core/decode_fixture.h"
#include "tests/core/decode_network.h"
#include "tests/core/reference/memory_checkpoint.h"
#include "tests/core/reference/plain_model.h"

namespace loom::test {
namespace {

constexpr std::int64_t kLong = 4 * decode::kChunk + decode::kChunk / 2 + 5;  // enough chunks for two threads

struct LongText {
    std::string name;
    ModelConfig config;
    MlaPath path = MlaPath::Absorbed;
};

std::vector<LongText> longTexts() {
    std::vector<LongText> all;
    const auto add = [&all](std::string name, ModelConfig config, MlaPath path) {
        config.context = kLong;
        all.push_back({std::move(name), std::move(config), path});
    };
    for (const char* which : {"gqa", "gptNeo", "jointQueryRank", "paperRotary", "paperLearned", "shared", "sharedLearned"}) {
        add(which, networkCase(which), MlaPath::Absorbed);
    }
    add("jointNaive", networkCase("jointQueryRank"), MlaPath::Naive);
    ModelConfig many = networkCase("gqa");  // more heads than pass by together
    many.attention.kvHeads = 3;
    many.attention.heads = 21;
    add("manyHeads", many, MlaPath::Absorbed);
    return all;
}

class DecodeLong : public testing::TestWithParam<LongText> {
protected:
    Checkpoint m_checkpoint = memoryCheckpoint(GetParam().config);
    TokenIds m_tokens = someTokens(kLong, GetParam().config.vocab);
    MemoryAccount m_account;
};

TEST_P(DecodeLong, equalsThePlainNetworkBitForBitHoweverItIsDivided) {
    const PlainResult plain = plainForward(m_checkpoint, m_tokens);
    const auto model = decodeModel(m_checkpoint, m_account, Precision::F32, 1, GetParam().path);
    const std::vector<float> atOnce = logitsInBlocks(*model, m_tokens, {kLong});
    EXPECT_LE(largestDifference(atOnce, plain.logits), 3e-5 * sizeOf(atOnce));
    for (const std::int64_t threads : {2, 3}) {
        model->setThreads(threads);
        EXPECT_EQ(logitsInBlocks(*model, m_tokens, {kLong - 20, 1}), atOnce) << threads << " threads, token by token at the end";
        EXPECT_EQ(logitsInBlocks(*model, m_tokens, {decode::kChunk - 1, 1, 1, 1, 3, 128, 500}), atOnce) << threads << " threads, cut";
    }
    // Weights that are handed out span all chunks.
    const std::int64_t H = GetParam().config.attention.heads;
    const auto sequence = valueOrThrow(model->newSequence(kLong));
    ForwardOptions options;
    options.capture = LayerIndex{1};
    ForwardOutput out;
    for (const std::int64_t size : {kLong - 9, std::int64_t{8}, std::int64_t{1}}) {
        valueOrThrow(sequence->forward(
            std::span(m_tokens).subspan(static_cast<std::size_t>(sequence->length()), static_cast<std::size_t>(size)), options, out));
        const AttentionRow& row = *out.attention.back();
        for (std::int64_t h = 0; h < H; ++h) {
            for (std::int64_t key = 0; key <= row.position; ++key) {
                const double expected = plain.attention[1][static_cast<std::size_t>((h * kLong + row.position) * kLong + key)];
                ASSERT_NEAR(row.head(HeadIndex{h})[key], expected, 1e-5) << row.position << ' ' << h << ' ' << key;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, DecodeLong, testing::ValuesIn(longTexts()),
                         [](const testing::TestParamInfo<LongText>& each) { return each.param.name; });

TEST(PartSums, JoinsToTheWholeSoftmax) {
    const std::vector<float> scores = decode::numbers(60, 3, 30);
    const std::vector<float> cells = decode::numbers(60, 4);
    double best = -1e30;
    for (const float s : scores) best = std::max(best, static_cast<double>(s));
    double total = 0;
    double mixed = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        total += std::exp(static_cast<double>(scores[i]) - best);
        mixed += std::exp(static_cast<double>(scores[i]) - best) * static_cast<double>(cells[i]);
    }
    decode::PartSums sums;
    float sum = 0;
    for (std::size_t from = 0; from < 60; from += 20) {
        decode::PartSums part;
        std::vector<float> weights(scores.begin() + static_cast<std::ptrdiff_t>(from),
                                   scores.begin() + static_cast<std::ptrdiff_t>(from + 20));
        part.total = decode::kernels().exponentials(weights.data(), 20, &part.largest);
        float more = 0;
        for (std::size_t i = 0; i < 20; ++i) more += weights[i] * cells[from + i];
        (void)sums.join(decode::kernels(), part, &more, &sum, 1);
        const decode::PartSums nothing{1e30F, 0.0F};  // a chunk of which a window shows nothing
        EXPECT_EQ(sums.join(decode::kernels(), nothing, &more, &sum, 1).kept, 1.0F);
    }
    EXPECT_NEAR(static_cast<double>(sum / sums.total), mixed / total, 1e-6);
    EXPECT_FLOAT_EQ(sums.largest, static_cast<float>(best));
}

TEST(SlabPool, PiecesLieBehindEachOtherAndSlabsComeAndGo) {
    SlabPool pool;
    EXPECT_FALSE(SlabPool::suits(1000));
    EXPECT_FALSE(SlabPool::suits(kHugePage * 2));
    std::vector<std::byte*> pieces;
    for (int i = 0; i < 8; ++i) pieces.push_back(pool.take(1'000'000));
    EXPECT_EQ(pool.slabs(), 1);
    for (int i = 1; i < 8; ++i) EXPECT_EQ(pieces[static_cast<std::size_t>(i)] - pieces[static_cast<std::size_t>(i - 1)], 1'000'000);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pieces[0]) % static_cast<std::uintptr_t>(kHugePage), 0U);
    pool.give(pieces[5]);
    pool.give(pieces[3]);
    EXPECT_EQ(pool.take(1'000'000), pieces[3]) << "the lowest free one";
    EXPECT_EQ(pool.take(1'000'000), pieces[5]);
    pieces.push_back(pool.take(1'000'000));
    std::byte* other = pool.take(20'000);
    EXPECT_EQ(pool.slabs(), 3) << "eight fit one slab, and another size has slabs of its own";
    pool.give(other);
    for (std::byte* piece : pieces) pool.give(piece);
    EXPECT_EQ(pool.slabs(), 0);
}

}  // namespace
}  // namespace loom::test
