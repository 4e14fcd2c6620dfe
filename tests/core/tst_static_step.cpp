// SPDX-License-Identifier: GPL-3.0-or-later
// StaticStep: the step that a GPU records computes what the ordinary one does, in every form that can be static.
#include <gtest/gtest.h>

#include <cmath>

#include "core/data/absorption.h"
#include "core/lab/device/device.h"
#include "core/lab/device/static_step.h"
#include "core/lab/inspect/attention_capture.h"
#include "core/lab/reference_sequence.h"
#include "tests/core/reference/memory_checkpoint.h"

namespace loom::lab {
namespace {

TEST(StaticStep, equalsTheOrdinaryStepInEveryFormThatCanBeStatic) {
    int compared = 0, refused = 0;
    for (const test::NetworkCase& each : test::networkCases()) {
        const ModelConfig& config = each.config;
        MemoryAccount account;
        const Checkpoint checkpoint = test::memoryCheckpoint(config);
        const auto weights = std::make_shared<const Weights>(checkpoint, at::TensorOptions().dtype(at::kFloat), account, std::stop_token());
        const LanguageModel model(config, weights, absorbObstacle(config) ? MlaPath::Naive : MlaPath::Absorbed);
        HostAllocator allocator(account);
        const CacheSpec spec = cacheSpec(config, MlaPath::Absorbed, DType::F32);
        KvCache ordinary(spec, 40, allocator), fixed(spec, 40, allocator);
        if (!StaticStep::possible(config, fixed, DType::F32)) {
            ++refused;
            continue;
        }
        StaticStep step(model, fixed);
        for (const TokenId token : test::someTokens(30, config.vocab)) {
            CachedPast past(ordinary, model.type());
            Watch nothing;
            const std::vector<float> expected =
                floats(model.logits(model.hidden(tokenTensor(std::span(&token, 1), 1, model), past, nothing, {})[0]));
            past.commit(1);
            const std::vector<float> found = floats(step.run(token));
            fixed.setLength(fixed.length() + 1);
            ASSERT_EQ(found.size(), expected.size());
            for (std::size_t v = 0; v < expected.size(); ++v) {
                ASSERT_NEAR(found[v], expected[v], 2e-5F * std::max(1.0F, std::abs(expected[v]))) << each.name << ' ' << fixed.length();
            }
        }
        ++compared;
    }
    EXPECT_GT(compared, 10);
    EXPECT_GT(refused, 0) << "keys that are rebuilt and turned at every step";
}

TEST(StaticStep, refusesCachesOfAnotherType) {
    MemoryAccount account;
    HostAllocator allocator(account);
    const ModelConfig config = test::networkCase("mha");
    const KvCache halves(cacheSpec(config, MlaPath::Absorbed, DType::BF16), 8, allocator);
    EXPECT_FALSE(StaticStep::possible(config, halves, DType::F32));
}

}  // namespace
}  // namespace loom::lab
