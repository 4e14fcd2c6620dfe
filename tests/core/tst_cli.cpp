// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli as a person or a script uses it: real processes, what they print and how they end.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>

#include "core/engine/checkpoint/safetensors.h"
#include "tests/core/cli_fixture.h"

namespace loom {
namespace {

using test::Cli;
using test::kStories;
using test::Outcome;

std::vector<float> readLogits(const std::filesystem::path& file, const std::vector<std::int64_t>& shape) {
    const SafetensorsFile read = readSafetensors(file);
    const TensorView& view = read.tensors.at("logits");
    EXPECT_EQ(view.dtype, DType::F32);
    EXPECT_EQ(view.shape, shape);
    std::vector<float> logits(view.data.size() / sizeof(float));
    std::memcpy(logits.data(), view.data.data(), view.data.size());
    return logits;
}

float largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
    EXPECT_EQ(a.size(), b.size());
    float largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
    return largest;
}

}  // namespace

TEST_F(Cli, GenerateReportsEverything) {
    test::TinyOptions options;
    options.family = Family::DeepseekV3;
    const auto doc = json("generate " + model(options) + " --prompt 'Once upon' --max-tokens 6 --temperature 0 --seed 5");
    EXPECT_EQ(doc["prompt"], "Once upon");
    EXPECT_LE(doc["tokens"].size(), 6U);
    EXPECT_EQ(doc["seed"], 5);
    EXPECT_EQ(doc["precision"], "f32");
    EXPECT_EQ(doc["path"], "fast-absorbed");
    EXPECT_EQ(doc["cache"]["form"], "latent");
    EXPECT_EQ(doc["cache"]["capacity_tokens"], 16) << "9 + 6 in blocks of 16";
    EXPECT_EQ(doc["cache"]["bytes_per_token"], (options.kvLoraRank + options.qkRopeHeadDim) * options.layers * 4);
    EXPECT_EQ(doc["cache"]["bytes"], doc["cache"]["bytes_per_token"].get<int>() * 16);
    EXPECT_EQ(doc["cache"]["layers"].size(), 2U);
    EXPECT_TRUE(doc["prefill_tokens_per_second"].is_number());
    EXPECT_TRUE(doc["decode_tokens_per_second"].is_number());
    EXPECT_TRUE(doc["stop_reason"] == "max_tokens" || doc["stop_reason"] == "eos");
}

TEST_F(Cli, GenerateStreamsTheSameTextWithoutJson) {
    const std::string args = "generate " + model() + " --prompt 'Once upon' --max-tokens 20 --temperature 0";
    const auto doc = json(args);
    const Outcome plain = run(args);
    EXPECT_EQ(plain.code, 0);
    EXPECT_EQ(plain.out, "Once upon" + doc["text"].get<std::string>() + "\n");
    EXPECT_NE(plain.err.find("B/token"), std::string::npos);
}

TEST_F(Cli, GenerateInEveryPrecision) {
    for (const char* precision : {"f32", "bf16", "int8", "int4", "reference"}) {
        const auto doc = json("generate " + model() + " --prompt 'Once upon' --max-tokens 8 --seed 5 --precision " + precision);
        const bool reference = std::string(precision) == "reference";
        EXPECT_EQ(doc["precision"], reference ? "f32" : precision);
        EXPECT_EQ(doc["path"], reference ? "reference" : "fast");
    }
    EXPECT_EQ(run("generate " + model() + " --precision int2").code, 2);
}

