// SPDX-License-Identifier: GPL-3.0-or-later
// Accounting: formula = sum of the tensors = account, for every preset scaled down, every cache type, batch and capacity; the tracked
// allocator; weights, activations and the optimiser apart.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "core/data/presets.h"
#include "core/engine/api/lab.h"
#include "tests/core/reference/counted_tensors.h"
#include "tests/core/reference/memory_checkpoint.h"

namespace loom::test {
namespace {

/// The same form with the same proportions, small enough to be built.
ModelConfig scaledDown(ModelConfig c) {
    const std::int64_t width = c.dModel;
    c.layers = 2;
    c.dModel = 24;
    c.ffnWidth = 20;
    c.vocab = 31;
    c.context = 64;
    AttentionConfig& a = c.attention;
    a.kvHeads = a.kvHeads == a.heads ? 4 : a.kvHeads == 1 ? 1 : 2;
    a.heads = 4;
    if (a.latent == Latent::Joint) {
        a.qLoraRank = std::min<std::int64_t>(a.qLoraRank, 9);
        a.kvLoraRank = 10;
        a.qkNopeHeadDim = 6;
        a.qkRopeHeadDim = 4;
        a.vHeadDim = 7;
    } else {
        if (a.latent == Latent::PerHead) a.kRank = a.vRank = std::max<std::int64_t>(1, a.kRank * 8 / a.headDim);
        if (a.latent == Latent::SplitShared) a.kRank = a.vRank = a.kRank * 32 / width;
        if (a.rotaryDim > 0) a.rotaryDim = a.rotaryStart = 4;
        a.headDim = 8;
    }
    if (!a.windows.empty()) a.windows = {0, 5};
    if (c.moe.experts > 0) {
        c.moe.experts = 8;
        c.moe.firstLayer = 1;
        c.moe.perToken = 2;
        c.moe.width = 6;
        c.moe.groups = std::min<std::int64_t>(c.moe.groups, 4);
        c.moe.topGroups = std::min<std::int64_t>(c.moe.topGroups, 2);
    }
    return c;
}

class MemoryAccounting : public testing::Test {
protected:
    MemoryAccount account;
    [[nodiscard]] std::int64_t now(MemoryKind kind) const { return account.current(kind); }
};

TEST_F(MemoryAccounting, everyPresetTypeBatchAndCapacity) {
    Lab* lab = valueOrThrow(loadLab());
    for (const Preset& preset : presets()) {
        const ModelConfig config = scaledDown(preset.config);
        {
            const auto network = valueOrThrow(lab->build(memoryCheckpoint(config), {DeviceKind::Cpu, 1, DType::F32}, account, {}));
            EXPECT_EQ(now(MemoryKind::Weights), countParameters(config).total * 4) << preset.name;
            EXPECT_EQ(network->weightBytes(), now(MemoryKind::Weights)) << preset.name;
            for (const MlaPath path : {MlaPath::Naive, MlaPath::Absorbed}) {
                for (const DType type : {DType::F32, DType::BF16, DType::F16, DType::I8}) {
                    const std::int64_t perToken = cacheSpec(config, path, type).bytesPerToken();
                    std::vector<std::unique_ptr<ReferenceSequence>> batch;
                    std::int64_t tensors = 0;
                    std::int64_t formula = 0;
                    for (const std::int64_t capacity : {1, 9, 64}) {
                        batch.push_back(valueOrThrow(network->newSequence(capacity, path, type)));
                        tensors += batch.back()->cache().use().bytes;
                        formula += perToken * capacity;
                        EXPECT_EQ(tensors, formula) << preset.name << ' ' << name(path) << ' ' << name(type);
                        EXPECT_EQ(now(MemoryKind::Cache), formula) << preset.name << ' ' << name(path) << ' ' << name(type);
                    }
                    ASSERT_TRUE(batch.back()->forward(someTokens(5, config.vocab), {})) << preset.name;
                    EXPECT_EQ(now(MemoryKind::Activations), 0) << preset.name << ": freed when the step is over";
                    EXPECT_EQ(now(MemoryKind::Cache), formula) << preset.name << ": a step takes no cache of its own";
                }
            }
            EXPECT_GT(account.peak(MemoryKind::Activations), 5 * config.dModel * 4) << preset.name;
        }
        EXPECT_EQ(now(MemoryKind::Weights), 0) << preset.name;
        EXPECT_EQ(now(MemoryKind::Cache), 0) << preset.name;
    }
}

TEST_F(MemoryAccounting, trainingCountsWeightsMomentsAndActivations) {
    Lab* lab = valueOrThrow(loadLab());
    for (const char* name : {"mha", "joint", "paperRotary"}) {
        const ModelConfig config = networkCase(name);
        const std::int64_t parameters = countParameters(config).total;
        {
            const auto trainer = valueOrThrow(lab->buildTrainable(memoryCheckpoint(config), {}, account));
            EXPECT_EQ(now(MemoryKind::Weights), parameters * 4) << name;
            EXPECT_EQ(now(MemoryKind::Optimiser), parameters * 8) << name << ": two moments in f32";
            EXPECT_EQ(now(MemoryKind::Activations), 0) << name;
            TokenBatch batch;
            batch.rows = 2;
            for (const TokenId id : someTokens(16, config.vocab)) batch.inputs.push_back(id.value());
            batch.targets = batch.inputs;
            ASSERT_TRUE(trainer->step({&batch, 1}, 1e-3, 1, {})) << name;
            EXPECT_EQ(now(MemoryKind::Optimiser), parameters * 8) << name;
            EXPECT_GE(now(MemoryKind::Activations), parameters * 4) << name << ": gradients stay until the next step";
            EXPECT_GT(account.peak(MemoryKind::Activations), now(MemoryKind::Activations)) << name;
            const std::int64_t afterFirst = now(MemoryKind::Activations);
            ASSERT_TRUE(trainer->step({&batch, 1}, 1e-3, 2, {})) << name;
            EXPECT_EQ(now(MemoryKind::Activations), afterFirst) << name << ": the next step leaves no more";
        }
        for (const MemoryKind kind : {MemoryKind::Weights, MemoryKind::Optimiser, MemoryKind::Activations, MemoryKind::Other}) {
            EXPECT_EQ(now(kind), 0) << name;
        }
    }
}

TEST_F(MemoryAccounting, nothingOfMixedPrecisionTrainingIsLeft) {
    Lab* lab = valueOrThrow(loadLab());
    ModelConfig config = networkCase("gpt");
    TrainerOptions options;
    options.precision = DType::BF16;
    {
        const auto trainer = valueOrThrow(lab->buildTrainable(memoryCheckpoint(config), options, account));
        const std::int64_t weights = now(MemoryKind::Weights);
        EXPECT_GT(weights, countParameters(config).total * 4) << "matrices have a bf16 shadow";
        EXPECT_LT(weights, countParameters(config).total * 6);
        TokenBatch batch;
        batch.rows = 1;
        for (const TokenId id : someTokens(32, config.vocab)) batch.inputs.push_back(id.value());
        batch.targets = batch.inputs;
        for (const std::int64_t step : {1, 2, 3}) ASSERT_TRUE(trainer->step({&batch, 1}, 1e-3, step, {}));
        ASSERT_TRUE(trainer->loss(batch));
        EXPECT_EQ(now(MemoryKind::Weights), weights);
        EXPECT_GT(account.peak(MemoryKind::Activations), 0);
    }
    for (const MemoryKind kind : {MemoryKind::Weights, MemoryKind::Optimiser, MemoryKind::Activations}) EXPECT_EQ(now(kind), 0);
}

TEST_F(MemoryAccounting, aStepSaysWhatItAllocated) {
    Lab* lab = valueOrThrow(loadLab());
    const ModelConfig config = networkCase("mha");
    const auto network = valueOrThrow(lab->build(memoryCheckpoint(config), {DeviceKind::Cpu, 1, DType::F32}, account, {}));
    const auto sequence = valueOrThrow(network->newSequence(40, MlaPath::Absorbed));
    ForwardOptions options;
    const auto silent = sequence->forward(someTokens(3, config.vocab), options);
    ASSERT_TRUE(silent);
    EXPECT_FALSE(silent->memory) << "only if asked for";
    options.memory = true;
    const auto step = sequence->forward(someTokens(20, config.vocab), options);
    ASSERT_TRUE(step && step->memory);
    EXPECT_GE(step->memory->largest, 20 * config.ffnWidth * 4);
    EXPECT_GE(step->memory->peak, step->memory->largest);
    EXPECT_GT(step->memory->total, step->memory->peak) << "tensors of earlier layers are gone by then";
    EXPECT_GE(account.peak(MemoryKind::Activations), step->memory->peak);
}

TEST_F(MemoryAccounting, tensorsCountUntilTheyAreFreed) {
    HeldTensors outside;
    outside.make(1000);
    HeldTensors held;
    {
        lab::CountTensors scope(account, MemoryKind::Activations);
        for (const std::int64_t bytes : {1, 100, 4096}) {
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(held.make(bytes)) % 64, 0U) << "as aligned as torch's own";
        }
        EXPECT_EQ(now(MemoryKind::Activations), 4197);
        {
            lab::CountTensors inner(account, MemoryKind::Other);
            HeldTensors short_lived;
            short_lived.make(500);
            EXPECT_EQ(now(MemoryKind::Other), 500);
            EXPECT_EQ(inner.allocations().total, 500);
        }
        EXPECT_EQ(now(MemoryKind::Other), 0);
        outside.make(70);
        outside.drop();  // what was made before the scope was never counted
        EXPECT_EQ(now(MemoryKind::Activations), 4197);
        EXPECT_EQ(scope.allocations().total, 4197 + 70);
        EXPECT_EQ(scope.allocations().peak, 4197 + 70);
        EXPECT_EQ(scope.allocations().alive, 4197);
        EXPECT_EQ(scope.allocations().largest, 4096);
    }
    outside.make(1000);
    EXPECT_EQ(now(MemoryKind::Activations), 4197) << "no scope, no counting";
    std::thread([&] { held.drop(); }).join();
    EXPECT_EQ(now(MemoryKind::Activations), 0) << "freed on another thread, after the scope";
    EXPECT_EQ(account.peak(MemoryKind::Activations), 4267);
}

TEST_F(MemoryAccounting, aTensorThatGrowsIsCountedOnce) {
    HeldTensors held;
    lab::CountTensors scope(account, MemoryKind::Other);
    held.make(100);
    EXPECT_TRUE(held.grow(5000));
    EXPECT_EQ(now(MemoryKind::Other), 5000);
    held.drop();
    EXPECT_EQ(now(MemoryKind::Other), 0);
}

}  // namespace
}  // namespace loom::test
