// SPDX-License-Identifier: GPL-3.0-or-later
// The fast path beside the reference: every form and cache type, every family of checkpoints, and the shipped models, which must write the
// same stories.
#include <gtest/gtest.h>

#include <filesystem>

#include "core/engine/api/lab.h"
#include "tests/core/decode_network.h"
#include "tests/core/reference/packed_checkpoint.h"

namespace fs = std::filesystem;

namespace loom::test {
namespace {

constexpr std::int64_t kTokens = 33;

std::shared_ptr<ReferenceModel> reference(const Checkpoint& checkpoint, MemoryAccount& account) {
    return valueOrThrow(valueOrThrow(loadLab())->build(checkpoint, {DeviceKind::Cpu, 1, DType::F32}, account, {}));
}

std::vector<float> referenceLogits(ReferenceModel& model, const TokenIds& tokens, MlaPath path, DType cache) {
    const auto sequence = valueOrThrow(model.newSequence(std::ssize(tokens), path, cache));
    std::vector<float> logits = valueOrThrow(sequence->forward(std::span(tokens).first(20), kAllLogits)).logits;
    for (std::size_t t = 20; t < tokens.size(); ++t) {
        const std::vector<float> one = valueOrThrow(sequence->forward(std::span(tokens).subspan(t, 1), kAllLogits)).logits;
        logits.insert(logits.end(), one.begin(), one.end());
    }
    return logits;
}

class DecodeBesideReference : public testing::TestWithParam<NetworkCase> {
protected:
    MemoryAccount m_account;
    TokenIds m_tokens = someTokens(kTokens, GetParam().config.vocab);
};

TEST_P(DecodeBesideReference, logitsAgreeInF32) {
    const Checkpoint checkpoint = memoryCheckpoint(GetParam().config);
    const auto slow = reference(checkpoint, m_account);
    for (const MlaPath path : {MlaPath::Naive, MlaPath::Absorbed}) {
        const std::vector<float> expected = referenceLogits(*slow, m_tokens, path, DType::F32);
        for (const std::int64_t threads : {1, 2}) {
            const auto fast = decodeModel(checkpoint, m_account, Precision::F32, threads, path);
            EXPECT_LE(largestDifference(logitsInBlocks(*fast, m_tokens, {20, 1}), expected), 2e-5 * sizeOf(expected))
                << name(path) << ", threads " << threads;
        }
    }
}

TEST_P(DecodeBesideReference, roundedWeightsAgreeWithTheReferenceOfRoundedWeights) {
    ModelConfig config = GetParam().config;
    config.moe.perToken = config.moe.experts;  // which expert is chosen is no smooth function of what is rounded
    config.moe.topGroups = config.moe.groups;
    const Checkpoint checkpoint = memoryCheckpoint(config);
    for (const Precision precision : {Precision::Bf16, Precision::Int8, Precision::Int4}) {
        for (const MlaPath path : {MlaPath::Naive, MlaPath::Absorbed}) {
            const auto slow = reference(packedCheckpoint(checkpoint, precision, path), m_account);
            const std::vector<float> expected = referenceLogits(*slow, m_tokens, path, DType::F32);
            for (const std::int64_t threads : {1, 2}) {
                const auto fast = decodeModel(checkpoint, m_account, precision, threads, path);
                const std::vector<float> logits = logitsInBlocks(*fast, m_tokens, {20, 1});
                if (precision == Precision::Bf16) {
                    EXPECT_LE(largestDifference(logits, expected), 2e-5 * sizeOf(expected)) << name(path);
                } else {
                    EXPECT_LE(relativeError(logits, expected), 0.03) << name(precision) << ' ' << name(path);
                }
            }
        }
    }
}

TEST_P(DecodeBesideReference, cachesOfEveryTypeAgree) {
    ModelConfig config = GetParam().config;
    config.moe.perToken = config.moe.experts;
    config.moe.topGroups = config.moe.groups;
    const Checkpoint checkpoint = memoryCheckpoint(config);
    const auto slow = reference(checkpoint, m_account);
    for (const DType type : {DType::BF16, DType::F16, DType::I8}) {
        const auto fast = decodeModel(checkpoint, m_account, Precision::F32, 2, MlaPath::Absorbed, type);
        const std::vector<float> expected = referenceLogits(*slow, m_tokens, MlaPath::Absorbed, type);
        // A value on the edge between two steps may fall to either side when it was summed in another order.
        EXPECT_LE(largestDifference(logitsInBlocks(*fast, m_tokens, {20, 1}), expected),
                  (type == DType::I8 ? 2e-2 : 1e-2) * sizeOf(expected))
            << name(type);
        EXPECT_LE(relativeError(logitsInBlocks(*fast, m_tokens, {20, 1}), expected), 2e-3) << name(type);
    }
}

INSTANTIATE_TEST_SUITE_P(All, DecodeBesideReference, testing::ValuesIn(networkCases()),
                         [](const testing::TestParamInfo<NetworkCase>& each) { return each.param.name; });

/// Every checkpoint that transformers or nanoGPT wrote.
std::vector<std::string> goldenModels() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(LOOM_SOURCE_DIR "/tests/golden/models")) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

class DecodeFamilies : public testing::TestWithParam<std::string> {};

TEST_P(DecodeFamilies, logitsAgreeInF32) {
    const Checkpoint checkpoint = readCheckpoint(fs::path(LOOM_SOURCE_DIR "/tests/golden/models") / GetParam());
    MemoryAccount account;
    if (decode::fastPathMissing(checkpoint.config)) {
        EXPECT_FALSE(DecodeModel::build(checkpoint, {}, account));
        return;
    }
    const TokenIds tokens = someTokens(std::min<std::int64_t>(24, checkpoint.config.context), checkpoint.config.vocab);
    const auto slow = reference(checkpoint, account);
    for (const MlaPath path : {MlaPath::Naive, MlaPath::Absorbed}) {
        const std::vector<float> expected = valueOrThrow(slow->logits(tokens, 1, path, {}));
        const auto fast = decodeModel(checkpoint, account, Precision::F32, 2, path);
        EXPECT_LE(largestDifference(logitsInBlocks(*fast, tokens, {20, 1}), expected), 2e-5 * sizeOf(expected)) << name(path);
    }
}

INSTANTIATE_TEST_SUITE_P(All, DecodeFamilies, testing::ValuesIn(goldenModels()), [](const testing::TestParamInfo<std::string>& each) {
    std::string name = each.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

TokenId likeliest(const std::vector<float>& logits) { return TokenId{std::max_element(logits.begin(), logits.end()) - logits.begin()}; }

TEST(DecodeShipped, writesTheReferencesStories) {
    for (const char* which : {"demo-mha", "demo-mla"}) {
        const Checkpoint checkpoint = readCheckpoint(fs::path(LOOM_SOURCE_DIR "/models") / which);
        MemoryAccount account;
        const auto slow = reference(checkpoint, account);
        for (const MlaPath path : {MlaPath::Absorbed, MlaPath::Naive}) {
            TokenIds written;
            const auto story = valueOrThrow(slow->newSequence(65, path));
            for (TokenId next{0}; written.size() < 64;) {
                next = likeliest(valueOrThrow(story->forward(std::vector{next}, {})).logits);
                written.push_back(next);
            }
            for (const Precision precision : {Precision::F32, Precision::Bf16}) {  // they are stored in bf16
                const auto fast = decodeModel(checkpoint, account, precision, 2, path);
                const auto sequence = valueOrThrow(fast->newSequence(65));
                TokenIds same;
                ForwardOutput out;
                for (TokenId next{0}; same.size() < 64;) {
                    valueOrThrow(sequence->forward({&next, 1}, {}, out));
                    next = likeliest(out.logits);
                    same.push_back(next);
                }
                EXPECT_EQ(same, written) << which << ' ' << name(path) << ' ' << name(precision);
            }
        }
    }
}

TEST(DecodeShipped, weightsTakeWhatTheirPrecisionSays) {
    const Checkpoint checkpoint = readCheckpoint(fs::path(LOOM_SOURCE_DIR "/models/demo-mla"));
    const auto parameters = static_cast<double>(countParameters(checkpoint.config).total);
    MemoryAccount account;
    const auto bytesPerWeight = [&](Precision precision) {
        const auto model = decodeModel(checkpoint, account, precision);
        EXPECT_EQ(account.current(MemoryKind::Weights), model->weightBytes());
        return static_cast<double>(model->weightBytes()) / parameters;
    };
    EXPECT_NEAR(bytesPerWeight(Precision::F32), 4.0, 0.02);
    EXPECT_NEAR(bytesPerWeight(Precision::Bf16), 2.0, 0.02);
    EXPECT_NEAR(bytesPerWeight(Precision::Int8), 1.0, 0.05);
    EXPECT_NEAR(bytesPerWeight(Precision::Int4), 0.625, 0.02);
}

}  // namespace
}  // namespace loom::test
