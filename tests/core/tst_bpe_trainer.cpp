// SPDX-License-Identifier: GPL-3.0-or-later
// Training a byte-level BPE tokenizer, against merges that the `tokenizers` package learnt (tests/golden/make_tokenizer_golden.py).
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/engine/tokenizer/bpe_trainer.h"
#include "core/engine/tokenizer/tokenizer.h"
#include "tests/support/temp_folder.h"

namespace loom {
namespace {

nlohmann::json golden() {
    return nlohmann::json::parse(test::readFile(std::filesystem::path(LOOM_SOURCE_DIR) / "tests/golden/tokenizer/bpe_training.json"));
}

BpeVocabulary learn(const std::vector<std::string>& texts, std::int64_t vocab, std::int64_t minFrequency = 0) {
    BpeTrainerOptions options;
    options.vocab = vocab;
    options.minFrequency = minFrequency;
    BpeTrainer trainer(options);
    for (const std::string& text : texts) trainer.add(text);
    return trainer.train();
}

std::vector<std::string> spelled(const BpeVocabulary& vocabulary) {
    std::vector<std::string> out;
    for (const auto& [left, right] : vocabulary.merges) out.push_back(vocabulary.spellings.at(left) + ' ' + vocabulary.spellings.at(right));
    return out;
}

template <class Body>
void expectError(Body&& body, const std::string& part) {
    try {
        body();
        ADD_FAILURE() << "no error about " << part;
    } catch (const Error& error) {
        EXPECT_NE(error.message().find(part), std::string::npos) << error.message();
    }
}

}  // namespace

TEST(BpeTrainer, LearnsTheMergesOfTheTokenizersPackage) {
    const auto sets = golden();
    ASSERT_GE(sets.size(), 4U);
    for (const auto& set : sets) {
        const BpeVocabulary learnt = learn(set.at("records"), set.at("vocab"), set.at("min_frequency"));
        EXPECT_EQ(spelled(learnt), set.at("merges").get<std::vector<std::string>>()) << set.at("name");
        EXPECT_EQ(learnt.spellings, set.at("tokens").get<std::vector<std::string>>()) << set.at("name");
    }
}

TEST(BpeTrainer, SeparatorsInOneTextAreTheSameAsSeparateRecords) {
    for (const auto& set : golden()) {
        std::string text;
        bool padding = false;
        for (const auto& record : set.at("records")) {
            text += record.get<std::string>() + (padding ? kPaddingToken : kEndOfTextToken);
            padding = !padding;
        }
        const BpeVocabulary learnt = learn({text}, set.at("vocab"), set.at("min_frequency"));
        EXPECT_EQ(spelled(learnt), set.at("merges").get<std::vector<std::string>>()) << set.at("name");
    }
}

TEST(BpeTrainer, LongRecordsAreCutBetweenWords) {
    std::string text;
    for (int i = 0; text.size() < (std::size_t{9} << 20); ++i) text += "word" + std::to_string(i % 4999) + " is, here\n";
    BpeTrainer trainer({});
    std::vector<BpeProgress> reports;
    trainer.add(text, [&](const BpeProgress& p) { reports.push_back(p); });
    // "word", " is", ",", " here", "\n" and the numbers: a cut elsewhere would add words
    EXPECT_EQ(trainer.distinctWords(), 5 + 4999);
    ASSERT_GE(reports.size(), 3U);
    EXPECT_EQ(reports.back().done, std::ssize(text));
    EXPECT_EQ(reports.back().total, std::ssize(text));

    BpeTrainer unbroken({});
    std::string signs;
    while (signs.size() < (std::size_t{4} << 20) + 3) signs += "\xE2\x82\xAC";  // no place to cut but between characters
    unbroken.add(signs);
    EXPECT_EQ(unbroken.distinctWords(), 2);
    EXPECT_EQ(unbroken.train().spellings[258], "\xC3\xA2\xC4\xA4");  // E2 82, as the alphabet spells them
}

TEST(BpeTrainer, SpecialTextIsNeverLearnt) {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "<|endoftext|><|pad|>xyz";
    const BpeVocabulary learnt = learn({text}, 300);
    EXPECT_EQ(spelled(learnt), (std::vector<std::string>{"x y", "xy z"}));
    expectError([] { (void)learn({"<|endoftext|><|pad|><|endoftext|>"}, 300); }, "no text");
    expectError([] { (void)learn({}, 300); }, "no text");
}

TEST(BpeTrainer, WrittenTokenizerGoesThereAndBack) {
    const auto set = golden().at(0);
    const BpeVocabulary learnt = learn(set.at("records"), set.at("vocab"));
    const test::TempFolder temporary;
    const std::filesystem::path folder = temporary / "new" / std::filesystem::path("folder");
    writeTokenizer(folder, learnt);
    const auto tokenizer = openTokenizer(folder, std::ssize(learnt.spellings));
    EXPECT_EQ(tokenizer->vocabularySize(), std::ssize(learnt.spellings));
    EXPECT_EQ(tokenizer->endTokens(), std::vector<TokenId>{TokenId(0)});
    EXPECT_EQ(tokenizer->beginToken(), TokenId(0));
    EXPECT_EQ(tokenizer->specialName(TokenId(1)), kPaddingToken);
    EXPECT_TRUE(tokenizer->beginning().empty());
    for (const auto& item : set.at("cases")) {
        std::vector<std::int64_t> ids;
        for (const TokenId id : tokenizer->encode(item.at("text").get<std::string>())) ids.push_back(id.value());
        EXPECT_EQ(ids, item.at("ids").get<std::vector<std::int64_t>>()) << item.at("text");
    }
    const std::string every = "tab\t \xF0\x9F\x98\x80 \"quotes\" \\ caf\xC3\xA9\n\n  <|end\x01";
    EXPECT_EQ(tokenizer->decode(tokenizer->encode(every)), every);

    const std::string first = test::readFile(folder / "tokenizer.json");
    writeTokenizer(folder, learn(set.at("records"), set.at("vocab")));
    EXPECT_EQ(test::readFile(folder / "tokenizer.json"), first);
    const auto config = nlohmann::json::parse(test::readFile(folder / "tokenizer_config.json"));
    EXPECT_EQ(config.at("tokenizer_class"), "PreTrainedTokenizerFast");
    EXPECT_EQ(config.at("model_input_names"), (nlohmann::json{"input_ids", "attention_mask"}));
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++files;
    EXPECT_EQ(files, 2U);  // nothing temporary stays
}

TEST(BpeTrainer, WhereNothingCanBeWrittenIsSaid) {
    const test::TempFolder folder;
    test::writeFile(folder / "file", "x");
    const BpeVocabulary learnt = learn({"a b a b"}, 300);
    expectError([&] { writeTokenizer(folder / "file", learnt); }, "file");
    expectError([&] { writeTokenizer(folder / "file/inside", learnt); }, "cannot be created");
}

TEST(BpeTrainer, BadInputIsRefused) {
    for (const std::int64_t vocab : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{257}, kLargestBpeVocabulary + 1}) {
        expectError([&] { (void)learn({"abc"}, vocab); }, std::to_string(vocab) + " tokens");
    }
    EXPECT_EQ(learn({"abc abc"}, 258).merges.size(), 0U);
    expectError([] { (void)learn({"abc"}, 300, -1); }, "minimum frequency");
    expectError([] { (void)learn({"ab\xE9 cd"}, 300); }, "not UTF-8 at byte 2");
    expectError([] { (void)learn({"one<|endoftext|>caf\xC3"}, 300); }, "at byte 19");
    expectError([] { (void)learn({std::string("one<|endoftext|>a\0b", 19)}, 300); }, "zero byte at byte 17");
    BpeTrainerOptions options;
    options.separators = {""};
    expectError([&] { BpeTrainer trainer(options); }, "separator");
}

TEST(BpeTrainer, StopsWhenAsked) {
    std::stop_source source;
    BpeTrainer trainer({});
    trainer.add("once upon a time there was a little robot");
    std::int64_t calls = 0;
    const auto stopAtThird = [&](const BpeProgress&) {
        if (++calls == 3) source.request_stop();
    };
    expectError([&] { (void)trainer.train(stopAtThird, source.get_token()); }, "cancelled");
    EXPECT_EQ(calls, 3);
    expectError([&] { trainer.add("more", {}, source.get_token()); }, "cancelled");
    EXPECT_GT(trainer.train().merges.size(), 3U);  // the words are still there
}

}  // namespace loom
