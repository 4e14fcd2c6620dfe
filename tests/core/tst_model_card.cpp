// SPDX-License-Identifier: GPL-3.0-or-later
// Our own files beside a checkpoint: the model card and the name and twin in latentloom.json.
#include <gtest/gtest.h>

#include "core/engine/api/engine.h"
#include "core/engine/checkpoint/model_card.h"
#include "core/engine/checkpoint/model_notes.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCard = R"({"format_version":1,"title":"Demo MLA","description":"One paragraph.",
"data":{"name":"TinyStories","licence":"CDLA-Sharing-1.0","source":"arXiv 2305.07759","stories":19689,"bytes":16293275,"tokens":4000000},
"training":{"steps":9000,"tokens_per_step":8192,"tokens_seen":73728000,"passes":18.4,"seconds":12345.0,"precision":"bf16","seed":1,
"warmup":200,"learning_rate":0.003,"beta2":0.95,"something_new":7},
"result":{"data":"748 held-out stories","loss":2.1,"perplexity":8.2,"bits_per_byte":0.74,"tokens":152000,"stories":748},
"curve":[{"step":0,"tokens":0,"loss":8.3,"validation_loss":8.25},{"step":10,"tokens":81920,"loss":6.5}],
"samples":[{"prompt":"Once","seed":1,"temperature":0.8,"text":"Once upon"}]})";

class CardFile : public ::testing::Test {
protected:
    Error errorFor(const std::string& text) {
        test::writeFile(file, text);
        const Error error = test::errorOf([&] { (void)readModelCard(file); });
        EXPECT_NE(error.where.find("training.json"), std::string::npos) << error.message();
        return error;
    }
    test::TempFolder folder;
    fs::path file = folder / "training.json";
};

TEST_F(CardFile, HoldsWhatTheTrainerWrote) {
    test::writeFile(file, kCard);
    const ModelCard card = readModelCard(file);
    EXPECT_EQ(card.title, "Demo MLA");
    EXPECT_EQ(card.data.licence, "CDLA-Sharing-1.0");
    EXPECT_EQ(card.data.bytes, 16293275);
    EXPECT_EQ(card.training.steps, 9000);
    EXPECT_EQ(card.training.passes, 18.4);
    EXPECT_EQ(card.training.settings,
              (std::vector<std::pair<std::string, double>>{{"learning_rate", 0.003}, {"warmup", 200}, {"beta2", 0.95}}));
    EXPECT_EQ(card.result.bitsPerByte, 0.74);
    ASSERT_EQ(card.curve.size(), 2U);
    EXPECT_EQ(card.curve[0].validationLoss, 8.25);
    EXPECT_EQ(card.curve[1].tokens, 81920);
    EXPECT_FALSE(card.curve[1].validationLoss);
    ASSERT_EQ(card.samples.size(), 1U);
    EXPECT_EQ(card.samples[0].text, "Once upon");
    EXPECT_EQ(card.samples[0].temperature, 0.8);
}

TEST_F(CardFile, MayBeNearlyEmpty) {
    test::writeFile(file, R"({"format_version":1,"data":null,"training":{"steps":null}})");
    const ModelCard card = readModelCard(file);
    EXPECT_TRUE(card.title.empty());
    EXPECT_FALSE(card.training.steps || card.result.loss || card.data.stories);
    EXPECT_TRUE(card.curve.empty() && card.samples.empty());
}

TEST_F(CardFile, WrongTypesNameTheirKey) {
    const std::pair<const char*, const char*> wrong[] = {
        {R"({"format_version":1,"title":5})", "title"},
        {R"({"format_version":1,"training":{"steps":"many"}})", "training.steps"},
        {R"({"format_version":1,"training":{"steps":1.5}})", "training.steps"},
        {R"({"format_version":1,"training":{"steps":-1}})", "steps"},
        {R"({"format_version":1,"training":{"dropout":true}})", "training.dropout"},
        {R"({"format_version":1,"result":[]})", "result"},
        {R"({"format_version":1,"curve":{}})", "curve"},
        {R"({"format_version":1,"curve":[{"step":0},7]})", "curve[1]"},
        {R"({"format_version":1,"curve":[{"loss":"low"}]})", "curve[0].loss"},
        {R"({"format_version":1,"samples":[{"text":[]}]})", "samples[0].text"},
        {R"({"format_version":2})", "format_version"},
        {R"({"title":"x"})", "format_version"},
    };
    for (const auto& [text, key] : wrong) EXPECT_NE(errorFor(text).what.find(key), std::string::npos) << text;
}

TEST_F(CardFile, IsBoundedInEveryWay) {
    EXPECT_NE(errorFor(R"({"format_version":1,"title":")" + std::string(kLongestCardText + 1, 'x') + "\"}").what.find("title"),
              std::string::npos);
    std::string points, samples;
    for (std::size_t i = 0; i <= kMostCurvePoints; ++i) points += i > 0 ? ",{}" : "{}";
    for (std::size_t i = 0; i <= kMostCardSamples; ++i) samples += i > 0 ? ",{}" : "{}";
    EXPECT_NE(errorFor(R"({"format_version":1,"curve":[)" + points + "]}").what.find("curve"), std::string::npos);
    EXPECT_NE(errorFor(R"({"format_version":1,"samples":[)" + samples + "]}").what.find("samples"), std::string::npos);
    (void)errorFor(std::string(kLargestCard + 1, ' '));
    (void)errorFor("");
    (void)errorFor("{\"format_version\":1");
}

