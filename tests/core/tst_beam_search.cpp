// SPDX-License-Identifier: GPL-3.0-or-later
// Beam search against transformers (tests/golden/make_sampler_golden.py), against trying every text, and as sessions write with it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include <nlohmann/json.hpp>

#include "core/engine/api/engine.h"
#include "core/engine/generate/beam_search.h"
#include "core/engine/generate/siblings.h"

namespace loom {
namespace {

using Json = nlohmann::json;

TokenIds tokensOf(const std::vector<Beams::Found>& found) {
    TokenIds ids;
    for (const Beams::Found& one : found) ids.push_back(one.token);
    return ids;
}

TokenIds idsOf(const Json& list) {
    TokenIds ids;
    for (const Json& id : list) ids.emplace_back(id.get<std::int64_t>());
    return ids;
}

TEST(BeamSearch, FindsWhatTransformersFinds) {
    std::ifstream in(LOOM_SOURCE_DIR "/tests/golden/samplers/beams.json");
    const Json all = Json::parse(in);
    const auto engine = Engine::create({DeviceKind::Cpu, 1});
    ASSERT_GE(all.at("cases").size(), 20U);
    for (const Json& given : all.at("cases")) {
        SCOPED_TRACE(given.dump());
        const auto model =
            valueOrThrow(engine->open(LOOM_SOURCE_DIR "/tests/golden/models/" + given.at("model").get<std::string>(), {{}, false}));
        const auto network = valueOrThrow(engine->network(*model, {}, {}));
        const TokenIds prompt = idsOf(given.at("prompt"));
        const std::int64_t longest = std::ssize(prompt) + given.at("max_tokens").get<std::int64_t>();
        const auto trunk = valueOrThrow(network->newSequence(longest));
        ForwardOutput out;
        ASSERT_TRUE(readInBlocks(*trunk, prompt, out, {}));
        Beams beams({given.at("width"), given.at("length_penalty"), given.at("early_stopping")}, given.at("max_tokens"),
                    idsOf(given.at("ends")), 0);
        BeamCaches caches(*network, *trunk, prompt, longest);
        TokenIds certain;
        while (!beams.done()) {
            beams.advance(out.logits);
            if (!beams.done()) {
                ASSERT_TRUE(caches.advance(beams.next(), out.logits, {}));
            }
            for (const TokenId id : tokensOf(beams.certain(std::ssize(certain)))) certain.push_back(id);
        }
        EXPECT_EQ(certain, idsOf(given.at("tokens")));
        EXPECT_NEAR(beams.score(), given.at("score").get<double>(), 2e-5 * (1 + std::abs(beams.score())));
    }
}

/// A made network: the logits after a text are a function of its last two tokens.
std::vector<float> logitsAfter(const TokenIds& text, std::size_t vocab) {
    std::vector<float> logits(vocab);
    std::uint64_t key = 17;
    for (std::size_t i = text.size() < 2 ? 0 : text.size() - 2; i < text.size(); ++i)
        key = key * 131 + static_cast<std::uint64_t>(text[i].value()) + 1;
    for (std::size_t id = 0; id < vocab; ++id) logits[id] = 4 * uniformAt(key, id);
    return logits;
}

struct Best {
    TokenIds text;
    double score = -1e9;
};

/// Tries every text of up to `most` tokens, 0 being the end.
void tryAll(const TokenIds& text, double sum, std::size_t vocab, std::size_t most, double penalty, Best& best) {
    const std::vector<float> logits = logitsAfter(text, vocab);
    double total = 0;
    for (const float x : logits) total += std::exp(static_cast<double>(x));
    for (std::size_t id = 0; id < vocab; ++id) {
        TokenIds longer = text;
        longer.emplace_back(static_cast<std::int64_t>(id));
        const double score = sum + static_cast<double>(logits[id]) - std::log(total);
        if (id != 0 && longer.size() < most) {
            tryAll(longer, score, vocab, most, penalty, best);
            continue;
        }
        const double normal = score / std::pow(static_cast<double>(longer.size()), penalty);
        if (normal > best.score) best = {longer, normal};
    }
}

TEST(BeamSearch, WideEnoughItFindsTheVeryBest) {
    constexpr std::size_t kVocab = 5;
    constexpr std::int64_t kMost = 4;
    for (const double penalty : {0.0, 1.0}) {
        Best best;
        tryAll({}, 0, kVocab, kMost, penalty, best);
        Beams beams({.width = 64, .lengthPenalty = penalty}, kMost, {TokenId(0)}, 3);
        std::vector<TokenIds> texts = {{}};
        while (!beams.done()) {
            std::vector<float> logits;
            for (const TokenIds& text : texts) {
                const std::vector<float> row = logitsAfter(text, kVocab);
                logits.insert(logits.end(), row.begin(), row.end());
            }
            beams.advance(logits);
            std::vector<TokenIds> next;
            for (const Beams::Next& one : beams.next()) {
                next.push_back(texts.at(one.parent));
                next.back().push_back(one.token);
            }
            texts = std::move(next);
        }
        EXPECT_EQ(tokensOf(beams.certain(0)), best.text) << penalty;
        EXPECT_NEAR(beams.score(), best.score, 1e-6);
        for (const Beams::Found& one : beams.certain(0)) {
            EXPECT_GE(one.alternatives.size(), 3U);
            EXPECT_TRUE(std::any_of(one.alternatives.begin(), one.alternatives.end(),
                                    [&](const Candidate& c) { return c.token == one.token && c.probability == one.probability; }));
        }
    }
    EXPECT_THROW(Beams({.width = 2}, 3, {}, 0).advance(std::vector<float>{NAN, NAN}), Error);
}

/// A network that can neither fork nor compute together, as the reference.
class AloneSequence final : public Sequence {
public:
    Result<void> forward(std::span<const TokenId> tokens, const ForwardOptions&, ForwardOutput& out) override {
        m_text.insert(m_text.end(), tokens.begin(), tokens.end());
        out.logits = logitsAfter(m_text, 7);
        return {};
    }
    Result<void> truncate(std::int64_t length) override {
        m_text.resize(static_cast<std::size_t>(length));
        return {};
    }
    Result<void> reserve(std::int64_t) override { return {}; }
    Result<void> pretend(std::int64_t) override { return {}; }
    std::int64_t length() const override { return std::ssize(m_text); }
    std::int64_t capacity() const override { return 100; }
    CacheUse cacheUse() const override { return {}; }

private:
    TokenIds m_text;
};

class AloneNetwork final : public Network {
public:
    Result<std::unique_ptr<Sequence>> newSequence(std::int64_t) const override {
        ++made;
        return std::make_unique<AloneSequence>();
    }
    NetworkFacts facts() const override { return {}; }
    Result<std::unique_ptr<Sequence>> fork(const Sequence&, std::int64_t) const override { return tl::unexpected(Error{"no", {}, {}}); }
    std::int64_t sharedBytes(const Sequence&) const override { return 0; }
    Result<void> forwardTogether(std::span<Sequence* const>, std::span<const TokenId>, std::vector<float>&) const override {
        return tl::unexpected(Error{"no", {}, {}});
    }
    mutable int made = 0;
};

TEST(BeamSearch, CachesFollowTheBeamsWhereNothingCanBeForked) {
    const AloneNetwork network;
    const TokenIds prompt = {TokenId(3), TokenId(5)};
    AloneSequence trunk;
    ForwardOutput out;
    ASSERT_TRUE(readInBlocks(trunk, prompt, out, {}));
    Beams beams({.width = 4}, 9, {TokenId(0)}, 0);
    BeamCaches caches(network, trunk, prompt, 20);
    std::vector<TokenIds> texts = {prompt};
    while (!beams.done()) {
        beams.advance(out.logits);
        if (beams.done()) break;
        ASSERT_TRUE(caches.advance(beams.next(), out.logits, {}));
        std::vector<TokenIds> next;
        std::vector<float> expected;
        for (const Beams::Next& one : beams.next()) {
            next.push_back(texts.at(one.parent));
            next.back().push_back(one.token);
            const std::vector<float> row = logitsAfter(next.back(), 7);
            expected.insert(expected.end(), row.begin(), row.end());
        }
        EXPECT_EQ(out.logits, expected);
        texts = std::move(next);
    }
    EXPECT_EQ(network.made, 4) << "one for each beam, used again";
    std::stop_source stop;
    stop.request_stop();
    Beams again({.width = 2}, 5, {}, 0);
    BeamCaches others(network, trunk, prompt, 20);
    again.advance(logitsAfter(prompt, 7));
    EXPECT_FALSE(others.advance(again.next(), out.logits, stop.get_token()));
}

class BeamWriting : public testing::Test {
protected:
    std::unique_ptr<Engine> engine = Engine::create({DeviceKind::Cpu, 1});
    std::shared_ptr<const OpenModel> model = valueOrThrow(engine->open(LOOM_SOURCE_DIR "/models/demo-mla", {}));
    static GenerateRequest request(std::int64_t width) {
        GenerateRequest r;
        r.prompt = "Once upon a time";
        r.maxTokens = 30;
        r.beams.width = width;
        return r;
    }
};

struct Watch final : GenerateObserver {
    TokenIds tokens;
    std::string text;
    std::int64_t cached = 0;
    std::stop_source stop;
    std::size_t stopAfter = 1000;
    void onToken(const TokenStep& step) override {
        tokens.push_back(step.token);
        text += step.text;
        EXPECT_GT(step.probability, 0);
        EXPECT_FALSE(step.alternatives.empty());
        if (tokens.size() >= stopAfter) stop.request_stop();
    }
    void onTail(const std::string& tail) override { text += tail; }
    void onCached(const TokenStep& step) override {
        ++cached;
        EXPECT_FALSE(step.laneNorms.empty());
    }
};

/// Sum of log probabilities of what was written.
double scoreOf(const Network& network, const TokenIds& prompt, const TokenIds& tokens) {
    const auto sequence = valueOrThrow(network.newSequence(std::ssize(prompt) + std::ssize(tokens)));
    ForwardOutput out;
    EXPECT_TRUE(readInBlocks(*sequence, prompt, out, {}));
    double sum = 0;
    for (const TokenId token : tokens) {
        double total = 0;
        for (const float x : out.logits) total += std::exp(static_cast<double>(x));
        sum += static_cast<double>(out.logits[token.index()]) - std::log(total);
        valueOrThrow(sequence->forward(std::span(&token, 1), {}, out));
    }
    return sum;
}

TEST_F(BeamWriting, WritesTheLikelierTextTheSameEveryTime) {
    const auto network = valueOrThrow(engine->network(*model, {}, {}));
    double greedy = 0;
    for (const std::int64_t width : {1, 5}) {
        GenerateRequest r = request(width);
        if (width == 1) r.samplers.temperature = 0;
        const auto session = valueOrThrow(engine->newSession(model, {}, {}));
        Watch watch;
        const GenerateSummary s = valueOrThrow(session->generate(r, watch, {}));
        EXPECT_EQ(watch.tokens, s.tokens);
        EXPECT_EQ(watch.text, s.text);
        EXPECT_EQ(watch.cached, std::ssize(s.tokens) - 1);
        EXPECT_EQ(session->cacheUse().usedTokens, std::ssize(s.promptTokens) + std::ssize(s.tokens) - 1);
        const double score = scoreOf(*network, s.promptTokens, s.tokens) / static_cast<double>(s.tokens.size());
        if (width == 1) {
            greedy = score;
            continue;
        }
        EXPECT_NEAR(s.beamScore, score, 1e-4);
        EXPECT_GT(score, greedy);
        Watch again;
        EXPECT_EQ(valueOrThrow(session->generate(r, again, {})).tokens, s.tokens);
        EXPECT_GT(engine->memory().current(MemoryKind::Cache), 0);
    }
    EXPECT_EQ(engine->memory().current(MemoryKind::Cache), 0) << "the beams' caches are given back";
}

TEST_F(BeamWriting, StopsWhereItIsTold) {
    const auto session = valueOrThrow(engine->newSession(model, {}, {}));
    Watch watch;
    watch.stopAfter = 4;
    GenerateRequest r = request(5);
    r.maxTokens = 200;
    const GenerateSummary cancelled = valueOrThrow(session->generate(r, watch, watch.stop.get_token()));
    EXPECT_EQ(cancelled.stopReason, StopReason::Cancelled);
    EXPECT_GE(cancelled.tokens.size(), 4U);
    EXPECT_LT(cancelled.tokens.size(), 200U);
    EXPECT_EQ(cancelled.tokens, watch.tokens);

    r = request(4);
    Watch whole;
    const std::string text = valueOrThrow(session->generate(r, whole, {})).text;
    r.stopStrings = {text.substr(10, 6)};
    Watch cut;
    const GenerateSummary stopped = valueOrThrow(session->generate(r, cut, {}));
    EXPECT_EQ(stopped.stopReason, StopReason::StopString);
    EXPECT_EQ(stopped.text, text.substr(0, 10));
    r.maxTokens = 0;
    EXPECT_EQ(valueOrThrow(session->generate(r, cut, {})).stopReason, StopReason::MaxTokens);
    r.beams.width = 0;
    EXPECT_FALSE(session->generate(r, cut, {}));
    EXPECT_THROW((void)writeSiblings(*engine, model, {}, request(5), 2, {}, {}), Error);
}

}  // namespace
}  // namespace loom
