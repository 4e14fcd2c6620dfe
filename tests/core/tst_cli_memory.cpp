// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli memory: byte questions as a person or a script asks them.
#include <gtest/gtest.h>

#include "tests/core/cli_fixture.h"

namespace loom {
namespace {

using test::Cli;
using test::Outcome;

TEST_F(Cli, MemoryAnswersForAPreset) {
    const auto doc = json("memory --preset deepseek-v3 --context 4096 --batch 2 --dtype bf16");
    EXPECT_EQ(doc["elements_per_token"], 576 * 61);
    EXPECT_EQ(doc["bytes_per_token"], 70'272);
    EXPECT_EQ(doc["bytes"], 70'272LL * 4096 * 2);
    EXPECT_EQ(doc["formula"], "(512 latent + 64 rotary key) × 61 layers × 2 bytes × 4096 positions × 2 stories = 575668224 bytes");
    EXPECT_EQ(doc["lanes"][0]["bytes"].get<std::int64_t>() + doc["lanes"][1]["bytes"].get<std::int64_t>(), doc["bytes"]);
    EXPECT_EQ(doc["weights"]["parameters"], 671'026'419'200);
    EXPECT_EQ(doc["weights"]["from"], "shapes");
    EXPECT_EQ(doc["path"], "absorbed");
    const auto naive = json("memory --preset deepseek-v2-lite --context 1 --path naive");
    EXPECT_EQ(naive["bytes"], 276'480);
    EXPECT_EQ(json("memory --preset paper-9l-mla-r2 --context 1")["path"], nullptr) << "one path only";
}

TEST_F(Cli, MemoryAnswersForACheckpoint) {
    test::TinyOptions options;
    options.family = Family::DeepseekV3;
    const std::string folder = model(options);
    const auto doc = json("memory " + folder + " --context 10 --dtype f32");
    EXPECT_EQ(doc["bytes"], (16 + 4) * 2 * 4 * 10);
    EXPECT_EQ(json("memory " + folder + " --dtype int8")["bytes"], (20 + 2 * 4) * 2 * 64) << "its own context where none is given";
    EXPECT_EQ(doc["bytes"].get<std::int64_t>(),
              json("generate " + folder + " --prompt abcd --max-tokens 6 --precision reference")["cache"]["bytes"])
        << "what is allocated for the same ten positions";
    EXPECT_EQ(json("memory " + folder + " --context 16 --dtype f32")["bytes"],
              json("generate " + folder + " --prompt abcd --max-tokens 6")["cache"]["bytes"])
        << "the fast path takes whole blocks of 16";
}

TEST_F(Cli, MemoryShowsTheEquation) {
    const Outcome outcome = run("memory --preset paper-9l-mla-r2 --context 1024");
    EXPECT_EQ(outcome.code, 0);
    EXPECT_NE(outcome.out.find("(256 key latents + 256 value latents) × 9 layers × 2 bytes = 9216 bytes"), std::string::npos)
        << outcome.out;
    EXPECT_NE(outcome.out.find("H·(rK + rV)"), std::string::npos);
    EXPECT_NE(outcome.out.find("arXiv 2506.09342"), std::string::npos);
    EXPECT_NE(outcome.out.find("trained for 512"), std::string::npos);
    EXPECT_NE(outcome.out.find("0.0159 MB per token by the source; the formula gives 0.00922"), std::string::npos) << outcome.out;
    EXPECT_DOUBLE_EQ(json("memory --preset paper-9l-mha --context 1")["reported"]["megabytes_per_token"].get<double>(), 0.0288);
    EXPECT_FALSE(json("memory --preset gpt2 --context 1").contains("reported"));
}

TEST_F(Cli, MemoryListsItsPresets) {
    const auto list = json("memory --list")["presets"];
    EXPECT_GE(list.size(), 50U);
    const Outcome text = run("memory --list");
    for (const auto& preset : list) {
        const auto name = preset["name"].get<std::string>();
        EXPECT_NE(text.out.find(name), std::string::npos) << name;
        EXPECT_EQ(json("memory --preset " + name + " --context 1")["bytes_per_token"], preset["bytes_per_token_bf16"]) << name;
    }
}

TEST_F(Cli, MemoryRefusesWhatNoComputerHolds) {
    expectError("memory --preset deepseek-v3 --context 9000000000000000000", "9000000000000000000");
    expectError("memory --preset deepseek-v3 --context 3000000000 --batch 3000000000 --json", "smaller context");
    expectError("memory --preset nothing --context 1", "nothing");
    expectError("memory " + path("missing") + " --context 1", "missing");
    EXPECT_NE(run("memory --preset deepseek-v3 --context 99999999999999999999").code, 0);
    EXPECT_EQ(run("memory --preset deepseek-v3 --context 0").code, 2);
    EXPECT_EQ(run("memory --preset deepseek-v3 --context -4").code, 2);
    EXPECT_EQ(run("memory --preset deepseek-v3 --dtype f64").code, 2);
    EXPECT_EQ(run("memory").code, 2);
    EXPECT_EQ(run("memory " + model() + " --preset gpt2").code, 2);
}

}  // namespace
}  // namespace loom
