// SPDX-License-Identifier: GPL-3.0-or-later
// Evaluation: windows score each token once; the loss is that of the network's own logits.
#include <gtest/gtest.h>

#include <cmath>

#include "core/engine/evaluate/evaluate.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"

namespace loom {
namespace {

TEST(AllStories, AreThoseOfTheSourceOrTheFirstOfThem) {
    const std::string text = "One.\n\nStill one.\n<|endoftext|>\nTwo.\n<|endoftext|>\n\n<|endoftext|>Three";
    const auto from = [](const std::string& all, std::int64_t most = 0) {
        return allStories(*openTextSource(all, "the test", Separator::EndOfText), most);
    };
    EXPECT_EQ(from(text), (std::vector<std::string>{"One.\n\nStill one.", "Two.", "Three"}));
    EXPECT_EQ(from(text, 2), (std::vector<std::string>{"One.\n\nStill one.", "Two."}));
    EXPECT_TRUE(from("").empty());
    EXPECT_TRUE(from("<|endoftext|>\n<|endoftext|>").empty());
}

TEST(ScoreWindows, ScoreEachTokenButTheFirstOnce) {
    for (const std::int64_t context : {1, 2, 3, 8, 64}) {
        for (std::int64_t length = 0; length < 200; ++length) {
            std::int64_t next = 1;
            for (const ScoreWindow& window : scoreWindows(length, context)) {
                EXPECT_EQ(window.firstScored, next) << length << ' ' << context;
                EXPECT_GT(window.inputs, 0);
                EXPECT_LE(window.inputs, context);
                EXPECT_LT(window.begin + window.inputs, length);
                // What is scored has a context, half a window of it from the second window on.
                EXPECT_GE(window.firstScored - 1 - window.begin, window.begin > 0 ? (context - 1) / 2 : 0);
                next = window.begin + window.inputs + 1;
            }
            EXPECT_EQ(next, std::max<std::int64_t>(length, 1)) << length << ' ' << context;
        }
    }
}

TEST(ScoreWindows, ShortSequencesAreOneWindow) {
    EXPECT_EQ(scoreWindows(10, 64), (std::vector<ScoreWindow>{{0, 9, 1}}));
    EXPECT_EQ(scoreWindows(65, 64), (std::vector<ScoreWindow>{{0, 64, 1}}));
    EXPECT_EQ(scoreWindows(66, 64), (std::vector<ScoreWindow>{{0, 64, 1}, {32, 33, 65}}));
}

class EvaluateTest : public ::testing::Test {
protected:
    EvaluateTest() {
        test::writeTinyCheckpoint(m_folder.path());
        m_model = valueOrThrow(m_engine->open(m_folder.path(), {}));
        m_network = valueOrThrow(m_engine->reference(*m_model, {}));
    }
    Evaluation score(const std::vector<std::string>& stories, std::stop_token stop = {}) {
        return evaluate(*m_model, logitsOf(*m_network), stories, {}, std::move(stop));
    }
    /// The loss of token t after the tokens before it, computed alone.
    double tokenLoss(const TokenIds& ids, std::size_t t) {
        const auto logits = valueOrThrow(m_network->logits(std::span(ids).first(t), 1, MlaPath::Absorbed, {}));
        const auto V = static_cast<std::size_t>(m_model->config().vocab);
        double sum = 0;
        for (std::size_t i = 0; i < V; ++i) sum += std::exp(static_cast<double>(logits[logits.size() - V + i]));
        return std::log(sum) - static_cast<double>(logits[logits.size() - V + ids[t].index()]);
    }

    test::TempFolder m_folder;
    std::unique_ptr<Engine> m_engine = Engine::create({});
    std::shared_ptr<const OpenModel> m_model;
    std::shared_ptr<ReferenceModel> m_network;
};

TEST_F(EvaluateTest, IsTheSumOverTheTokensOfEndTextEnd) {
    const std::string story = "The cat.";
    TokenIds ids{m_model->endTokens().front()};
    const TokenIds text = m_model->tokenizer()->encode(story);
    ids.insert(ids.end(), text.begin(), text.end());
    ids.push_back(m_model->endTokens().front());
    double expected = 0;
    for (std::size_t t = 1; t < ids.size(); ++t) expected += tokenLoss(ids, t);

    const Evaluation e = score({story, story});
    EXPECT_EQ(e.stories, 2);
    EXPECT_EQ(e.tokens, 2 * (std::ssize(text) + 1));
    EXPECT_EQ(e.bytes, 16);
    EXPECT_NEAR(e.totalLoss, 2 * expected, 1e-4);
    EXPECT_DOUBLE_EQ(e.perplexity(), std::exp(e.totalLoss / static_cast<double>(e.tokens)));
    EXPECT_DOUBLE_EQ(e.bitsPerByte(), e.totalLoss / std::log(2.0) / 16);
}

TEST_F(EvaluateTest, TellsEveryToken) {
    const std::string longStory(static_cast<std::size_t>(m_model->config().context) * 2, 'b');
    std::vector<StoryScore> told;
    std::vector<std::pair<std::int64_t, std::int64_t>> progress;
    EvaluateOptions options;
    options.onStory = [&](const StoryScore& score) { told.push_back(score); };
    options.progress = [&](std::int64_t done, std::int64_t all) { progress.emplace_back(done, all); };
    const Evaluation e = evaluate(*m_model, logitsOf(*m_network), {"The cat.", longStory}, options, {});
    EXPECT_EQ(progress, (std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 2}, {2, 2}}));
    ASSERT_EQ(told.size(), 2U);
    double total = 0;
    for (const StoryScore& story : told) {
        ASSERT_EQ(story.logProbabilities.size() + 1, story.ids.size());
        for (const double score : story.logProbabilities) total -= score;
    }
    EXPECT_NEAR(total, e.totalLoss, 1e-9);
    EXPECT_EQ(told[1].story, 1);
    EXPECT_EQ(std::ssize(told[1].ids), std::ssize(longStory) + 2);
    for (std::size_t t = 1; t < told[0].ids.size(); ++t)
        EXPECT_NEAR(-told[0].logProbabilities[t - 1], tokenLoss(told[0].ids, t), 1e-4) << t;
}

TEST_F(EvaluateTest, ThroughACacheOfAnotherType) {
    const std::vector<std::string> stories{"The cat.", "One day a dog ran."};
    const double exact = score(stories).totalLoss;
    const auto through = [&](DType type) {
        return evaluate(*m_model, logitsOf(*m_network, MlaPath::Absorbed, type), stories, {}, {}).totalLoss;
    };
    EXPECT_NEAR(through(DType::F32), exact, 1e-4);
    EXPECT_NEAR(through(DType::BF16), exact, 5e-2);
    EXPECT_NEAR(through(DType::I8), exact, 5e-1);
    EXPECT_NE(through(DType::I8), exact) << "something is rounded";
    EXPECT_THROW((void)through(DType::I32), Error);
}

TEST_F(EvaluateTest, StoriesLongerThanTheContextCountEveryToken) {
    const std::string story(static_cast<std::size_t>(m_model->config().context) * 3, 'a');
    const Evaluation e = score({story});
    EXPECT_EQ(e.tokens, std::ssize(story) + 1);
    EXPECT_TRUE(std::isfinite(e.loss()));
}

TEST_F(EvaluateTest, RefusesNothingAndStops) {
    EXPECT_THROW((void)score({}), Error);
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW((void)score({"The cat."}, source.get_token()), Error);
}

}  // namespace
}  // namespace loom
