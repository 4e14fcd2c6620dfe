// SPDX-License-Identifier: GPL-3.0-or-later
// Presets: golden bytes and parameters, published totals recomputed from published shapes, names.
#include <gtest/gtest.h>

#include <set>

#include "core/data/byte_formulas.h"
#include "core/data/presets.h"
#include "core/engine/checkpoint/checkpoint.h"

namespace loom {
namespace {

std::int64_t bytes(const std::string& preset, DType type = DType::BF16, MlaPath path = MlaPath::Absorbed) {
    return cacheSpec(presetNamed(preset).config, path, type).bytesPerToken();
}

TEST(Presets, goldenBytesPerToken) {
    EXPECT_EQ(bytes("deepseek-v3"), 70'272);
    EXPECT_EQ(bytes("deepseek-v2-lite"), 31'104);
    EXPECT_EQ(bytes("deepseek-v2-lite", DType::BF16, MlaPath::Naive), 276'480) << "the rotary key copied per head";
    EXPECT_EQ(bytes("paper-9l-mha"), 18'432);
    EXPECT_EQ(bytes("paper-9l-mla-r1"), 18'432) << "r = d stores as much as MHA";
    EXPECT_EQ(bytes("paper-9l-mla-r2"), 9'216);
    EXPECT_EQ(bytes("paper-9l-mla-r4"), 4'608);
    EXPECT_EQ(bytes("paper-9l-mla-r8"), 2'304);
    EXPECT_EQ(bytes("paper-9l-mla-r2-norope"), 9'216);
    EXPECT_EQ(bytes("mla-deepseek"), 5'184);
    EXPECT_EQ(bytes("demo-mha"), 6'144);
    EXPECT_EQ(bytes("demo-mla"), 1'536);
    EXPECT_EQ(bytes("demo-mla", DType::F32), 3'072);
    EXPECT_EQ(bytes("demo-mla", DType::I8), 6 * (128 + 2 * 4)) << "a scale for each row of the latent and of the rotary key";
    EXPECT_EQ(bytes("gpt2"), 2 * 768 * 12 * 2);
    EXPECT_EQ(bytes("llama2-7b"), 524'288);
    EXPECT_EQ(bytes("llama3-8b"), 131'072);
    EXPECT_EQ(bytes("tinystories-33m"), 2 * 768 * 4 * 2);
    EXPECT_EQ(bytes("gqa"), 18'432 / 4);
    EXPECT_EQ(bytes("mqa"), 18'432 / 8);
}

/// The table of nine layers, width 512, 8 heads: GELU of width 4D with biases, LayerNorm, attention without biases, tied head.
TEST(Presets, goldenParameters) {
    struct Row {
        const char* preset;
        std::int64_t nonEmbedding, total;
    };
    for (const Row& row : {Row{"paper-9l-mha", 28'354'048, 54'085'632}, Row{"paper-9l-mla-r1", 28'943'872, 54'675'456},
                           Row{"paper-9l-mla-r2", 26'289'664, 52'021'248}, Row{"paper-9l-mla-r4", 24'962'560, 50'694'144},
                           Row{"paper-9l-mla-r8", 24'299'008, 50'030'592}, Row{"mla-deepseek", 28'503'808, 54'235'392},
                           Row{"mla-deepseek-narrow", 26'734'336, 52'465'920}, Row{"p50", 28'354'048, 54'085'632 + 262'144}}) {
        const ParameterCount count = countParameters(presetNamed(row.preset).config);
        EXPECT_EQ(count.nonEmbedding, row.nonEmbedding) << row.preset;
        EXPECT_EQ(count.total, row.total) << row.preset;
    }
    EXPECT_EQ(presetNamed("demo-mha").parameters(), 5'795'072);
    EXPECT_EQ(presetNamed("demo-mla").parameters(), 5'771'072);
    EXPECT_EQ(presetNamed("gpt2").parameters(), 124'439'808);
    EXPECT_EQ(presetNamed("gpt2-xl").parameters(), 1'557'611'200);
    EXPECT_EQ(presetNamed("llama2-7b").parameters(), 6'738'415'616);
    EXPECT_EQ(presetNamed("llama3-8b").parameters(), 8'030'261'248);
    EXPECT_EQ(presetNamed("s15").parameters(), 15'191'712);
    EXPECT_NEAR(static_cast<double>(presetNamed("paper-6l-mha").parameters()), 17.6e6, 0.05e6) << "the paper says 17.5M";
    EXPECT_NEAR(static_cast<double>(presetNamed("paper-12l-mha").parameters()), 202.6e6, 0.05e6) << "the paper says 202.7M";
}

/// What the model cards and the papers print, and the exact counts of the published weights.
TEST(Presets, mixturesHaveTheirPublishedTotals) {
    struct Mixture {
        const char* preset;
        std::int64_t total;
        double billions, activeBillions;  // as published
    };
    for (const Mixture& m : {Mixture{"deepseek-v2-lite", 15'706'484'224, 15.7, 2.4}, Mixture{"deepseek-v2", 235'741'434'880, 236, 21},
                             Mixture{"deepseek-v3", 671'026'419'200, 671, 37}}) {
        const ParameterCount count = countParameters(presetNamed(m.preset).config);
        EXPECT_EQ(count.total, m.total) << m.preset;
        EXPECT_NEAR(static_cast<double>(count.total) / 1e9, m.billions, 0.002 * m.billions) << m.preset;
        EXPECT_NEAR(static_cast<double>(count.active) / 1e9, m.activeBillions, 0.12 * m.activeBillions) << m.preset;
    }
}

TEST(Presets, gptNeoIsCountedWithItsBiasOnTheOutputOnly) {
    EXPECT_EQ(presetNamed("tinystories-1m").parameters(), 3'745'984);
    EXPECT_EQ(presetNamed("tinystories-3m").parameters(), 8'278'400);
    EXPECT_EQ(presetNamed("tinystories-8m").parameters(), 19'702'528);
    EXPECT_EQ(presetNamed("tinystories-28m").parameters(), 51'987'968);
    EXPECT_EQ(presetNamed("tinystories-33m").parameters(), 68'514'048);
    const AttentionConfig& a = presetNamed("tinystories-33m").config.attention;
    EXPECT_EQ(a.windows, (std::vector<std::int64_t>{0, 256, 0, 256}));
    EXPECT_FALSE(a.scaled);
}

TEST(Presets, sharedLatentsStoreAsMuchAsHeadsOfTheSameShare) {
    for (const std::string size : {"6l", "9l", "12l"}) {
        for (const std::string divisor : {"2", "4", "8"}) {
            for (const std::string twin : {"", "-norope"}) {
                EXPECT_EQ(bytes("paper-" + size + "-mla-shared-r" + divisor + twin), bytes("paper-" + size + "-mla-r" + divisor + twin));
            }
        }
    }
    const AttentionConfig& a = presetNamed("paper-9l-mla-shared-r2").config.attention;
    EXPECT_EQ(a.rotaryDim, 32);
    EXPECT_EQ(a.rotaryStart, 32) << "the last half";
    EXPECT_EQ(a.kRank, 256);
}

TEST(Presets, allAreValidDistinctAndDescribed) {
    std::set<std::string> names;
    for (const Preset& preset : presets()) {
        EXPECT_TRUE(names.insert(preset.name).second) << preset.name;
        EXPECT_FALSE(preset.description.empty()) << preset.name;
        EXPECT_EQ(preset.description.find('\n'), std::string::npos) << preset.name;
        EXPECT_FALSE(preset.source.empty()) << preset.name;
        EXPECT_NO_THROW(checkConfig(preset.config, preset.name)) << preset.name;
        EXPECT_EQ(preset.config.attention.headDim * preset.config.attention.heads,
                  preset.config.attention.latent == Latent::Joint ? 0 : preset.config.dModel)
            << preset.name;
        EXPECT_GT(preset.parameters(), 0) << preset.name;
    }
    for (const char* size : {"6l", "9l", "12l"}) {
        for (const char* form : {"mha", "mla-r1", "mla-r2", "mla-r4", "mla-r8"}) {
            for (const char* twin : {"", "-norope"}) {
                EXPECT_TRUE(names.contains(std::string("paper-") + size + "-" + form + twin)) << size << form << twin;
            }
        }
    }
}

TEST(Presets, parametersAreTheTensorsThatAreNeeded) {
    for (const Preset& preset : presets()) {
        std::int64_t sum = 0;
        for (const TensorSpec& spec : expectedTensors(preset.config)) {
            std::int64_t count = 1;
            for (const std::int64_t extent : spec.shape) count *= extent;
            sum += count;
        }
        EXPECT_EQ(sum, countParameters(preset.config).total) << preset.name;
    }
}

TEST(Presets, whatThePaperReportsStandsBesideTheFormula) {
    const auto ratio = [](const char* name) { return *presetNamed(name).reportedMegabytes * 1e6 / static_cast<double>(bytes(name)); };
    EXPECT_NEAR(ratio("paper-9l-mha"), 1.5625, 1e-3);
    EXPECT_NEAR(ratio("paper-9l-mla-r2"), 1.725, 1e-3);
    EXPECT_NEAR(ratio("paper-9l-mla-r4"), 1.736, 1e-3);
    EXPECT_FALSE(presetNamed("paper-9l-mla-r8").reportedMegabytes);
    EXPECT_FALSE(presetNamed("paper-12l-mha").reportedMegabytes);
}

TEST(Presets, namesAreFoundWhateverTheirCase) {
    EXPECT_EQ(presetNamed("DeepSeek-V3").name, "deepseek-v3");
    EXPECT_EQ(presetNamed("P50").name, "p50");
    try {
        (void)presetNamed("llama4");
        FAIL() << "there is no such preset";
    } catch (const Error& error) {
        EXPECT_NE(error.message().find("llama4"), std::string::npos);
        EXPECT_NE(error.hint.find("llama3-8b"), std::string::npos);
    }
    EXPECT_THROW((void)presetNamed(""), Error);
}

}  // namespace
}  // namespace loom
