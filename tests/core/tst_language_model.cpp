// SPDX-License-Identifier: GPL-3.0-or-later
// The lab through its interface: sequences, caches and their bytes, captures, norms, accounting, and everything that must be refused.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <thread>

#include "core/engine/api/lab.h"
#include "tests/core/reference/memory_checkpoint.h"

namespace loom::test {
namespace {

constexpr ForwardOptions kAll{true, false, std::nullopt};

std::vector<TokenId> part(const TokenIds& tokens, std::int64_t from, std::int64_t count) {
    return {tokens.begin() + from, tokens.begin() + from + count};
}

float largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) return INFINITY;
    float largest = 0.0F;
    for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
    return largest;
}

class LanguageModelTest : public testing::Test {
protected:
    std::shared_ptr<ReferenceModel> build(const Checkpoint& checkpoint, DType compute = DType::F32) {
        const Result<Lab*> lab = loadLab();
        if (!lab) throw std::runtime_error(lab.error().message());
        auto model = (*lab)->build(checkpoint, {DeviceKind::Cpu, 2, compute}, account, {});
        if (!model) throw std::runtime_error(model.error().message());
        return *model;
    }
    std::shared_ptr<ReferenceModel> build(const std::string& name, DType compute = DType::F32) {
        return build(memoryCheckpoint(networkCase(name)), compute);
    }
    std::unique_ptr<ReferenceSequence> sequence(const std::shared_ptr<ReferenceModel>& model, std::int64_t capacity,
                                                MlaPath path = MlaPath::Absorbed) {
        auto made = model->newSequence(capacity, path);
        if (!made) throw std::runtime_error(made.error().message());
        return std::move(*made);
    }

    MemoryAccount account;
};

TEST_F(LanguageModelTest, cacheTakesExactlyWhatTheFormulaSays) {
    for (const NetworkCase& each : networkCases()) {
        for (const DType compute : {DType::F32, DType::F64}) {
            const auto model = build(memoryCheckpoint(each.config), compute);
            for (const MlaPath path : {MlaPath::Naive, MlaPath::Absorbed}) {
                const auto story = sequence(model, 37, path);
                const CacheSpec spec = cacheSpec(each.config, path, compute);
                EXPECT_EQ(story->cache().spec(), spec) << each.name;
                EXPECT_EQ(story->cache().use().bytes, spec.bytesPerToken() * 37) << each.name;
                EXPECT_EQ(account.current(MemoryKind::Cache), spec.bytesPerToken() * 37) << each.name;
            }
        }
    }
}

TEST_F(LanguageModelTest, absorbedKeepsTheLatentAndTheRotaryKeyOnly) {
    const auto model = build("jointQueryRank");
    const AttentionConfig& a = model->config().attention;
    const auto story = sequence(model, 8);
    EXPECT_EQ(story->cache().spec().form, CacheForm::Latent);
    EXPECT_EQ(story->cache().spec().elementsPerTokenPerLayer(), a.kvLoraRank + a.qkRopeHeadDim);
    EXPECT_EQ(sequence(model, 8, MlaPath::Naive)->cache().spec().form, CacheForm::Full);
}

TEST_F(LanguageModelTest, lastLogitsAreTheLastRowOfAllLogits) {
    for (const char* name : {"gqa", "joint"}) {
        const auto model = build(name);
        const TokenIds tokens = someTokens(9, model->config().vocab);
        const auto all = sequence(model, 9)->forward(tokens, kAll);
        const auto last = sequence(model, 9)->forward(tokens, {});
        ASSERT_TRUE(all && last);
        const std::int64_t V = model->config().vocab;
        ASSERT_EQ(all->logits.size(), static_cast<std::size_t>(9 * V));
        EXPECT_LE(largestDifference(last->logits, {all->logits.end() - V, all->logits.end()}), 1e-6F);
        EXPECT_TRUE(last->norms.empty());
        EXPECT_TRUE(last->attention.empty());
    }
}