TEST_F(Cli, GenerateSeveralStoriesAtOnce) {
    const auto doc = json("generate " + model() + " --prompt 'Once upon' --max-tokens 8 --seed 5 --count 3");
    ASSERT_EQ(doc["stories"].size(), 3U);
    for (const auto& story : doc["stories"]) {
        const auto alone = json("generate " + model() + " --prompt 'Once upon' --max-tokens 8 --seed " +
                                std::to_string(story["seed"].get<std::uint64_t>()));
        EXPECT_EQ(story["tokens"], alone["tokens"]);
    }
    const auto guessed = json("generate " + model() + " --prompt 'a a a a a a' --max-tokens 20 --temperature 0 --speculate 4");
    EXPECT_EQ(guessed["tokens"], json("generate " + model() + " --prompt 'a a a a a a' --max-tokens 20 --temperature 0")["tokens"]);
    EXPECT_EQ(run("generate " + model() + " --count 2 --speculate 4").code, 2) << "one or the other";
}

TEST_F(Cli, GenerateWithEverySampler) {
    const std::string args = "generate " + model() + " --prompt 'a b a b' --max-tokens 12 --seed 5 ";
    const auto usual = json(args)["samplers"];
    ASSERT_EQ(usual.size(), 2U);
    EXPECT_EQ(usual[0]["stage"], "temperature");
    EXPECT_EQ(usual[1]["top_p"], 0.95);
    const std::string all =
        "--typical 0.9 --top-n-sigma 2 --mirostat 3:0.2 --dry 0.8:1.5:3 --xtc 0.5 --samplers xtc,dry --repetition-penalty 1.1 --top-p 1";
    const auto doc = json(args + all);
    std::vector<std::string> stages;
    for (const auto& stage : doc["samplers"]) stages.push_back(stage["stage"]);
    EXPECT_EQ(stages, (std::vector<std::string>{"xtc", "dry", "repetition-penalty", "temperature", "top-n-sigma", "typical", "mirostat"}));
    EXPECT_EQ(doc["samplers"][0]["xtc_threshold"], 0.1);
    EXPECT_EQ(doc["samplers"][1]["dry_allowed"], 3);
    EXPECT_EQ(doc["samplers"][6]["mirostat_eta"], 0.2);
    EXPECT_EQ(json(args + all)["tokens"], doc["tokens"]);
    expectError(args + "--samplers top-k,nucleus", "nucleus");
    expectError(args + "--mirostat 3:x", "3:x");
    expectError(args + "--xtc 0.5:0.1:7", "too many");
    expectError(args + "--dry 1:1:2.5", "whole number");
    expectError(args + "--dry -1", "DRY");
}

TEST_F(Cli, GenerateWithBeams) {
    const std::string args = "generate " + model() + " --prompt 'Once upon' --max-tokens 12 --precision ";
    const auto doc = json(args + "f32 --beams 5");
    EXPECT_EQ(doc["beams"]["width"], 5);
    EXPECT_LT(doc["beams"]["score"], 0);
    EXPECT_EQ(doc["path"], "fast");
    EXPECT_TRUE(doc["samplers"].empty());
    EXPECT_EQ(json(args + "f32 --beams 5 --seed 99")["tokens"], doc["tokens"]) << "nothing is drawn";
    const auto reference = json(args + "reference --beams 5");
    EXPECT_EQ(reference["path"], "reference");
    EXPECT_EQ(reference["tokens"], doc["tokens"]);
    EXPECT_NEAR(reference["beams"]["score"].get<double>(), doc["beams"]["score"].get<double>(), 1e-4);
    EXPECT_NE(json(args + "f32 --beams 3 --length-penalty -2")["beams"]["score"], doc["beams"]["score"]);
    EXPECT_EQ(run(args + "f32 --beams 65").code, 2);
    EXPECT_EQ(run(args + "f32 --beams 2 --count 2").code, 2);
    EXPECT_NE(run(args + "f32 --beams 2").err.find("Beam search over 2"), std::string::npos);
}

TEST_F(Cli, BenchReportsWhatItMeasured) {
    const auto doc = json("bench " + model() + " --prefill 8 --decode 4 --repeats 2 --precision int8");
    EXPECT_EQ(doc["precision"], "int8");
    for (const char* key : {"prefill_tokens_per_second", "decode_tokens_per_second"}) EXPECT_GT(doc[key]["median"], 0) << key;
    for (const char* key : {"load_seconds", "first_token_seconds", "weight_bytes", "peak_bytes", "read_bytes_per_second"}) {
        EXPECT_GT(doc[key], 0) << key;
    }
    EXPECT_EQ(run("bench").code, 1);
    EXPECT_EQ(run("bench --shape S16").code, 2);
    EXPECT_NE(run("bench " + model() + " --context 100000").err.find("at most"), std::string::npos);
}

