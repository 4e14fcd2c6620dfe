// SPDX-License-Identifier: GPL-3.0-or-later
// inspect and convert on the golden checkpoints of every family.
#include <gtest/gtest.h>

#include "tests/core/cli_fixture.h"
#include "tests/support/checkpoint_files.h"

namespace loom {
namespace {

using test::Cli;
using test::goldenModel;

std::string golden(const std::string& name) { return "'" + goldenModel(name).string() + "'"; }

TEST_F(Cli, InspectDescribesEveryFamily) {
    const auto neo = json("inspect " + golden("gpt-neo"));
    EXPECT_EQ(neo["family"], "gpt_neo");
    EXPECT_EQ(neo["form"], "mha");
    EXPECT_EQ(neo["attention_scaled"], false);
    EXPECT_EQ(neo["attention_windows"], (std::vector<int>{0, 5}));
    EXPECT_EQ(neo["mlp"], "gelu_tanh");
    EXPECT_EQ(neo["positions"]["kind"], "learned");
    const auto neox = json("inspect " + golden("neox"));
    EXPECT_EQ(neox["parallel_residual"], true);
    EXPECT_EQ(neox["positions"]["rotary_dim"], 4);
    EXPECT_EQ(neox["norm"], "layer_norm");
    const auto gpt2 = json("inspect " + golden("gpt2-options"));
    EXPECT_EQ(gpt2["attention_scaled_by_layer"], true);
    EXPECT_EQ(gpt2["storage"], "f16");
    EXPECT_EQ(json("inspect " + golden("nanogpt"))["family"], "nanogpt");
    const auto dynamic = json("inspect " + golden("llama-dynamic"));
    EXPECT_EQ(dynamic["positions"]["scaling"], nlohmann::json({{"type", "dynamic"}, {"factor", 2.0}, {"original_context", 12}}));
    EXPECT_EQ(dynamic["context"], 24);
}

TEST_F(Cli, InspectDescribesExperts) {
    const auto doc = json("inspect " + golden("deepseek-v3-experts"));
    EXPECT_EQ(doc["experts"]["routed"], 8);
    EXPECT_EQ(doc["experts"]["per_token"], 3);
    EXPECT_EQ(doc["experts"]["layers"], 1);
    EXPECT_EQ(doc["experts"]["scoring"], "sigmoid");
    EXPECT_EQ(doc["parameters"].get<int>() - doc["parameters_active"].get<int>(), (8 - 3) * 3 * 16 * 6);
    EXPECT_FALSE(json("inspect " + golden("deepseek-bias")).contains("experts"));
    const auto text = run("inspect " + golden("deepseek-v2-groups-yarn"));
    EXPECT_EQ(text.code, 0);
    EXPECT_NE(text.out.find("experts     8 of width 6 in 1 layers, 3 used by a token, 2 shared"), std::string::npos) << text.out;
    EXPECT_NE(text.out.find("rotary, yarn scaling by 4 from 16 positions"), std::string::npos) << text.out;
    const auto windows = run("inspect " + golden("gpt-neo-three-layers"));
    EXPECT_NE(windows.out.find("scores unscaled, a window of 3 in 2 layers"), std::string::npos) << windows.out;
}

TEST_F(Cli, AGgufFileIsInspectedComputedAndWrittenWith) {
    const std::string file = golden("gguf-llama-q8/model.gguf");
    const auto info = json("inspect " + file);
    EXPECT_EQ(info["family"], "gguf");
    EXPECT_EQ(info["storage"], "q8_0");
    EXPECT_EQ(json("inspect " + golden("gguf-deepseek2-split/model.gguf"))["experts"]["routed"], 8);
    const std::string size = std::to_string(info["parameters"].get<std::int64_t>() * 34 / 32);
    EXPECT_NE(run("memory " + file + " --context 8").out.find("parameters × 1.0625 bytes = " + size), std::string::npos);
    ASSERT_EQ(run("logits " + file + " --tokens 1,20,3 --out " + path("l.safetensors")).code, 0);
    const auto written = json("generate " + file + " --prompt 'he the' --max-tokens 8 --seed 3");
    EXPECT_EQ(written["prompt"], "he the");
    EXPECT_FALSE(written["text"].get<std::string>().empty());
    const auto pieces = json("generate " + golden("gguf-llama-sentencepiece/model.gguf") + " --prompt 'the ab' --max-tokens 8 --seed 3");
    EXPECT_EQ(pieces["prompt"], "the ab");
    const auto doc = json("convert " + file + " --out " + path("out"));
    EXPECT_EQ(doc["family"], "llama");
    EXPECT_EQ(doc["storage"], "f32");
    expectError("generate " + golden("gguf-llama-f32/model.gguf") + " --prompt x", "No tokenizer");
}

TEST_F(Cli, ConvertWritesAFolderThatOpens) {
    test::writeTinyLlama2C(m_folder / "m.bin", {});
    test::writeFile(m_folder / "tokenizer.json", test::tinyTokenizerJson());
    const auto doc = json("convert " + path("m.bin") + " --out " + path("out") + " --storage bf16");
    EXPECT_EQ(doc["family"], "llama");
    EXPECT_EQ(doc["storage"], "bf16");
    EXPECT_EQ(doc["tokenizer_files"], (std::vector<std::string>{"tokenizer.json"}));
    const auto info = json("inspect " + path("out"));
    EXPECT_EQ(info["family"], "llama");
    EXPECT_EQ(info["storage"], "bf16");
    EXPECT_EQ(info["parameters"], doc["parameters"]);
    expectError("convert " + path("m.bin") + " --out " + path("out"), "holds a checkpoint already");
    const auto nano = json("convert " + golden("nanogpt") + " --out " + path("nano"));
    EXPECT_EQ(nano["family"], "latentloom");
    EXPECT_EQ(nano["storage"], "f32");
    EXPECT_TRUE(nano["tokenizer_files"].empty());
    EXPECT_EQ(run("convert " + path("m.bin")).code, 2) << "--out is required";
    test::writeFile(m_folder / "file", "x");
    expectError("convert " + path("m.bin") + " --out " + path("file/below"), "cannot be created");
}

}  // namespace
}  // namespace loom