TEST_F(LanguageModelTest, batchIsTheSameTextsOneByOne) {
    const auto model = build("jointQueryRankBiases");
    const std::int64_t V = model->config().vocab;
    const TokenIds tokens = someTokens(3 * 11, V);
    for (const MlaPath path : {MlaPath::Naive, MlaPath::Absorbed}) {
        const auto batch = model->logits(tokens, 3, path, {});
        ASSERT_TRUE(batch) << batch.error().message();
        ASSERT_EQ(batch->size(), static_cast<std::size_t>(3 * 11 * V));
        for (std::int64_t b = 0; b < 3; ++b) {
            const auto alone = sequence(model, 11, path)->forward(part(tokens, b * 11, 11), kAll);
            ASSERT_TRUE(alone);
            EXPECT_LE(largestDifference(alone->logits, {batch->begin() + b * 11 * V, batch->begin() + (b + 1) * 11 * V}), 1e-5F);
        }
    }
}

TEST_F(LanguageModelTest, truncateAndRedoGivesIdenticalLogits) {
    for (const char* name : {"mqa", "joint"}) {
        const auto model = build(name);
        const TokenIds tokens = someTokens(20, model->config().vocab);
        const auto story = sequence(model, 20);
        ASSERT_TRUE(story->forward(part(tokens, 0, 12), {}));
        const auto first = story->forward(part(tokens, 12, 8), kAll);
        ASSERT_TRUE(story->truncate(5));
        EXPECT_EQ(story->cache().length(), 5);
        ASSERT_TRUE(story->forward(part(tokens, 3, 7), {})) << "another way on, over the same rows";
        ASSERT_TRUE(story->truncate(5));
        ASSERT_TRUE(story->forward(part(tokens, 5, 7), {}));
        const auto again = story->forward(part(tokens, 12, 8), kAll);
        ASSERT_TRUE(first && again);
        EXPECT_LE(largestDifference(first->logits, again->logits), 1e-5F);  // rows 5…11 came in another block
        ASSERT_TRUE(story->truncate(12));
        const auto third = story->forward(part(tokens, 12, 8), kAll);
        ASSERT_TRUE(third);
        EXPECT_EQ(again->logits, third->logits) << "the same block over the same rows";
    }
}

TEST_F(LanguageModelTest, truncateRefusesLengthsThatAreNotThere) {
    const auto story = sequence(build("mha"), 8);
    ASSERT_TRUE(story->forward(someTokens(4, 31), {}));
    EXPECT_FALSE(story->truncate(5));
    EXPECT_FALSE(story->truncate(-1));
    EXPECT_EQ(story->cache().length(), 4);
}

TEST_F(LanguageModelTest, badRequestsLeaveTheSequenceAsItWas) {
    for (const char* name : {"gqa", "joint"}) {
        const auto model = build(name);
        const TokenIds tokens = someTokens(10, model->config().vocab);
        const auto story = sequence(model, 10);
        ASSERT_TRUE(story->forward(part(tokens, 0, 6), {}));

        const auto outside = story->forward(std::vector{TokenId{1}, TokenId{31}}, {});
        ASSERT_FALSE(outside);
        EXPECT_NE(outside.error().message().find("Token 31"), std::string::npos) << outside.error().message();
        EXPECT_NE(outside.error().message().find("vocabulary of 31"), std::string::npos) << outside.error().message();
        EXPECT_FALSE(story->forward(std::vector{TokenId{-1}}, {}));
        EXPECT_FALSE(story->forward({}, {}));
        const auto full = story->forward(part(tokens, 0, 5), {});
        ASSERT_FALSE(full);
        EXPECT_NE(full.error().message().find("full"), std::string::npos);
        EXPECT_FALSE(story->forward(part(tokens, 6, 1), {false, false, LayerIndex{2}})) << "there are two layers";
        EXPECT_FALSE(story->forward(part(tokens, 6, 1), {false, false, LayerIndex{-1}}));
        EXPECT_EQ(story->cache().length(), 6);

        const auto rest = story->forward(part(tokens, 6, 4), {});
        const auto undisturbed = sequence(model, 10);
        ASSERT_TRUE(undisturbed->forward(part(tokens, 0, 6), {}));
        const auto expected = undisturbed->forward(part(tokens, 6, 4), {});
        ASSERT_TRUE(rest && expected);
        EXPECT_EQ(rest->logits, expected->logits);
    }
}