/// A pair of tiny folders, MLA and MHA, that name each other.
class Pair : public ::testing::Test {
protected:
    void SetUp() override {
        for (const char* name : {"mla", "mha"}) {
            fs::create_directory(folder / name);
            test::TinyOptions options;
            options.family = name == std::string("mla") ? Family::DeepseekV3 : Family::Llama;
            options.kvHeads = options.heads;
            if (options.family == Family::Llama) options.headDim = 12;  // not what the formula for the other form says
            test::writeTinyCheckpoint(folder / name, options);
        }
        own("mla", R"({"format_version":1,"name":"Tiny MLA","twin":"../mha"})");
        own("mha", R"({"format_version":1,"twin":"../mla/"})");
    }
    void own(const std::string& model, const std::string& text) { test::writeFile(folder / model / "latentloom.json", text); }
    std::string errorFor(const std::string& text) {
        own("mla", text);
        const auto opened = engine->open(folder / "mla", {});
        EXPECT_FALSE(opened) << text;
        return opened ? std::string() : opened.error().message();
    }
    ModelSummary summary(const char* model, MlaPath path = MlaPath::Absorbed) {
        return engine->summary(*valueOrThrow(engine->open(folder / model, {})), {.path = path});
    }
    test::TempFolder folder;
    std::unique_ptr<Engine> engine = Engine::create({});
};

TEST_F(Pair, EachKnowsTheOther) {
    const ModelSummary mla = summary("mla"), mha = summary("mha");
    EXPECT_EQ(mla.name, "Tiny MLA");
    ASSERT_TRUE(mla.twin);
    EXPECT_EQ(mla.twin->name, "mha");
    EXPECT_EQ(mla.twin->path, (folder / "mha").string());
    EXPECT_EQ(mla.otherForm, mha.cache) << "from the twin's configuration, not by formula";
    EXPECT_NE(mla.otherForm, otherFormSpec(mla.config, DType::F32));
    EXPECT_EQ(mha.name, "mha");
    ASSERT_TRUE(mha.twin);
    EXPECT_EQ(mha.twin->name, "Tiny MLA");
    EXPECT_EQ(mha.otherForm, mla.cache);
    EXPECT_EQ(summary("mha", MlaPath::Naive).otherForm, summary("mla", MlaPath::Naive).cache);
    EXPECT_EQ(mla.problem, "");
}

TEST_F(Pair, ShareTheirTokenizerWhileItsBytesAreEqual) {
    const auto mla = valueOrThrow(engine->open(folder / "mla", {}));
    const auto mha = valueOrThrow(engine->open(folder / "mha", {}));
    EXPECT_TRUE(sameTokenizer(*mla, *mha));
    test::writeFile(folder / "mha" / "tokenizer.json", test::tinyTokenizerJson() + "\n");
    EXPECT_FALSE(sameTokenizer(*mla, *mha));
    EXPECT_TRUE(sameTokenizer(*mla, *mla));
}

TEST_F(Pair, AMissingTwinIsNoError) {
    fs::remove_all(folder / "mha");
    const ModelSummary mla = summary("mla");
    EXPECT_FALSE(mla.twin);
    EXPECT_EQ(mla.problem, "");
    EXPECT_EQ(mla.otherForm, otherFormSpec(mla.config, DType::F32));
    own("mla", R"({"format_version":1,"twin":"."})");
    EXPECT_FALSE(summary("mla").twin) << "nobody is his own twin";
}

TEST_F(Pair, ABrokenTwinOrCardOnlySaysSo) {
    test::writeFile(folder / "mha" / "config.json", "{");
    test::writeFile(folder / "mla" / "training.json", R"({"format_version":1,"title":3})");
    const ModelSummary mla = summary("mla");
    EXPECT_FALSE(mla.twin || mla.card);
    EXPECT_NE(mla.problem.find("twin"), std::string::npos) << mla.problem;
    EXPECT_NE(mla.problem.find("training.json"), std::string::npos) << mla.problem;
    test::writeFile(folder / "mla" / "training.json", kCard);
    ASSERT_TRUE(summary("mla").card);
    EXPECT_EQ(summary("mla").card->title, "Demo MLA");
}

TEST_F(Pair, ALatentloomFileOfAnotherFormatIsAnErrorThatNamesIt) {
    EXPECT_NE(errorFor(R"({"format_version":2})").find("latentloom.json"), std::string::npos);
    EXPECT_NE(errorFor(R"({"name":"x"})").find("format_version"), std::string::npos);
    EXPECT_NE(errorFor(R"({"format_version":1,"name":7})").find("name"), std::string::npos);
}

TEST_F(Pair, ATwinMustLieBesideOrBelow) {
    for (const char* place : {"/etc", "", "../../x", "a/../../../x", "../\\u0001"}) {
        EXPECT_NE(errorFor(std::string(R"({"format_version":1,"twin":")") + place + "\"}").find("twin"), std::string::npos) << place;
    }
}

}  // namespace
}  // namespace loom
