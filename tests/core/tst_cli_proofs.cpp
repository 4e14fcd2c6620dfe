// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli compare and eval --tokens: proofs and scores as a person or a script asks for them.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "tests/core/cli_fixture.h"

namespace loom {
namespace {

using test::Cli;
using test::Outcome;

test::TinyOptions latent() {
    test::TinyOptions options;
    options.family = Family::DeepseekV3;
    return options;
}

TEST_F(Cli, CompareProvesThatBothPathsAreOne) {
    const auto doc = json("compare " + model(latent()) + " --paths naive,absorbed --prompt 'Once upon a time' --tokens 24");
    EXPECT_EQ(doc["absorbable"], true);
    EXPECT_EQ(doc["tokens"].size(), 24U);
    EXPECT_EQ(doc["same_choices"], true);
    EXPECT_EQ(doc["same_tokens"].get<std::size_t>() + doc["differences"].size(), 24U);
    EXPECT_LE(doc["max_abs_logit_difference"].get<double>(), 1e-4);
    ASSERT_EQ(doc["paths"].size(), 2U);
    EXPECT_EQ(doc["paths"][0]["path"], "naive");
    EXPECT_EQ(doc["paths"][0]["cache"]["bytes"], 40 * 2 * 4 * (8 + 4 + 6) * 4) << "16 prompt tokens, 24 written";
    EXPECT_EQ(doc["paths"][1]["cache"]["bytes"], 40 * 2 * (16 + 4) * 4);
    EXPECT_EQ(doc["per_head_past_bytes"], 39 * 2 * 4 * (8 + 4 + 6) * 4);
    EXPECT_GT(doc["paths"][1]["seconds_per_token"].get<double>(), 0);
    EXPECT_GT(doc["paths"][1]["last_step"]["bytes_for_past"].get<std::int64_t>(), 0);
    EXPECT_FALSE(doc.contains("reason"));
}

TEST_F(Cli, CompareWritesWhatGenerateWrites) {
    const std::string folder = model(latent());
    const auto compared = json("compare " + folder + " --prompt 'A cat' --tokens 12");
    const auto written = json("generate " + folder + " --prompt 'A cat' --max-tokens 12 --temperature 0")["tokens"];
    for (std::size_t i = 0; i < written.size(); ++i) EXPECT_EQ(compared["tokens"][i], written[i]) << i;
    const Outcome text = run("compare " + folder + " --prompt 'A cat' --tokens 12");
    EXPECT_EQ(text.code, 0);
    EXPECT_NE(text.out.find("bytes allocated"), std::string::npos) << text.out;
}

TEST_F(Cli, CompareLetsSeveralModelsWrite) {
    const std::string full = model({}, "full"), small = model(latent(), "latent");
    const auto doc =
        json("compare " + full + " " + small + " preset:demo-mla --paths absorbed,naive,absorbed --prompt 'A cat' --seed 4 --tokens 12");
    ASSERT_EQ(doc["models"].size(), 3U);
    ASSERT_EQ(doc["steps"].size(), 12U);
    EXPECT_EQ(doc["seed"], 4);
    const auto& first = doc["models"][0];
    EXPECT_EQ(doc["models"][1]["path"], "fast-naive");
    EXPECT_EQ(doc["models"][2]["untrained"], true);
    EXPECT_EQ(doc["models"][2]["attention"], "MLA (joint latent)");
    const std::int64_t prompt = first["prompt_tokens"];
    const auto written = json("generate " + full + " --prompt 'A cat' --max-tokens 12 --seed 4")["tokens"];
    for (std::size_t i = 0; i < 12; ++i) {
        const auto& tokens = doc["steps"][i]["tokens"];
        EXPECT_EQ(tokens[0]["token"], written[i]) << i;
        EXPECT_EQ(tokens[1]["differs"], tokens[1]["token"] != tokens[0]["token"]);
        EXPECT_EQ(tokens[1]["used_bytes"], 2 * 4 * (8 + 4 + 6) * 4 * (prompt + static_cast<std::int64_t>(i)));
    }
    EXPECT_EQ(doc["models"][1]["cache"]["fewer_bytes_than_first"].get<std::int64_t>(),
              first["cache"]["used_bytes"].get<std::int64_t>() - doc["models"][1]["cache"]["used_bytes"].get<std::int64_t>());
    const Outcome text = run("compare " + full + " preset:demo-mha --prompt 'A cat' --tokens 5");
    EXPECT_EQ(text.code, 0) << text.err;
    EXPECT_NE(text.out.find("untrained"), std::string::npos) << text.out;
    expectError("compare " + full + " " + small + " --paths naive --prompt hello", "2 models and 1 paths");
    expectError("compare " + full + " preset:demo-mha --paths fast,fast --prompt hello", "fast path anyway");
    expectError("compare " + full + " --seed 3 --prompt hello", "greedily");
    expectError("compare preset:demo-mha --prompt hello", "preset:demo-mha");
    EXPECT_EQ(run("compare a b c d e --prompt hello").code, 2);
}

TEST_F(Cli, CompareSaysWhyNothingCanBeAbsorbed) {
    const std::string folder = model();
    const auto doc = json("compare " + folder + " --prompt hello --tokens 3");
    EXPECT_EQ(doc["absorbable"], false);
    EXPECT_EQ(doc["reason"]["kind"], "no_latent");
    EXPECT_EQ(doc["paths"].size(), 1U);
    EXPECT_NE(run("compare " + folder + " --prompt hello --tokens 3").out.find("no absorbed path: This network"), std::string::npos);
    expectError("compare " + folder + " --paths absorbed --prompt hello", "cannot be absorbed");
    expectError("compare " + folder + " --prompt hello --tokens 100 --json", "context");
    expectError("compare " + folder + " --paths naive,naive --prompt hello", "twice");
    expectError("compare " + folder + " --prompt \"$(printf 'caf\\351')\"", "UTF-8");
    EXPECT_EQ(run("compare " + folder + " --paths slow --prompt hello").code, 2);
    const auto fast = json("compare " + folder + " --paths naive,fast --precision bf16 --prompt hello --tokens 3");
    EXPECT_EQ(fast["paths"][1]["path"], "fast bf16");
    EXPECT_TRUE(fast["paths"][1]["last_step"].is_null());
    EXPECT_EQ(run("compare " + folder + " --tokens 0").code, 2);
}

TEST_F(Cli, EvalTellsEveryToken) {
    test::writeFile(m_folder / "stories.txt", "One day.\n<|endoftext|>\nA \"c\xC3\xA4t\" sat.\n<|endoftext|>\n");
    const std::string args = "eval " + model() + " --tokens --data " + path("stories.txt");
    const auto doc = json(args);
    ASSERT_EQ(doc["token_scores"].size(), 2U);
    double sum = 0;
    std::int64_t count = 0;
    for (const auto& story : doc["token_scores"]) {
        for (const auto& token : story["tokens"]) {
            sum -= token["logprob"].get<double>();
            EXPECT_EQ(token["position"], ++count - (story["story"] == 0 ? 0 : 9));
        }
    }
    EXPECT_EQ(count, doc["tokens"]);
    EXPECT_NEAR(sum / static_cast<double>(count), doc["loss"].get<double>(), 1e-9);
    EXPECT_EQ(doc["token_scores"][0]["tokens"][0]["text"], "O");

    const Outcome lines = run(args);
    EXPECT_EQ(lines.code, 0);
    std::istringstream stream(lines.out);
    std::int64_t parsed = 0;
    for (std::string line; std::getline(stream, line); ++parsed) {
        const auto token = nlohmann::json::parse(line, nullptr, false);
        ASSERT_TRUE(token.is_object()) << line;
        EXPECT_TRUE(std::isfinite(token["logprob"].get<double>()));
    }
    EXPECT_EQ(parsed, count);
    EXPECT_NE(lines.err.find("perplexity"), std::string::npos) << "the summary is not in the way";
    EXPECT_FALSE(json("eval " + model({}, "m2") + " --data " + path("stories.txt")).contains("token_scores"));
}

TEST_F(Cli, EvalMeasuresWhatACacheTypeCosts) {
    test::writeFile(m_folder / "stories.txt", "One day a cat sat on a mat.\n<|endoftext|>\n");
    const std::string args = "eval " + model(latent()) + " --data " + path("stories.txt");
    const double exact = json(args)["loss"].get<double>();
    const auto f32 = json(args + " --cache-dtype f32");
    EXPECT_NEAR(f32["loss"].get<double>(), exact, 1e-5);
    EXPECT_EQ(f32["cache_bytes_per_token"], 20 * 2 * 4);
    const auto int8 = json(args + " --cache-dtype int8");
    EXPECT_EQ(int8["cache_dtype"], "int8");
    EXPECT_EQ(int8["cache_bytes_per_token"], (20 + 2 * 4) * 2);
    EXPECT_NEAR(int8["loss"].get<double>(), exact, 0.1);
    EXPECT_NE(int8["loss"].get<double>(), exact);
    EXPECT_EQ(run(args + " --cache-dtype f64").code, 2);
}

TEST_F(Cli, LookShowsWhatIsInside) {
    const std::string folder = model(latent());
    const std::string look = "look " + folder + " --prompt 'A cat sat' --layer 1 --what ";
    const auto attention = json(look + "attention --heads 0,2");
    ASSERT_EQ(attention["tokens"].size(), 9U);
    EXPECT_EQ(attention["tokens"][0]["text"], "A");
    ASSERT_EQ(attention["heads"].size(), 2U);
    EXPECT_EQ(attention["heads"][1]["head"], 2);
    const auto scores = json(look + "scores")["heads"];
    ASSERT_EQ(scores.size(), 4U);
    for (std::size_t t = 0; t < 9; ++t) {  // the softmax of content + position is the attention
        const auto& content = scores[2]["content"][t];
        double sum = 0;
        for (std::size_t s = 0; s <= t; ++s) sum += std::exp(content[s].get<double>() + scores[2]["position"][t][s].get<double>());
        for (std::size_t s = 0; s <= t; ++s) {
            const double score = content[s].get<double>() + scores[2]["position"][t][s].get<double>();
            EXPECT_NEAR(attention["heads"][1]["weights"][t][s].get<double>(), std::exp(score) / sum, 1e-5);
        }
    }
    const auto lanes = json(look + "latents")["lanes"];
    EXPECT_EQ(lanes[0]["lane"], "latent");
    EXPECT_EQ(lanes[0]["rows"].size(), 9U);
    EXPECT_EQ(lanes[1]["rows"][8].size(), 4U);
    const auto spectra = json(look + "spectrum")["spectra"];
    EXPECT_EQ(spectra.size(), 4U);
    EXPECT_EQ(spectra[2]["of"], "key up-projection");
    EXPECT_EQ(spectra[2]["singular_values"].size(), 16U);
    const auto ranks = json(look + "reconstruction --ranks 16,8 --heads 3")["ranks"];
    EXPECT_LE(ranks[0]["relative_error"][0]["keys"].get<double>(), 1e-6);
    EXPECT_EQ(ranks[1]["relative_error"][0]["head"], 3);
}

TEST_F(Cli, LookAtTheLensAndWithoutHeads) {
    const std::string folder = model(latent());
    const auto lens = json("look " + folder + " --prompt 'A cat' --what lens --top 3")["rows"];
    ASSERT_EQ(lens.size(), 3U);
    EXPECT_EQ(lens[0]["after_layer"], nullptr);
    const auto next = json("generate " + folder + " --prompt 'A cat' --max-tokens 1 --temperature 0")["tokens"][0];
    EXPECT_EQ(lens[2]["tokens"][4][0]["token"], next) << "the last row is the output";
    const auto heads = json("look " + folder + " --prompt 'A cat' --what ablation --layer 1 --heads 0,1");
    EXPECT_EQ(heads["top_before"][0]["token"], next);
    EXPECT_EQ(heads["top_after"].size(), 10U);
    EXPECT_EQ(heads["logits_after"].size(), static_cast<std::size_t>(test::kTinyVocab));
    EXPECT_GT(heads["mean_kl"].get<double>(), 0);
    EXPECT_NE(json("look " + folder + " --prompt 'A cat' --what ablation --layer 1")["mean_kl"], heads["mean_kl"]) << "the whole layer";
    for (const char* what : {"attention", "scores", "latents", "spectrum", "reconstruction", "lens", "ablation"}) {
        const Outcome text = run("look " + folder + " --prompt 'A cat' --what " + what);
        EXPECT_EQ(text.code, 0) << what << text.err;
        EXPECT_TRUE(text.out.starts_with(std::string("5 tokens, ") + what)) << text.out;
        EXPECT_GE(std::count(text.out.begin(), text.out.end(), '\n'), 3) << text.out;
    }
}

TEST_F(Cli, LookRefusesWhatIsNotThere) {
    const std::string folder = model();
    const std::string look = "look " + folder + " --prompt 'A cat' --what ";
    expectError(look + "scores", "content and position");
    expectError(look + "reconstruction", "no latent");
    expectError(look + "attention --layer 2", "no layer 2");
    expectError(look + "attention --heads 4", "no head 4");
    expectError(look + "ablation --heads 4 --json", "no head 4");
    EXPECT_EQ(run(look + "dreams").code, 2);
    EXPECT_EQ(run(look + "attention --layer -1").code, 2);
    EXPECT_EQ(run("look " + folder).code, 2);
}

TEST_F(Cli, ScoreJudgesStories) {
    test::writeFile(m_folder / "stories.txt", "The dragon sat. The dragon sat.\n<|endoftext|>\nA catt ran.\n");
    test::writeFile(m_folder / "words.txt", "the\ndragon\nsat\na\nran\n");
    const auto stories = json("score " + path("stories.txt") + " --prompt 'A dragon and a castle' --words " + path("words.txt"))["stories"];
    ASSERT_EQ(stories.size(), 2U);
    EXPECT_EQ(stories[0]["words"], 6);
    EXPECT_EQ(stories[0]["repeated_sentences"], 1);
    EXPECT_EQ(stories[0]["used_words"], (nlohmann::json{"dragon"}));
    EXPECT_EQ(stories[0]["misspelt"], 0);
    EXPECT_EQ(stories[1]["misspelt_words"], (nlohmann::json{"catt"}));
    const Outcome piped = shell("printf 'One day. One day.' | '" LOOM_BINARY_DIR "/latentloom-cli' score - --json");
    EXPECT_EQ(nlohmann::json::parse(piped.out)["stories"][0]["longest_repeat"], 2) << piped.err;
    EXPECT_FALSE(nlohmann::json::parse(piped.out)["stories"][0].contains("misspelt")) << "no vocabulary, no verdict";
    const Outcome text = run("score " + path("stories.txt") + " --use castle,sat");
    EXPECT_NE(text.out.find("1 of 2 words used"), std::string::npos) << text.out;
    const auto written =
        json("generate " + model() + " --prompt 'A cat' --max-tokens 20 --temperature 0 --score --words " + path("words.txt"));
    EXPECT_EQ(written["score"]["wanted_words"], (nlohmann::json{"cat"}));
    EXPECT_TRUE(written["score"].contains("misspelt"));

    test::writeFile(m_folder / "binary", "caf\xE9");
    test::writeFile(m_folder / "empty", "...\n<|endoftext|>");
    test::writeFile(m_folder / "separators", "<|endoftext|>\n<|endoftext|>");
    expectError("score " + path("binary"), "not UTF-8 in line 1");
    expectError("score " + path("missing"), "missing");
    expectError("score " + path("separators"), "no story");
    expectError("score " + path("stories.txt") + " --words " + path("empty"), "no word");
    EXPECT_EQ(run("score").code, 2);
    EXPECT_EQ(run("generate " + model({}, "m2") + " --words x").code, 2);
}

}  // namespace
}  // namespace loom