TEST_F(LanguageModelTest, reserveMakesRoomAndKeepsThePast) {
    const auto model = build("joint");
    const TokenIds tokens = someTokens(16, model->config().vocab);
    const auto story = sequence(model, 6);
    ASSERT_TRUE(story->forward(part(tokens, 0, 6), {}));
    EXPECT_FALSE(story->forward(part(tokens, 6, 10), {}));
    ASSERT_TRUE(story->reserve(16));
    EXPECT_EQ(story->cache().use().bytes, story->cache().spec().bytesPerToken() * 16);
    EXPECT_EQ(account.current(MemoryKind::Cache), story->cache().use().bytes);
    const auto grown = story->forward(part(tokens, 6, 10), {});
    const auto roomy = sequence(model, 16);
    ASSERT_TRUE(roomy->forward(part(tokens, 0, 6), {}));
    const auto expected = roomy->forward(part(tokens, 6, 10), {});
    ASSERT_TRUE(grown && expected);
    EXPECT_EQ(grown->logits, expected->logits);
}

TEST_F(LanguageModelTest, nothingLongerThanTheContext) {
    ModelConfig config = networkCase("mha");
    config.context = 8;
    const auto model = build(memoryCheckpoint(config));
    const TokenIds tokens = someTokens(9, config.vocab);
    const auto tooLong = model->logits(tokens, 1, MlaPath::Naive, {});
    ASSERT_FALSE(tooLong);
    EXPECT_NE(tooLong.error().message().find("context of 8"), std::string::npos) << tooLong.error().message();
    EXPECT_FALSE(model->attention(tokens, LayerIndex{0}, {}));
    const auto story = sequence(model, 20);
    EXPECT_FALSE(story->forward(tokens, {}));
    EXPECT_TRUE(story->forward(part(tokens, 0, 8), {}));
    EXPECT_FALSE(story->forward(part(tokens, 8, 1), {}));
    EXPECT_EQ(story->cache().length(), 8);
}

TEST_F(LanguageModelTest, capturedRowsSumToOneAndAreTheMap) {
    for (const char* name : {"gqa", "joint"}) {
        const auto model = build(name);
        const std::int64_t H = model->config().attention.heads;
        const TokenIds tokens = someTokens(13, model->config().vocab);
        for (const MlaPath path : {MlaPath::Naive, MlaPath::Absorbed}) {
            for (std::int64_t layer = 0; layer < 2; ++layer) {
                const auto map = model->attention(tokens, LayerIndex{layer}, {});
                ASSERT_TRUE(map) << map.error().message();
                ASSERT_EQ(map->weights.size(), static_cast<std::size_t>(H * 13 * 13));
                const auto story = sequence(model, 13, path);
                std::vector<std::shared_ptr<const AttentionRow>> rows;
                for (const auto& [from, count] : {std::pair{0, 8}, {8, 1}, {9, 4}}) {
                    const auto step = story->forward(part(tokens, from, count), {false, false, LayerIndex{layer}});
                    ASSERT_TRUE(step);
                    rows.insert(rows.end(), step->attention.begin(), step->attention.end());
                }
                ASSERT_EQ(rows.size(), 13U);
                for (std::int64_t q = 0; q < 13; ++q) {
                    const AttentionRow& row = *rows[static_cast<std::size_t>(q)];
                    EXPECT_EQ(row.position, q);
                    EXPECT_EQ(row.layer, LayerIndex{layer});
                    ASSERT_EQ(row.weights.size(), static_cast<std::size_t>(H * (q + 1)));
                    for (HeadIndex h{0}; h.value() < H; h = HeadIndex{h.value() + 1}) {
                        float sum = 0.0F;
                        for (std::int64_t k = 0; k < 13; ++k) {
                            if (k > q) {
                                EXPECT_EQ(map->at(h, q, k), 0.0F);
                                continue;
                            }
                            sum += row.head(h)[k];
                            EXPECT_NEAR(row.head(h)[k], map->at(h, q, k), 1e-5F);
                        }
                        EXPECT_NEAR(sum, 1.0F, 1e-5F);
                    }
                }
            }
        }
    }
}

TEST_F(LanguageModelTest, layersAreTimedOnlyIfAskedFor) {
    for (const NetworkCase& each : networkCases()) {
        const auto model = build(memoryCheckpoint(each.config));
        const auto story = sequence(model, 8);
        ForwardOptions options;
        EXPECT_TRUE(story->forward(TokenIds{TokenId{1}}, options)->layerTimes.empty());
        options.layerTimes = true;
        const auto before = std::chrono::steady_clock::now();
        const auto out = story->forward(TokenIds{TokenId{2}}, options);
        const auto whole = std::chrono::steady_clock::now() - before;
        ASSERT_EQ(std::ssize(out->layerTimes), each.config.layers) << each.name;
        std::chrono::nanoseconds sum{};
        for (const auto time : out->layerTimes) {
            EXPECT_GT(time.count(), 0);
            sum += time;
        }
        EXPECT_LE(sum, whole) << each.name;
    }
}

