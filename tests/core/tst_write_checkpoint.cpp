// SPDX-License-Identifier: GPL-3.0-or-later
// What opens is written and opens again: every golden checkpoint and every form, in the family that can express it.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/engine/api/lab.h"
#include "core/engine/checkpoint/tensor_layout.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "tests/core/reference/memory_checkpoint.h"
#include "tests/support/checkpoint_files.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_checkpoint.h"

namespace loom::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A configuration without what a file family and not the network decides.
ModelConfig bare(ModelConfig config) {
    config.family = Family::LatentLoom;
    config.modelType.clear();
    config.storage = DType::F32;
    config.bosToken.reset();
    config.eosTokens.clear();
    if (config.positions != Positions::Rotary) {  // then nothing is rotated and the files need not say how
        config.attention.ropeTheta = 10000.0;
        config.attention.rotaryDim = config.attention.rotaryStart = 0;
    }
    if (config.attention.ropeScaling.kind == RopeScalingKind::Linear) config.attention.ropeScaling.originalContext = 0;  // means nothing
    if (config.attention.rotaryDim == config.attention.headDim) config.attention.rotaryDim = 0;
    return config;
}

std::vector<std::byte> elements(const TensorView& view) {
    std::size_t bytes = static_cast<std::size_t>(bytesPerElement(view.dtype));
    for (const std::int64_t size : view.shape) bytes *= static_cast<std::size_t>(size);
    std::vector<std::byte> out(bytes);
    copyElements(view, out);
    return out;
}

std::vector<float> logits(const Checkpoint& checkpoint) {
    MemoryAccount account;
    const auto model = valueOrThrow(valueOrThrow(loadLab())->build(checkpoint, {DeviceKind::Cpu, 1, DType::F32}, account, {}));
    return valueOrThrow(model->logits(someTokens(12, checkpoint.config.vocab), 1, MlaPath::Naive, {}));
}

struct Written {
    std::string name;
    Family family;
};

class GoldenFolders : public testing::TestWithParam<Written> {};

TEST_P(GoldenFolders, areWrittenAndOpenAgain) {
    const Checkpoint checkpoint = readCheckpoint(goldenModel(GetParam().name));
    const TempFolder folder;
    EXPECT_EQ(saveCheckpoint(checkpoint, folder / "out"), GetParam().family);
    const Checkpoint again = readCheckpoint(folder / "out");
    EXPECT_EQ(again.config.family, GetParam().family);
    EXPECT_EQ(bare(again.config), bare(checkpoint.config));
    EXPECT_EQ(again.config.storage, checkpoint.config.storage);
    ASSERT_EQ(again.tensors.size(), checkpoint.tensors.size());
    for (const auto& [name, view] : checkpoint.tensors) {
        EXPECT_EQ(again.tensors.at(name).dtype, view.dtype) << name;
        EXPECT_EQ(elements(again.tensors.at(name)), elements(view)) << name;
    }
    EXPECT_EQ(logits(again), logits(checkpoint));
}

INSTANTIATE_TEST_SUITE_P(All, GoldenFolders,
                         testing::Values(Written{"llama-gqa-bias-untied", Family::Llama}, Written{"llama-f16", Family::Llama},
                                         Written{"llama-sharded", Family::Llama}, Written{"llama-linear", Family::Llama},
                                         Written{"llama-dynamic", Family::Llama}, Written{"llama-llama3", Family::Llama},
                                         Written{"llama-yarn-mscale", Family::Llama}, Written{"deepseek-bias", Family::DeepseekV3},
                                         Written{"deepseek-half-rope", Family::DeepseekV3},
                                         Written{"deepseek-v3-experts", Family::DeepseekV3},
                                         Written{"deepseek-v3-yarn", Family::DeepseekV3}, Written{"deepseek-v2-greedy", Family::DeepseekV2},
                                         Written{"deepseek-v2-groups-yarn", Family::DeepseekV2}, Written{"gpt2", Family::LatentLoom},
                                         Written{"gpt2-options", Family::LatentLoom}, Written{"gpt2-no-scale", Family::LatentLoom},
                                         Written{"gpt-neo", Family::LatentLoom}, Written{"gpt-neo-three-layers", Family::LatentLoom},
                                         Written{"neox", Family::LatentLoom}, Written{"neox-sequential", Family::LatentLoom},
                                         Written{"neox-no-bias", Family::LatentLoom}, Written{"nanogpt", Family::LatentLoom},
                                         Written{"nanogpt-bias", Family::LatentLoom}),
                         [](const testing::TestParamInfo<Written>& each) {
                             std::string text = each.param.name;
                             std::replace(text.begin(), text.end(), '-', '_');
                             return text;
                         });

