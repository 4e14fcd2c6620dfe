// SPDX-License-Identifier: GPL-3.0-or-later
// Scorecard: words and sentences, every number by hand, longest repeats against a plain search, texts at the edges.
#include <gtest/gtest.h>

#include "core/engine/evaluate/scorecard.h"

namespace loom {
namespace {

using Words = std::vector<std::string>;

TEST(Words, lettersApostrophesAndPunctuation) {
    EXPECT_EQ(wordsOf("\"Don't!\" said Tim's dog, 'Spot'."), (Words{"don't", "said", "tim's", "dog", "spot"}));
    EXPECT_EQ(wordsOf("The caf\xC3\xA9 \xE2\x80\x94 it\xE2\x80\x99s \xE2\x80\x9Copen\xE2\x80\x9D\xE2\x80\xA6"),
              (Words{"the", "caf\xC3\xA9", "it's", "open"}));
    EXPECT_EQ(wordsOf("well-known 3 times"), (Words{"well", "known", "3", "times"}));
    EXPECT_TRUE(wordsOf(" .,!? \xF0\x9F\x98\x80 ' ").empty());
    EXPECT_TRUE(wordsOf("").empty());
    EXPECT_EQ(wordsOf("cut \xC3"), (Words{"cut", "\xC3"})) << "half a character at the end does no harm";
}

TEST(Words, sentencesEndWithTheirMarks) {
    EXPECT_EQ(sentencesOf("\"Stop!\" she said. He ran... And then"),
              (std::vector<Words>{{"stop"}, {"she", "said"}, {"he", "ran"}, {"and", "then"}}));
    EXPECT_TRUE(sentencesOf("?!...").empty());
}

TEST(Scorecard, countsByHand) {
    const Scorecard card = scoreStory("The cat sat. The cat ran! The cat sat.", {});
    EXPECT_EQ(card.words, 9);
    EXPECT_EQ(card.distinctWords, 4);
    EXPECT_EQ(card.sentences, 3);
    EXPECT_EQ(card.characters, 38);
    EXPECT_DOUBLE_EQ(card.wordsPerSentence, 3.0);
    EXPECT_DOUBLE_EQ(card.distinct[0], 4.0 / 9);
    EXPECT_DOUBLE_EQ(card.distinct[1], 5.0 / 8) << "the cat, cat sat, sat the, cat ran, ran the";
    EXPECT_DOUBLE_EQ(card.distinct[2], 6.0 / 7) << "only 'the cat sat' comes twice";
    EXPECT_DOUBLE_EQ(card.repetition, 0.0) << "no four words come twice";
    EXPECT_EQ(card.longestRepeat, 3);
    EXPECT_EQ(card.repeatedSentences, 1);
    EXPECT_FALSE(card.misspelt) << "nothing to judge by";
    EXPECT_DOUBLE_EQ(card.wantedShare(), 1.0);
}

TEST(Scorecard, repetitionGrowsWithLoops) {
    EXPECT_DOUBLE_EQ(scoreStory("a b c d a b c d", {}).repetition, 1.0 / 8);
    EXPECT_DOUBLE_EQ(scoreStory("go go go go go go go go", {}).repetition, 4.0 / 8);
    EXPECT_EQ(scoreStory("go go go go go go go go", {}).longestRepeat, 7) << "the two may overlap";
    EXPECT_EQ(scoreStory("one two three", {}).longestRepeat, 0);
}

TEST(Scorecard, longestRepeatIsThatOfAPlainSearch) {
    std::uint64_t state = 5;
    for (int round = 0; round < 60; ++round) {
        std::string text;
        Words words;
        for (int i = 0; i < 5 + round; ++i) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            words.emplace_back(1, static_cast<char>('a' + (state >> 33U) % (2 + static_cast<unsigned>(round) % 4)));
            text += words.back() + ' ';
        }
        std::size_t longest = 0;
        for (std::size_t i = 0; i < words.size(); ++i) {
            for (std::size_t j = i + 1; j < words.size(); ++j) {
                std::size_t common = 0;
                while (j + common < words.size() && words[i + common] == words[j + common]) ++common;
                longest = std::max(longest, common);
            }
        }
        EXPECT_EQ(scoreStory(text, {}).longestRepeat, static_cast<std::int64_t>(longest)) << text;
    }
}

TEST(Scorecard, wordsOfThePromptAndWordsAskedFor) {
    ScoreRequest request;
    request.prompt = "Once upon a time there was a Dragon with a castle.";
    Scorecard card = scoreStory("The dragon slept. It had a dragon egg.", request);
    EXPECT_EQ(card.wanted, (Words{"dragon", "castle"})) << "function words are not asked for";
    EXPECT_EQ(card.used, (Words{"dragon"}));
    EXPECT_DOUBLE_EQ(card.wantedShare(), 0.5);
    request.wanted = {"Egg", "time"};
    card = scoreStory("The dragon slept. It had a dragon egg.", request);
    EXPECT_EQ(card.wanted, (Words{"egg", "time"}));
    EXPECT_EQ(card.used, (Words{"egg"}));
}

TEST(Scorecard, spellingAgainstAVocabulary) {
    const WordSet vocabulary = wordSet("the\ncat\nsat\non\nmat\n");
    ScoreRequest request;
    request.vocabulary = &vocabulary;
    request.prompt = "Zibby came.";
    const Scorecard card = scoreStory("The catt sat on 12 matts. The catt! Zibby!", request);
    EXPECT_EQ(card.misspelt, 3);
    EXPECT_EQ(card.misspeltWords, (Words{"catt", "matts"})) << "a name from the prompt and a number are no mistakes";
    EXPECT_DOUBLE_EQ(*card.spelledShare(), 1.0 - 3.0 / 9);
    EXPECT_DOUBLE_EQ(*scoreStory("", request).spelledShare(), 1.0);
}

TEST(Scorecard, edgesAreHarmless) {
    for (const char* text : {"", " ", "!", "word", "\xFF\xFE"}) {
        const Scorecard card = scoreStory(text, {});
        EXPECT_LE(card.words, 1) << text;
        EXPECT_EQ(card.repetition, 0) << text;
        EXPECT_EQ(card.longestRepeat, 0) << text;
    }
    std::string loop;
    for (int i = 0; i < 20'000; ++i) loop += "and then ";
    EXPECT_EQ(scoreStory(loop, {}).longestRepeat, 39'998);
}

TEST(FunctionWords, areKnown) {
    EXPECT_TRUE(isFunctionWord("the"));
    EXPECT_TRUE(isFunctionWord("yours"));
    EXPECT_TRUE(isFunctionWord("a"));
    EXPECT_FALSE(isFunctionWord("dragon"));
    EXPECT_FALSE(isFunctionWord(""));
}

}  // namespace
}  // namespace loom