TEST_F(LanguageModelTest, normsAreThoseOfTheRowsInTheCache) {
    for (const char* name : {"gqa", "joint"}) {
        const auto model = build(name);
        const auto story = sequence(model, 12);
        ASSERT_TRUE(story->forward(someTokens(5, 31), {}));
        const auto step = story->forward(someTokens(3, 31), {false, true, std::nullopt});
        ASSERT_TRUE(step);
        const CacheSpec& spec = story->cache().spec();
        ASSERT_EQ(step->norms.size(), static_cast<std::size_t>(3 * spec.layers * 2));
        std::size_t next = 0;
        for (std::int64_t t = 5; t < 8; ++t) {
            for (std::int64_t layer = 0; layer < spec.layers; ++layer) {
                for (std::size_t lane = 0; lane < 2; ++lane) {
                    const std::int64_t width = spec.lanes[lane].width;
                    std::vector<float> row(static_cast<std::size_t>(width));
                    std::memcpy(row.data(), story->cache().lane(LayerIndex{layer}, lane) + t * width * 4, row.size() * 4);
                    double squares = 0.0;
                    for (const float value : row) squares += static_cast<double>(value) * static_cast<double>(value);
                    EXPECT_NEAR(step->norms[next++], std::sqrt(squares), 1e-4)
                        << name << ", row " << t << ", layer " << layer << ", lane " << lane;
                }
            }
        }
    }
}

TEST_F(LanguageModelTest, everyByteIsCountedAndGivenBack) {
    {
        const Checkpoint checkpoint = memoryCheckpoint(networkCase("jointQueryRank"));
        auto model = build(checkpoint);
        const std::int64_t parameters = countParameters(checkpoint.config).total;
        EXPECT_EQ(model->weightBytes(), parameters * 4);
        EXPECT_EQ(account.current(MemoryKind::Weights), parameters * 4);
        const auto story = sequence(model, 10);
        model.reset();
        EXPECT_EQ(account.current(MemoryKind::Weights), parameters * 4) << "the sequence still needs them";
        EXPECT_TRUE(story->forward(someTokens(4, 31), {}));
    }
    EXPECT_EQ(account.current(MemoryKind::Weights), 0);
    EXPECT_EQ(account.current(MemoryKind::Cache), 0);
    EXPECT_GT(account.peak(MemoryKind::Cache), 0);
}

TEST_F(LanguageModelTest, theCheckpointMayGoAfterBuilding) {
    auto checkpoint = std::make_unique<Checkpoint>(memoryCheckpoint(networkCase("gqaBiases")));
    const auto model = build(*checkpoint);
    const auto before = model->logits(someTokens(6, 31), 1, MlaPath::Naive, {});
    checkpoint.reset();
    const auto after = model->logits(someTokens(6, 31), 1, MlaPath::Naive, {});
    ASSERT_TRUE(before && after);
    EXPECT_EQ(*before, *after);
}

TEST_F(LanguageModelTest, badBatchesAreRefused) {
    const auto model = build("mha");
    const TokenIds tokens = someTokens(10, 31);
    for (const std::int64_t batch : {0, -1, 3, 11}) {
        EXPECT_FALSE(model->logits(tokens, batch, MlaPath::Naive, {})) << batch;
    }
    EXPECT_FALSE(model->logits({}, 1, MlaPath::Naive, {}));
    EXPECT_FALSE(model->logits(std::vector{TokenId{40}}, 1, MlaPath::Naive, {}));
    EXPECT_FALSE(model->attention(tokens, LayerIndex{2}, {}));
    EXPECT_FALSE(model->attention(tokens, LayerIndex{-1}, {}));
    EXPECT_FALSE(model->attention({}, LayerIndex{0}, {}));
}