class Forms : public testing::TestWithParam<NetworkCase> {};

TEST_P(Forms, areDescribedCompletelyByOurOwnFolders) {
    const TempFolder folder;
    Checkpoint checkpoint = memoryCheckpoint(GetParam().config);
    ModelConfig config = checkpoint.config;
    config.family = Family::LatentLoom;
    std::vector<TensorToWrite> tensors;
    for (const auto& [name, view] : checkpoint.tensors) tensors.push_back({name, view.dtype, view.shape, view.data});
    writeWeights(folder.path(), tensors, DType::F32);
    writeTextFile(folder / "config.json", configText(config, DType::F32));
    std::int64_t parameters = 0;
    for (const TensorToWrite& tensor : tensors) parameters += std::ssize(tensor.data) / 4;
    EXPECT_EQ(countParameters(config).total, parameters);
    EXPECT_EQ(bare(readCheckpoint(folder.path()).config), bare(config));
    EXPECT_EQ(logits(readCheckpoint(folder.path())), logits(checkpoint));
}

INSTANTIATE_TEST_SUITE_P(All, Forms, testing::ValuesIn(networkCases()),
                         [](const testing::TestParamInfo<NetworkCase>& each) { return each.param.name; });

TEST(WriteCheckpoint, ofLlama2CRotatesByHalves) {
    const TempFolder folder;
    TinyOptions options;
    options.kvHeads = 2;
    writeTinyLlama2C(folder / "m.bin", options);
    const Checkpoint checkpoint = readCheckpoint(folder / "m.bin");
    EXPECT_EQ(saveCheckpoint(checkpoint, folder / "out"), Family::Llama);
    const Checkpoint again = readCheckpoint(folder / "out");
    EXPECT_EQ(again.config.attention.ropeLayout, RopeLayout::Half);
    const std::vector<float> before = logits(checkpoint);
    const std::vector<float> after = logits(again);
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(before[i], after[i], 1e-5F);
}

TEST(WriteCheckpoint, roundsToTheStorageThatIsAskedFor) {
    const TempFolder folder;
    const Checkpoint checkpoint = readCheckpoint(goldenModel("gpt2-options"));  // f16, transposed
    (void)saveCheckpoint(checkpoint, folder / "f32", DType::F32);
    (void)saveCheckpoint(checkpoint, folder / "bf16", DType::BF16);
    EXPECT_EQ(logits(readCheckpoint(folder / "f32")), logits(checkpoint)) << "f16 fits into f32";
    const Checkpoint rounded = readCheckpoint(folder / "bf16");
    EXPECT_EQ(rounded.config.storage, DType::BF16);
    const std::vector<float> a = logits(rounded);
    const std::vector<float> b = logits(checkpoint);
    EXPECT_NE(a, b);
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 0.3F);
}

TEST(WriteCheckpoint, sameFamilyOrOurOwn) {
    ModelConfig config = networkCase("joint");
    EXPECT_EQ(familyToWrite(config), Family::DeepseekV3);
    config.latentNormEps = 1e-5;
    EXPECT_EQ(familyToWrite(config), Family::LatentLoom) << "DeepSeek's latent norms have no key for eps";
    config = networkCase("expertsSigmoid");
    EXPECT_EQ(familyToWrite(config), Family::DeepseekV3);
    config.moe.shared = 0;
    EXPECT_EQ(familyToWrite(config), Family::LatentLoom);
    EXPECT_EQ(familyToWrite(networkCase("expertsSoftmax")), Family::DeepseekV2);
    EXPECT_EQ(familyToWrite(networkCase("partialRotary")), Family::LatentLoom) << "transformers' Llama cannot";
    ModelConfig wrong = networkCase("gpt");
    wrong.family = Family::Gpt2;
    EXPECT_THAT(errorOf([&] { (void)configText(wrong, DType::F32); }).message(), HasSubstr("is not written as gpt2"));
    wrong = networkCase("mhaInterleaved");
    EXPECT_THAT(errorOf([&] { (void)configText(wrong, DType::F32); }).message(), HasSubstr("is not written as llama"));
}

}  // namespace
}  // namespace loom::test
