// SPDX-License-Identifier: GPL-3.0-or-later
// Small checkpoints whose logits transformers or, for nanoGPT, PyTorch computed (tests/golden/make_model_golden.py,
// make_nanogpt_golden.py, make_gguf_golden.py): at once, token by token, on both MLA paths.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "core/engine/api/lab.h"
#include "core/engine/checkpoint/safetensors.h"

namespace fs = std::filesystem;

namespace loom::test {
namespace {

const fs::path kModels = LOOM_SOURCE_DIR "/tests/golden/models";

struct Expected {
    std::int64_t batch = 0;
    std::int64_t length = 0;
    TokenIds tokens;            ///< [B, T]
    std::vector<float> logits;  ///< [B, T, V]
    double allowed = 0;         ///< 2e-4 · max(1, standard deviation of the logits)
};

template <class T>
std::vector<T> elements(const TensorView& view) {
    std::vector<T> out(view.data.size() / sizeof(T));
    std::memcpy(out.data(), view.data.data(), out.size() * sizeof(T));
    return out;
}

Expected readExpected(const fs::path& folder) {
    const SafetensorsFile file = readSafetensors(folder / "expected.safetensors");
    const TensorView& tokens = file.tensors.at("tokens");
    Expected expected;
    expected.batch = tokens.shape.at(0);
    expected.length = tokens.shape.at(1);
    for (const std::int64_t id : elements<std::int64_t>(tokens)) expected.tokens.emplace_back(id);
    expected.logits = elements<float>(file.tensors.at("logits"));
    double sum = 0.0;
    double squares = 0.0;
    for (const float value : expected.logits) {
        sum += static_cast<double>(value);
        squares += static_cast<double>(value) * static_cast<double>(value);
    }
    const auto count = static_cast<double>(expected.logits.size());
    expected.allowed = 2e-4 * std::max(1.0, std::sqrt(squares / count - (sum / count) * (sum / count)));
    return expected;
}

double largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) return INFINITY;
    double largest = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!std::isfinite(a[i])) return INFINITY;
        largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    }
    return largest;
}

class TransformersGolden : public testing::TestWithParam<const char*> {};

TEST_P(TransformersGolden, logitsAgree) {
    const fs::path folder = kModels / GetParam();
    const Expected expected = readExpected(folder);
    const Checkpoint checkpoint = readCheckpoint(folder);
    MemoryAccount account;
    const Result<Lab*> lab = loadLab();
    ASSERT_TRUE(lab) << lab.error().message();
    const auto model = (*lab)->build(checkpoint, {}, account, {});
    ASSERT_TRUE(model) << model.error().message();

    const bool joint = checkpoint.config.attention.latent == Latent::Joint;
    for (const MlaPath path : joint ? std::vector{MlaPath::Naive, MlaPath::Absorbed} : std::vector{MlaPath::Naive}) {
        const auto atOnce = (*model)->logits(expected.tokens, expected.batch, path, {});
        ASSERT_TRUE(atOnce) << atOnce.error().message();
        EXPECT_LE(largestDifference(*atOnce, expected.logits), expected.allowed) << name(path) << ", at once";

        std::vector<float> stepwise;
        for (std::int64_t b = 0; b < expected.batch; ++b) {
            auto story = (*model)->newSequence(expected.length, path);
            ASSERT_TRUE(story) << story.error().message();
            // With dynamic scaling every length has other angles: only the last step has read the text that was computed at once.
            const bool dynamic = checkpoint.config.attention.ropeScaling.kind == RopeScalingKind::Dynamic;
            for (std::int64_t t = 0; t < expected.length; ++t) {
                const TokenId token = expected.tokens[static_cast<std::size_t>(b * expected.length + t)];
                const auto step = (*story)->forward({&token, 1}, {});
                ASSERT_TRUE(step) << step.error().message();
                const auto place = static_cast<std::ptrdiff_t>((b * expected.length + t) * checkpoint.config.vocab);
                if (dynamic && t + 1 < expected.length) {
                    stepwise.insert(stepwise.end(), expected.logits.begin() + place,
                                    expected.logits.begin() + place + checkpoint.config.vocab);
                } else {
                    stepwise.insert(stepwise.end(), step->logits.begin(), step->logits.end());
                }
            }
        }
        EXPECT_LE(largestDifference(stepwise, expected.logits), expected.allowed) << name(path) << ", token by token";
    }
}

INSTANTIATE_TEST_SUITE_P(All, TransformersGolden,
                         testing::Values("llama-mha", "llama-gqa-bias-untied", "llama-bf16", "llama-f16", "llama-sharded",
                                         "deepseek-null-query-rank", "deepseek-query-rank", "deepseek-half-rope", "deepseek-bias",
                                         "deepseek-bf16-sharded", "llama-linear", "llama-dynamic", "llama-llama3", "llama-yarn",
                                         "llama-yarn-mscale", "deepseek-v2-greedy", "deepseek-v2-groups-yarn", "deepseek-v3-experts",
                                         "deepseek-v3-yarn", "gpt2", "gpt2-options", "gpt2-no-scale", "gpt-neo", "gpt-neo-three-layers",
                                         "neox", "neox-sequential", "neox-no-bias", "nanogpt", "nanogpt-bias", "gguf-llama-f32",
                                         "gguf-llama-f16-linear", "gguf-llama-bf16-llama3", "gguf-llama-f16-yarn", "gguf-llama-q8",
                                         "gguf-llama-sentencepiece", "gguf-deepseek2-split", "gguf-deepseek2-joined", "gguf-deepseek2-q8"),
                         [](const testing::TestParamInfo<const char*>& each) {
                             std::string text = each.param;
                             std::replace(text.begin(), text.end(), '-', '_');
                             return text;
                         });

TEST(TransformersGoldenFolder, everyCaseIsTested) {
    std::size_t folders = 0;
    for (const auto& entry : fs::directory_iterator(kModels)) folders += entry.is_directory() ? 1U : 0U;
    EXPECT_EQ(folders, 38U) << "a folder without a test, or a test without its folder";
}

}  // namespace
}  // namespace loom::test