TEST_F(LanguageModelTest, resultsThatWouldNotFitAreRefusedBeforeMemoryIsTaken) {
    ModelConfig config = networkCase("mha");
    config.context = 1 << 20;
    const auto model = build(memoryCheckpoint(config));
    const TokenIds tokens(20000, TokenId{1});  // attention weights of 4 heads alone would be 6.4 GB
    const auto tooMuch = model->logits(tokens, 1, MlaPath::Naive, {});
    ASSERT_FALSE(tooMuch);
    EXPECT_NE(tooMuch.error().message().find("20000"), std::string::npos) << tooMuch.error().message();
    EXPECT_FALSE(model->attention(tokens, LayerIndex{0}, {}));
    EXPECT_FALSE(model->newSequence(std::int64_t{1} << 62, MlaPath::Naive));
    EXPECT_FALSE(model->newSequence(-1, MlaPath::Naive));
    EXPECT_EQ(account.current(MemoryKind::Cache), 0);
}

TEST_F(LanguageModelTest, cancelledWorkSaysSo) {
    std::stop_source stopped;
    stopped.request_stop();
    const auto model = build("mha");
    const auto logits = model->logits(someTokens(4, 31), 1, MlaPath::Naive, stopped.get_token());
    ASSERT_FALSE(logits);
    EXPECT_EQ(logits.error().what, "Cancelled");
    EXPECT_FALSE(model->attention(someTokens(4, 31), LayerIndex{0}, stopped.get_token()));
    const std::int64_t before = account.current(MemoryKind::Weights);
    EXPECT_FALSE((*loadLab())->build(memoryCheckpoint(networkCase("mha")), {}, account, stopped.get_token()));
    EXPECT_EQ(account.current(MemoryKind::Weights), before);
}

TEST_F(LanguageModelTest, damagedCheckpointsNameTheTensor) {
    Lab* lab = *loadLab();
    const auto refused = [&](const Checkpoint& checkpoint, const LabOptions& options) {
        const auto model = lab->build(checkpoint, options, account, {});
        return model ? std::string("built") : model.error().message();
    };
    const std::string tensor = "model.layers.1.self_attn.kv_b_proj.weight";

    Checkpoint missing = memoryCheckpoint(networkCase("joint"));
    missing.tensors.erase(tensor);
    EXPECT_NE(refused(missing, {}).find(tensor), std::string::npos);

    Checkpoint shortened = memoryCheckpoint(networkCase("joint"));
    shortened.tensors.at(tensor).data = shortened.tensors.at(tensor).data.first(4);
    EXPECT_NE(refused(shortened, {}).find(tensor), std::string::npos);

    Checkpoint integers = memoryCheckpoint(networkCase("joint"));
    integers.tensors.at(tensor).dtype = DType::I32;
    EXPECT_NE(refused(integers, {}).find("i32"), std::string::npos);

    Checkpoint twisted = memoryCheckpoint(networkCase("mha"));
    std::swap(twisted.tensors.at("model.layers.0.mlp.up_proj.weight").shape[0],
              twisted.tensors.at("model.layers.0.mlp.up_proj.weight").shape[1]);
    const auto model = lab->build(twisted, {}, account, {});
    ASSERT_TRUE(model);
    const auto logits = (*model)->logits(someTokens(4, 31), 1, MlaPath::Naive, {});
    ASSERT_FALSE(logits) << "torch's own refusal must arrive as a value";
    EXPECT_EQ(logits.error().message().find('\n'), std::string::npos) << "one line";

    const Checkpoint good = memoryCheckpoint(networkCase("mha"));
    EXPECT_NE(refused(good, {DeviceKind::Cpu, 1, DType::BF16}).find("bf16"), std::string::npos);
    if (!lab->hasCuda()) {
        EXPECT_NE(refused(good, {DeviceKind::Cuda, 1, DType::F32}), "built");
    }
}

TEST_F(LanguageModelTest, severalThreadsMayUseOneModel) {
    const auto model = build("joint");
    const TokenIds tokens = someTokens(24, model->config().vocab);
    const auto expected = sequence(model, 24)->forward(tokens, kAll);
    ASSERT_TRUE(expected);
    std::vector<std::vector<float>> results(4);
    {
        std::vector<std::jthread> threads;
        for (auto& result : results) {
            threads.emplace_back([&] {
                auto story = model->newSequence(24, MlaPath::Absorbed);
                if (!story) return;
                if (auto output = (*story)->forward(tokens, kAll)) result = output->logits;
            });
        }
    }
    for (const auto& result : results) EXPECT_LE(largestDifference(result, expected->logits), 1e-6F);
}

}  // namespace
}  // namespace loom::test
