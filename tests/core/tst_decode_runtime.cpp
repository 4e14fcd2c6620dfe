// SPDX-License-Identifier: GPL-3.0-or-later
// The fast path without LibTorch: every form against plain loops over doubles, and the same bits however a text is cut, forked, put beside
// others or divided among threads.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <thread>

#include "core/data/absorption.h"
#include "tests/core/decode_network.h"
#include "tests/core/reference/packed_checkpoint.h"
#include "tests/core/reference/plain_model.h"

namespace {

std::atomic<std::int64_t> allocations{0};  // of all threads

void* counted(std::size_t size, std::size_t alignment) {
    ++allocations;
    void* memory = alignment > 0 ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment) : std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

void* operator new(std::size_t size) { return counted(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) { return counted(size, static_cast<std::size_t>(alignment)); }
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace loom::test {
namespace {

using decode::forwardTogether;

constexpr std::int64_t kTokens = 40;

/// Every token uses every expert: which of them it chooses is no smooth function of what is rounded.
ModelConfig withoutChoice(ModelConfig config) {
    config.moe.perToken = config.moe.experts;
    config.moe.topGroups = config.moe.groups;
    return config;
}

class DecodeForms : public testing::TestWithParam<NetworkCase> {
protected:
    /// Those on which the form computes differently. Latents can be rebuilt even where they could be absorbed.
    std::vector<MlaPath> paths() const {
        if (m_config.attention.latent == Latent::None) return {MlaPath::Naive};
        return {MlaPath::Naive, MlaPath::Absorbed};
    }

    ModelConfig m_config = GetParam().config;
    Checkpoint m_checkpoint = memoryCheckpoint(m_config);
    TokenIds m_tokens = someTokens(kTokens, m_config.vocab);
    MemoryAccount m_account;
};

TEST_P(DecodeForms, equalThePlainNetwork) {
    const PlainResult plain = plainForward(m_checkpoint, m_tokens);
    for (const MlaPath path : paths()) {
        for (const std::int64_t threads : {1, 2, 3}) {
            const auto model = decodeModel(m_checkpoint, m_account, Precision::F32, threads, path);
            const std::vector<float> logits = logitsInBlocks(*model, m_tokens, {kTokens});
            EXPECT_LE(largestDifference(logits, plain.logits), 2e-5 * sizeOf(plain.logits)) << name(path) << ", threads " << threads;
        }
    }
    EXPECT_EQ(m_account.current(MemoryKind::Weights), 0);
    EXPECT_EQ(m_account.current(MemoryKind::Cache), 0);
    EXPECT_EQ(m_account.current(MemoryKind::Activations), 0);
}

TEST_P(DecodeForms, roundedWeightsEqualThePlainNetworkOfRoundedWeights) {
    m_checkpoint = memoryCheckpoint(withoutChoice(m_config));
    for (const MlaPath path : paths()) {
        for (const Precision precision : {Precision::Bf16, Precision::Int8, Precision::Int4}) {
            const auto model = decodeModel(m_checkpoint, m_account, precision, 2, path);
            const std::vector<float> logits = logitsInBlocks(*model, m_tokens, {kTokens});
            const PlainResult plain = plainForward(packedCheckpoint(m_checkpoint, precision, path), m_tokens);
            if (precision == Precision::Bf16) {
                EXPECT_LE(largestDifference(logits, plain.logits), 2e-5 * sizeOf(plain.logits)) << name(path);
            } else {  // activations are quantised too: to 1/254 of the largest of 32
                EXPECT_LE(relativeError(logits, plain.logits), 0.03) << name(precision) << ' ' << name(path);
            }
        }
    }
}

TEST_P(DecodeForms, cutsAndThreadsDoNotChangeABit) {
    const std::pair<Precision, DType> kinds[]{
        {Precision::F32, DType::F32}, {Precision::Bf16, DType::BF16}, {Precision::Int8, DType::I8}, {Precision::Int4, DType::F16}};
    for (const MlaPath path : paths()) {
        for (const auto& [precision, cache] : kinds) {
            const auto model = decodeModel(m_checkpoint, m_account, precision, 1, path, cache);
            const std::vector<float> atOnce = logitsInBlocks(*model, m_tokens, {kTokens});
            const auto equal = [&](const std::vector<std::int64_t>& blocks) {
                EXPECT_EQ(logitsInBlocks(*model, m_tokens, blocks), atOnce)
                    << name(path) << ' ' << name(precision) << ", first block " << blocks.front() << ", " << model->threads() << " threads";
            };
            equal({1});
            equal({7, 16, 2});
            model->setThreads(2);
            equal({kTokens});
            equal({1});
            equal({17, 3, 1, 11});
        }
    }
}

TEST_P(DecodeForms, theLastLogitsAreThoseOfAll) {
    for (const Precision precision : kPrecisions) {
        const auto model = decodeModel(m_checkpoint, m_account, precision, 2);
        const std::vector<float> all = logitsInBlocks(*model, m_tokens, {kTokens});
        ForwardOutput out;
        valueOrThrow(valueOrThrow(model->newSequence(kTokens))->forward(m_tokens, {}, out));
        EXPECT_EQ(out.logits, std::vector<float>(all.end() - m_config.vocab, all.end())) << name(precision);
        EXPECT_TRUE(out.norms.empty() && out.attention.empty() && out.layerTimes.empty() && !out.memory);
    }
}

TEST_P(DecodeForms, forksGoTheirOwnWayFromTheSameBits) {
    for (const Precision precision : {Precision::F32, Precision::Int8}) {
        const auto model = decodeModel(m_checkpoint, m_account, precision, 2, MlaPath::Absorbed, DType::BF16);
        const std::span all(m_tokens);
        const auto trunk = valueOrThrow(model->newSequence(64));
        (void)logitsInBlocks(*trunk, all.first(21), {21});
        const auto branch = valueOrThrow(trunk->fork());
        EXPECT_EQ(branch->length(), 21);
        EXPECT_GT(branch->sharedBytes(), 0);
        ASSERT_TRUE(branch->reserve(64));
        TokenIds other(all.begin(), all.begin() + 21);
        for (std::int64_t i = 0; i < 15; ++i) other.emplace_back((11 * i + 2) % m_config.vocab);
        const std::vector<float> trunkEnd = logitsInBlocks(*trunk, all.subspan(21), {1});
        const std::vector<float> branchEnd = logitsInBlocks(*branch, std::span(other).subspan(21), {2});
        const std::vector<float> trunkAlone = logitsInBlocks(*model, m_tokens, {kTokens});
        const std::vector<float> branchAlone = logitsInBlocks(*model, other, {36});
        EXPECT_EQ(trunkEnd, std::vector<float>(trunkAlone.begin() + 21 * m_config.vocab, trunkAlone.end()));
        EXPECT_EQ(branchEnd, std::vector<float>(branchAlone.begin() + 21 * m_config.vocab, branchAlone.end()));

        ASSERT_TRUE(trunk->truncate(9));
        EXPECT_EQ(logitsInBlocks(*trunk, all.subspan(9), {5}),
                  std::vector<float>(trunkAlone.begin() + 9 * m_config.vocab, trunkAlone.end()));
    }
}

TEST_P(DecodeForms, togetherIsOneByOne) {
    for (const Precision precision : kPrecisions) {
        const auto model = decodeModel(m_checkpoint, m_account, precision, 2);
        std::vector<std::unique_ptr<DecodeSequence>> stories;
        std::vector<DecodeSequence*> pointers;
        std::vector<std::vector<float>> expected;
        for (std::int64_t i = 0; i < 5; ++i) {
            TokenIds text(m_tokens.begin(), m_tokens.begin() + 3 + 8 * i);
            stories.push_back(valueOrThrow(model->newSequence(kTokens + 1)));
            pointers.push_back(stories.back().get());
            (void)logitsInBlocks(*stories.back(), text, {kTokens});
            text.emplace_back(i);
            text.emplace_back(i + 7);
            const std::vector<float> all = logitsInBlocks(*model, text, {64});
            expected.emplace_back(all.end() - 2 * m_config.vocab, all.end());
        }
        for (std::int64_t round = 0; round < 2; ++round) {
            TokenIds next;
            for (std::int64_t i = 0; i < 5; ++i) next.emplace_back(i + 7 * round);
            std::vector<float> logits;
            const auto done = forwardTogether(pointers, next, logits);
            ASSERT_TRUE(done) << done.error().message();
            for (std::size_t i = 0; i < 5; ++i) {
                const auto V = m_config.vocab;
                const auto from = static_cast<std::ptrdiff_t>(i) * V;
                EXPECT_EQ(std::vector<float>(logits.begin() + from, logits.begin() + from + V),
                          std::vector<float>(expected[i].begin() + round * V, expected[i].begin() + (round + 1) * V))
                    << name(precision) << ", story " << i;
            }
        }
    }
}

TEST_P(DecodeForms, stepsAllocateNothing) {
    for (const Precision precision : {Precision::F32, Precision::Int4}) {
        const auto model = decodeModel(m_checkpoint, m_account, precision, 2);
        const std::int64_t untouched = allocations;
        const auto trunk = valueOrThrow(model->newSequence(64));
        EXPECT_GT(allocations, untouched) << "what the engine allocates is counted";
        ForwardOutput out;
        valueOrThrow(trunk->forward(std::span(m_tokens).first(20), {}, out));
        const auto fork = valueOrThrow(trunk->fork());
        valueOrThrow(fork->reserve(64));
        std::vector<float> logits(2 * static_cast<std::size_t>(m_config.vocab));
        std::vector<DecodeSequence*> both{trunk.get(), fork.get()};
        const TokenIds next{TokenId{1}, TokenId{2}};
        const std::int64_t before = allocations;
        for (std::int64_t t = 20; t < kTokens; ++t) {
            if (!fork->forward(std::span(m_tokens).subspan(static_cast<std::size_t>(t), 1), {}, out)) FAIL();
        }
        if (!fork->truncate(20) || !fork->forward(std::span(m_tokens).subspan(20), {}, out)) FAIL();
        for (int i = 0; i < 3; ++i) {
            if (!forwardTogether(both, next, logits)) FAIL();
        }
        EXPECT_EQ(allocations - before, 0);
    }
}

TEST_P(DecodeForms, attentionAndNormsAreThoseOfThePlainNetwork) {
    const PlainResult plain = plainForward(m_checkpoint, m_tokens);
    const std::int64_t H = m_config.attention.heads;
    for (std::int64_t layer = 0; layer < m_config.layers; ++layer) {
        const auto model = decodeModel(m_checkpoint, m_account, Precision::F32, 2);
        const auto sequence = valueOrThrow(model->newSequence(kTokens));
        ForwardOptions options;
        options.capture = LayerIndex{layer};
        options.norms = true;
        options.layerTimes = true;
        ForwardOutput out;
        std::vector<std::shared_ptr<const AttentionRow>> rows;
        std::vector<float> norms;
        for (const auto& [from, count] : {std::pair<std::size_t, std::size_t>{0, 30}, {30, 1}, {31, 9}}) {
            valueOrThrow(sequence->forward(std::span(m_tokens).subspan(from, count), options, out));
            rows.insert(rows.end(), out.attention.begin(), out.attention.end());
            norms.insert(norms.end(), out.norms.begin(), out.norms.end());
            ASSERT_EQ(std::ssize(out.layerTimes), m_config.layers);
            for (const auto time : out.layerTimes) EXPECT_GT(time.count(), 0);
        }
        ASSERT_EQ(std::ssize(rows), kTokens);
        for (std::int64_t t = 0; t < kTokens; ++t) {
            const AttentionRow& row = *rows[static_cast<std::size_t>(t)];
            EXPECT_EQ(row.layer.value(), layer);
            EXPECT_EQ(row.position, t);
            ASSERT_EQ(std::ssize(row.weights), H * (t + 1));
            for (std::int64_t h = 0; h < H; ++h) {
                for (std::int64_t key = 0; key <= t; ++key) {
                    const double expected =
                        plain.attention[static_cast<std::size_t>(layer)][static_cast<std::size_t>((h * kTokens + t) * kTokens + key)];
                    ASSERT_NEAR(row.head(HeadIndex{h})[key], expected, 1e-5) << layer << ' ' << t << ' ' << h << ' ' << key;
                }
            }
        }
        const auto normOf = [&](const std::vector<double>& lane, std::int64_t t) {
            const auto width = std::ssize(lane) / kTokens;
            double squares = 0.0;
            for (std::int64_t i = 0; i < width; ++i)
                squares += lane[static_cast<std::size_t>(t * width + i)] * lane[static_cast<std::size_t>(t * width + i)];
            return std::sqrt(squares);
        };
        ASSERT_EQ(std::ssize(norms), kTokens * m_config.layers * 2);
        for (std::int64_t t = 0; t < kTokens; ++t) {
            const auto at = static_cast<std::size_t>((t * m_config.layers + layer) * 2);
            EXPECT_NEAR(norms[at], normOf(plain.firstLane[static_cast<std::size_t>(layer)], t), 1e-4);
            EXPECT_NEAR(norms[at + 1], normOf(plain.secondLane[static_cast<std::size_t>(layer)], t), 1e-4);
        }
    }
}

TEST_P(DecodeForms, cachesTakeWhatTheFormulaSays) {
    for (const MlaPath path : {MlaPath::Naive, MlaPath::Absorbed}) {
        const auto model = decodeModel(m_checkpoint, m_account, Precision::Int8, 1, path);
        EXPECT_EQ(model->path(), absorbObstacle(m_config) ? MlaPath::Naive : path);
        EXPECT_EQ(m_account.current(MemoryKind::Weights), model->weightBytes());
        for (const DType type : {DType::F32, DType::BF16, DType::F16, DType::I8}) {
            const auto sequence = valueOrThrow(model->newSequence(37, type));
            const CacheUse use = sequence->cacheUse();
            EXPECT_EQ(use.spec, cacheSpec(m_config, path, type));
            EXPECT_EQ(use.capacityTokens, 48);
            EXPECT_EQ(use.bytes, use.spec.bytesPerToken() * 48);
            EXPECT_EQ(m_account.current(MemoryKind::Cache), use.bytes);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, DecodeForms, testing::ValuesIn(networkCases()),
                         [](const testing::TestParamInfo<NetworkCase>& each) { return each.param.name; });

class DecodeRuntime : public testing::Test {
protected:
    MemoryAccount m_account;
};

TEST_F(DecodeRuntime, textsLongerThanAStepAreCut) {
    for (const char* which : {"gqa", "jointQueryRank", "gptNeo", "paperRotary", "expertsSigmoid"}) {
        ModelConfig config = networkCase(which);
        config.context = 300;
        const Checkpoint checkpoint = memoryCheckpoint(config);
        const TokenIds tokens = someTokens(290, config.vocab);
        const auto model = decodeModel(checkpoint, m_account, Precision::F32, 2);
        const std::vector<float> atOnce = logitsInBlocks(*model, tokens, {290});
        EXPECT_LE(largestDifference(atOnce, plainForward(checkpoint, tokens).logits), 3e-5 * sizeOf(atOnce)) << which;
        EXPECT_EQ(logitsInBlocks(*model, tokens, {1, 128, 131, 5}), atOnce) << which;
        ForwardOutput out;
        valueOrThrow(valueOrThrow(model->newSequence(290))->forward(tokens, {}, out));
        EXPECT_EQ(out.logits, std::vector<float>(atOnce.end() - config.vocab, atOnce.end())) << which;
    }
}

TEST_F(DecodeRuntime, manyStoriesAreCutToo) {
    const Checkpoint checkpoint = memoryCheckpoint(networkCase("joint"));
    const auto model = decodeModel(checkpoint, m_account, Precision::Bf16, 2);
    std::vector<std::unique_ptr<DecodeSequence>> stories;
    std::vector<DecodeSequence*> pointers;
    TokenIds tokens;
    for (std::int64_t i = 0; i < 150; ++i) {
        stories.push_back(valueOrThrow(model->newSequence(4)));
        pointers.push_back(stories.back().get());
        tokens.emplace_back(i % 31);
    }
    std::vector<float> logits;
    ASSERT_TRUE(forwardTogether(pointers, tokens, logits));
    for (std::size_t i = 0; i < 150; ++i) {
        const std::vector<float> alone = logitsInBlocks(*model, std::span(tokens).subspan(i, 1), {1});
        EXPECT_TRUE(std::equal(alone.begin(), alone.end(), logits.begin() + static_cast<std::ptrdiff_t>(i * 31))) << i;
    }
}

TEST_F(DecodeRuntime, badRequestsLeaveTheSequenceAsItWas) {
    for (const char* which : {"gqa", "joint"}) {
        const auto model = decodeModel(memoryCheckpoint(networkCase(which)), m_account, Precision::F32);
        const TokenIds tokens = someTokens(140, 31);
        const auto story = valueOrThrow(model->newSequence(10));
        EXPECT_EQ(story->capacity(), 16);
        ForwardOutput out;
        valueOrThrow(story->forward(std::span(tokens).first(6), {}, out));
        const auto refused = [&](std::span<const TokenId> asked, const ForwardOptions& options, const char* word) {
            const Result<void> result = story->forward(asked, options, out);
            ASSERT_FALSE(result) << word;
            EXPECT_NE(result.error().message().find(word), std::string::npos) << result.error().message();
            EXPECT_EQ(story->length(), 6);
        };
        refused(TokenIds{TokenId{1}, TokenId{31}}, {}, "vocabulary of 31");
        refused(TokenIds{TokenId{-1}}, {}, "Token -1");
        refused({}, {}, "no tokens");
        refused(std::span(tokens).first(11), {}, "full");
        ForwardOptions absent;
        absent.capture = LayerIndex{2};
        refused(std::span(tokens).first(1), absent, "no layer 2");
        EXPECT_FALSE(story->truncate(7));
        EXPECT_FALSE(story->truncate(-1));
        ASSERT_TRUE(story->reserve(200));
        refused(std::span(tokens).first(123), {}, "context of 128");
        EXPECT_FALSE(story->reserve(std::numeric_limits<std::int64_t>::max()));
        valueOrThrow(story->forward(std::span(tokens).subspan(6, 10), kAllLogits, out));
        const std::vector<float> fresh = logitsInBlocks(*model, std::span(tokens).first(16), {16});
        EXPECT_EQ(out.logits, std::vector<float>(fresh.begin() + 6 * 31, fresh.end()));
    }
}

TEST_F(DecodeRuntime, togetherRefusesWhatCannotBe) {
    const Checkpoint checkpoint = memoryCheckpoint(networkCase("mha"));
    const auto model = decodeModel(checkpoint, m_account, Precision::F32);
    const auto other = decodeModel(checkpoint, m_account, Precision::F32);
    const auto a = valueOrThrow(model->newSequence(4));
    const auto b = valueOrThrow(model->newSequence(4));
    const auto stranger = valueOrThrow(other->newSequence(4));
    const TokenIds two{TokenId{1}, TokenId{2}};
    std::vector<float> logits;
    EXPECT_FALSE(forwardTogether({}, {}, logits));
    const auto refused = [&](std::vector<DecodeSequence*> sequences, const TokenIds& tokens) {
        return !forwardTogether(sequences, tokens, logits).has_value();
    };
    EXPECT_TRUE(refused({a.get()}, two));
    EXPECT_TRUE(refused({a.get(), a.get()}, two));
    EXPECT_TRUE(refused({a.get(), stranger.get()}, two));
    EXPECT_TRUE(refused({a.get(), b.get()}, {TokenId{1}, TokenId{31}}));
    EXPECT_EQ(a->length() + b->length() + stranger->length(), 0);
    EXPECT_FALSE(refused({a.get(), b.get()}, two));
    EXPECT_EQ(a->length() + b->length(), 2);
}

TEST_F(DecodeRuntime, sequencesOfOneModelInSeveralThreads) {
    const Checkpoint checkpoint = memoryCheckpoint(networkCase("jointQueryRank"));
    const auto model = decodeModel(checkpoint, m_account, Precision::Int8, 2);
    const TokenIds tokens = someTokens(60, 31);
    const std::vector<float> expected = logitsInBlocks(*model, tokens, {60});
    const auto trunk = valueOrThrow(model->newSequence(20));
    (void)logitsInBlocks(*trunk, std::span(tokens).first(20), {20});
    std::vector<std::unique_ptr<DecodeSequence>> forks;
    for (int i = 0; i < 3; ++i) forks.push_back(valueOrThrow(trunk->fork()));
    std::vector<std::jthread> threads;
    for (auto& fork : forks) {
        threads.emplace_back([&fork, &tokens, &expected] {
            valueOrThrow(fork->reserve(60));
            const std::vector<float> end = logitsInBlocks(*fork, std::span(tokens).subspan(20), {3});
            EXPECT_EQ(end, std::vector<float>(expected.begin() + 20 * 31, expected.end()));
            fork.reset();
        });
    }
}

TEST_F(DecodeRuntime, onlyDynamicScalingIsMissing) {
    for (const NetworkCase& each : networkCases()) EXPECT_FALSE(decode::fastPathMissing(each.config)) << each.name;
    ModelConfig config = networkCase("scaledLinear");
    config.attention.ropeScaling.kind = RopeScalingKind::Dynamic;
    ASSERT_TRUE(decode::fastPathMissing(config));
    const auto refused = DecodeModel::build(memoryCheckpoint(config), {}, m_account);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("Dynamic"), std::string::npos) << refused.error().message();
}

TEST_F(DecodeRuntime, buildingCanBeCancelledAndNamesWhatIsWrong) {
    Checkpoint checkpoint = memoryCheckpoint(networkCase("gqa"));
    std::stop_source stop;
    stop.request_stop();
    const auto cancelled = DecodeModel::build(checkpoint, {}, m_account, stop.get_token());
    ASSERT_FALSE(cancelled);
    EXPECT_EQ(cancelled.error().what, "Cancelled");
    checkpoint.tensors.erase("model.layers.1.mlp.down_proj.weight");
    const auto incomplete = DecodeModel::build(checkpoint, {}, m_account);
    ASSERT_FALSE(incomplete);
    EXPECT_NE(incomplete.error().message().find("down_proj"), std::string::npos);

    checkpoint = memoryCheckpoint(networkCase("gqa"));
    TensorView& view = checkpoint.tensors.at("model.layers.0.self_attn.k_proj.weight");
    std::vector<std::byte> broken(view.data.begin(), view.data.end());
    std::fill(broken.begin(), broken.begin() + 4, std::byte{0xFF});  // a NaN
    view.data = broken;
    const auto nan = DecodeModel::build(checkpoint, {Precision::Int8, 1}, m_account);
    ASSERT_FALSE(nan);
    EXPECT_NE(nan.error().message().find("self_attn"), std::string::npos) << nan.error().message();
    EXPECT_EQ(m_account.current(MemoryKind::Weights), 0);

    const auto model = decodeModel(memoryCheckpoint(networkCase("gqa")), m_account, Precision::F32);
    EXPECT_FALSE(model->newSequence(4, DType::F64));
    EXPECT_EQ(m_account.current(MemoryKind::Cache), 0);
}

TEST_F(DecodeRuntime, weightsOfOtherTypesAndLayoutsAreReadAsTheyLie) {
    const Checkpoint plain = memoryCheckpoint(networkCase("gpt2"));
    Checkpoint strange = plain;
    std::vector<std::vector<std::byte>> memory;
    memory.reserve(strange.tensors.size());
    for (auto& [tensorName, view] : strange.tensors) {
        std::vector<float> values(view.data.size() / sizeof(float));
        std::memcpy(values.data(), view.data.data(), view.data.size());
        if (view.shape.size() == 2) {  // transposed, as GPT-2's files have it
            const auto rows = static_cast<std::size_t>(view.shape[0]);
            const auto columns = static_cast<std::size_t>(view.shape[1]);
            std::vector<float> turned(values.size());
            for (std::size_t r = 0; r < rows; ++r) {
                for (std::size_t c = 0; c < columns; ++c) turned[c * rows + r] = values[r * columns + c];
            }
            std::vector<std::byte>& bytes = memory.emplace_back(view.data.size());
            std::memcpy(bytes.data(), turned.data(), bytes.size());
            view.data = bytes;
            view.layout = {{view.shape[0], 1}, {view.shape[1], view.shape[0]}};
        } else {
            std::vector<std::byte>& bytes = memory.emplace_back(values.size() * sizeof(double));
            for (std::size_t i = 0; i < values.size(); ++i) {
                const auto wide = static_cast<double>(values[i]);
                std::memcpy(bytes.data() + i * sizeof wide, &wide, sizeof wide);
            }
            view.data = bytes;
            view.dtype = DType::F64;
        }
    }
    const TokenIds tokens = someTokens(12, 31);
    const auto model = decodeModel(plain, m_account, Precision::F32);
    const auto same = decodeModel(strange, m_account, Precision::F32);
    EXPECT_EQ(logitsInBlocks(*same, tokens, {12}), logitsInBlocks(*model, tokens, {12}));
}

TEST_F(DecodeRuntime, measuredThreadsAreBetweenOneAndAll) {
    const Checkpoint checkpoint = memoryCheckpoint(networkCase("mha"));
    const auto model = decodeModel(checkpoint, m_account, Precision::Int8, 0);
    EXPECT_GE(model->threads(), 1);
    EXPECT_LE(model->threads(), std::max(1U, std::thread::hardware_concurrency()));
    model->setThreads(3);
    EXPECT_EQ(model->threads(), 3);
    const std::int64_t best = decode::chooseThreads(*model);
    EXPECT_EQ(model->threads(), best);
}

}  // namespace
}  // namespace loom::test