TEST_F(Cli, StopTextsTakeOneWordEach) {
    const Outcome outcome = run("generate --stop one --stop two " + model() + " --max-tokens 2 --json");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST_F(Cli, RealCheckpointTellsItsStory) {
    if (!std::filesystem::exists(kStories)) GTEST_SKIP() << "../shared/data is not here";
    const auto doc = json("generate '" + (kStories / "stories260K.bin").string() + "' --prompt '' --max-tokens 256 --temperature 0");
    EXPECT_TRUE(doc["text"].get<std::string>().starts_with("Once upon a time, there was a little girl named Lily."));
    EXPECT_EQ(doc["tokens"].size(), 256U);
    const auto info = json("inspect '" + (kStories / "stories260K.bin").string() + "'");
    EXPECT_EQ(info["family"], "llama2.c");
    EXPECT_EQ(info["form"], "gqa");
    EXPECT_EQ(info["kv_heads"], 4);
    EXPECT_EQ(info["cache"]["elements_per_token"], 2 * 4 * 8 * 5);
}

TEST_F(Cli, InspectCountsAndSumsAllLayers) {
    test::TinyOptions options;
    options.family = Family::DeepseekV3;
    const auto doc = json("inspect " + model(options));
    EXPECT_EQ(doc["family"], "deepseek_v3");
    EXPECT_EQ(doc["form"], "mla-deepseek");
    EXPECT_EQ(doc["cache"]["elements_per_token"], (16 + 4) * 2);
    EXPECT_EQ(doc["cache"]["bytes_per_token"]["f32"], (16 + 4) * 2 * 4);
    EXPECT_EQ(doc["cache"]["bytes_per_token"]["bf16"], (16 + 4) * 2 * 2);
    std::int64_t parameters = 0;
    for (const TensorSpec& spec : expectedTensors(test::tinyConfig(options))) {
        std::int64_t count = 1;
        for (const std::int64_t extent : spec.shape) count *= extent;
        parameters += count;
    }
    EXPECT_EQ(doc["parameters"], parameters);
    EXPECT_EQ(run("inspect " + model()).code, 0);
}

TEST_F(Cli, TokenizeGoesThereAndBack) {
    const std::string folder = model();
    const auto ids = json("tokenize " + folder + " --text 'Hi you'")["ids"];
    EXPECT_EQ(json("tokenize " + folder + " --text=")["ids"], nlohmann::json::array()) << "an empty text, not the next argument";
    ASSERT_EQ(ids.size(), 6U);
    std::string list;
    for (const auto& id : ids) list += (list.empty() ? "" : ",") + std::to_string(id.get<int>());
    EXPECT_EQ(json("tokenize " + folder + " --ids " + list)["text"], "Hi you");
}

TEST_F(Cli, StoriesShowsWhatARunWouldRead) {
    test::writeFile(m_folder / "tales.txt", "One.\n\nTwo.\n");
    const auto shown = json("stories " + path("tales.txt") + " --show 1");
    EXPECT_EQ(shown["stories"], 2);
    EXPECT_EQ(shown["format"], "text, an empty line between stories");
    EXPECT_EQ(shown["first"], nlohmann::json{"One."});
    EXPECT_EQ(json("stories " + path("tales.txt") + " --separator none")["stories"], 1);
    EXPECT_EQ(json("stories maker:7")["stories"], 7);
    expectError("stories " + path("nothing.txt"), "nothing.txt");
    expectError("stories maker:none", "maker:none");
    test::writeFile(m_folder / "bad.txt", "\xFF");
    expectError("stories " + path("bad.txt"), "not UTF-8");
}

TEST_F(Cli, PathsFollowTheEnvironment) {
    const Outcome outcome =
        shell("XDG_DATA_HOME=/data XDG_CONFIG_HOME=relative HOME=/home/x '" LOOM_BINARY_DIR "/latentloom-cli' paths --json");
    const auto paths = nlohmann::json::parse(outcome.out);
    EXPECT_EQ(paths["runs"], "/data/latentloom/runs");
    EXPECT_EQ(paths["settings"], "/home/x/.config/latentloom") << "a relative folder is none";
    EXPECT_EQ(paths["cache"], (m_folder / "cache").string());
}

TEST_F(Cli, TokenizeNeedsNoModel) {
    std::filesystem::create_directory(m_folder / "only");
    test::writeFile(m_folder / "only/tokenizer.json", test::tinyTokenizerJson());
    EXPECT_EQ(json("tokenize " + path("only") + " --text abc")["ids"].size(), 3U);
}

TEST_F(Cli, TokenizerIsTrainedFromATextFile) {
    test::writeFile(m_folder / "stories.txt", "the cat the cat\n<|endoftext|>\nthe cat sat");
    const std::string train = "tokenizer train --data " + path("stories.txt") + " --out " + path("made");
    const auto doc = json(train + " --vocab 262");
    EXPECT_EQ(doc["vocab"], 262);
    EXPECT_EQ(doc["merges"], 4);
    EXPECT_EQ(json("tokenize " + path("made") + " --text 'the cat'")["tokens"], (nlohmann::json{"the", " ", "cat"}));
    expectError(train, "--force");
    const Outcome more = run(train + " --vocab 5000 --force");
    EXPECT_EQ(more.code, 0);
    EXPECT_NE(more.err.find("not 5000"), std::string::npos);
    test::writeFile(m_folder / "empty", "");
    test::writeFile(m_folder / "binary", "caf\xE9");
    const std::string out = " --out " + path("other");
    expectError("tokenizer train --data " + path("empty") + out, "empty");
    expectError("tokenizer train --data " + path("missing") + out, "missing");
    expectError("tokenizer train --data " + path("binary") + out, "byte 3");
    expectError("tokenizer train --data " + path("made") + out, "folder");
    expectError("tokenizer train --data " + path("stories.txt") + out + " --vocab 257", "257");
    expectError("tokenizer train --data " + path("stories.txt") + " --out " + path("binary"), "not a folder");
    EXPECT_FALSE(std::filesystem::exists(m_folder / "other"));
}

TEST_F(Cli, LogitsAgreeAllAtOnceSteppedAndOnBothPaths) {
    test::TinyOptions options;
    options.family = Family::DeepseekV3;
    options.qLoraRank = 12;
    const std::string folder = model(options);
    const std::vector<std::int64_t> shape{1, 5, test::kTinyVocab};
    std::vector<std::vector<float>> all;
    for (const char* flags : {"", "--step", "--mla naive", "--mla naive --step"}) {
        const Outcome outcome = run("logits " + folder + " --tokens 1,20,3,200,5 --out " + path("l.safetensors") + " " + flags);
        ASSERT_EQ(outcome.code, 0) << outcome.err;
        all.push_back(readLogits(m_folder / "l.safetensors", shape));
    }
    for (const auto& other : all) EXPECT_LE(largestDifference(all.front(), other), 1e-4F);
}

TEST_F(Cli, LogitsReadABatchFromAFile) {
    const std::vector<std::int64_t> tokens{1, 2, 3, 4, 5, 6};
    writeSafetensors(m_folder / "t.safetensors", {{"tokens", DType::I64, {2, 3}, std::as_bytes(std::span(tokens))}});
    const std::string folder = model();
    ASSERT_EQ(run("logits " + folder + " --tokens-file " + path("t.safetensors") + " --out " + path("l.safetensors")).code, 0);
    const auto batch = readLogits(m_folder / "l.safetensors", {2, 3, test::kTinyVocab});
    ASSERT_EQ(run("logits " + folder + " --tokens 4,5,6 --out " + path("l.safetensors")).code, 0);
    const auto second = readLogits(m_folder / "l.safetensors", {1, 3, test::kTinyVocab});
    EXPECT_LE(largestDifference({batch.end() - std::ssize(second), batch.end()}, second), 1e-5F);
}

TEST_F(Cli, EvalMeasuresTheLossOfAFile) {
    test::writeFile(m_folder / "stories.txt", "One day.\n<|endoftext|>\nA cat sat.\n<|endoftext|>\n");
    const std::string args = "eval " + model() + " --data " + path("stories.txt");
    const auto doc = json(args);
    EXPECT_EQ(doc["stories"], 2);
    EXPECT_EQ(doc["tokens"], 8 + 1 + 10 + 1);
    EXPECT_EQ(doc["bytes"], 18);
    EXPECT_NEAR(doc["perplexity"].get<double>(), std::exp(doc["loss"].get<double>()), 1e-9);
    EXPECT_EQ(run(args).code, 0);
}

TEST_F(Cli, BadInputIsOneLine) {
    const std::string folder = model();
    test::writeFile(m_folder / "binary", std::string("story \xFF\xFE", 8));
    test::writeFile(m_folder / "separators", "<|endoftext|>\n<|endoftext|>");
    expectError("eval " + folder + " --data " + path("nothing"), "nothing");
    expectError("eval " + folder + " --data " + path("binary"), "not UTF-8 in line 1");
    expectError("eval " + folder + " --data " + path("separators"), "no story");
    expectError("generate " + path("missing") + " --prompt x", "missing");
    expectError("inspect " + path("missing") + " --json", "missing");
    expectError("inspect " + path("two\nlines"), "two lines");
    expectError("generate " + folder + " --max-tokens 5 --json --prompt \"$(printf 'caf\\351')\"", "UTF-8");
    expectError("tokenize " + folder + " --text \"$(printf '\\377')\"", "UTF-8");
    expectError("tokenize " + folder + " --ids 1,2,9999", "9999");
    expectError("tokenize " + folder + " --ids 1,zwei", "zwei");
    expectError("logits " + folder + " --tokens 1,258 --out " + path("l"), "258");
    expectError("logits " + folder + " --tokens 1,-1 --out " + path("l"), "-1");
    expectError("logits " + folder + " --tokens 1 --out " + path("no/such/folder/l"), "no/such/folder");
    expectError("generate " + folder + " --prompt " + std::string(100, 'x'), "context");
    expectError("generate " + folder + " --temperature -1", "temperature");
    EXPECT_FALSE(std::filesystem::exists(m_folder / "l"));
    std::filesystem::resize_file(m_folder / "model/model.safetensors", 1000);
    expectError("generate " + folder + " --prompt x", "model.safetensors");
}

TEST_F(Cli, WrongUsageExitsWithTwo) {
    EXPECT_EQ(run("").code, 2);
    EXPECT_EQ(run("sing").code, 2);
    EXPECT_EQ(run("generate").code, 2);
    EXPECT_EQ(run("tokenize " + model()).code, 2);
    EXPECT_EQ(run("generate " + model({}, "m2") + " --max-tokens -3").code, 2);
}

TEST_F(Cli, HelpExplains) {
    const Outcome all = run("--help");
    EXPECT_EQ(all.code, 0);
    for (const char* word : {"generate", "logits", "inspect", "tokenize", "Examples"})
        EXPECT_NE(all.out.find(word), std::string::npos) << word;
    for (const char* command : {"generate", "logits", "inspect", "tokenize"}) {
        const Outcome help = run(std::string(command) + " --help");
        EXPECT_EQ(help.code, 0);
        EXPECT_NE(help.out.find("--json"), std::string::npos) << command;
    }
}

}  // namespace loom
