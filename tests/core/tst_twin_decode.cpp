// SPDX-License-Identifier: GPL-3.0-or-later
// Twin decode: lock step, the same stories as written alone, bytes as the engine counts them, and stops at every moment.
#include <gtest/gtest.h>

#include "core/engine/generate/twin_decode.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/watched_engine.h"

namespace loom::test {
namespace {

class TwinDecodeTest : public testing::Test {
protected:
    TwinDecodeTest() {
        full = checkpoint("full", {.family = Family::Llama, .context = 256});
        latent = checkpoint("latent", {.family = Family::DeepseekV3, .context = 256, .seed = 2});
    }
    std::string checkpoint(const std::string& name, const TinyOptions& options) {
        std::filesystem::create_directory(folder / name);
        writeTinyCheckpoint(folder / name, options);
        return (folder / name).string();
    }
    std::unique_ptr<TwinDecode> twins(const std::vector<TwinChoice>& choices) {
        return std::make_unique<TwinDecode>(engine, openTwins(engine, choices, {}), NetworkOptions{}, std::stop_token());
    }
    static TwinRequest request(std::int64_t tokens = 40) { return {.prompt = "The kite", .samplers = {}, .seed = 9, .maxTokens = tokens}; }
    static std::vector<TwinTick> all(TwinDecode& decode) {
        std::vector<TwinTick> ticks;
        while (!decode.ended()) ticks.push_back(decode.tick({}).value());
        return ticks;
    }
    /// What one of them wrote, as ids.
    static std::vector<std::int64_t> written(const std::vector<TwinTick>& ticks, std::size_t who) {
        std::vector<std::int64_t> ids;
        for (const TwinTick& tick : ticks) {
            if (tick.tokens[who]) ids.push_back(tick.tokens[who]->token.value());
        }
        return ids;
    }

    TempFolder folder;
    std::string full, latent;
    std::function<void()> before;
    WatchedEngine engine{[this] {
        if (before) before();
    }};
};

TEST_F(TwinDecodeTest, bytesEqualTheEnginesAccountingAtEveryStep) {
    const auto decode = twins({{.path = full}, {.path = latent}, {.path = latent, .mla = MlaPath::Naive}});
    EXPECT_TRUE(decode->ended()) << "nothing has begun";
    decode->begin(request());
    const std::vector<TwinContestant> facts = decode->contestants();
    ASSERT_EQ(facts.size(), 3U);
    std::int64_t ticks = 0;
    while (!decode->ended()) {
        const TwinTick tick = decode->tick({}).value();
        EXPECT_EQ(tick.number, ticks);
        EXPECT_EQ(decode->ticks(), ++ticks);
        const std::vector<CacheUse> uses = decode->caches();
        for (std::size_t i = 0; i < facts.size(); ++i) {
            const TwinToken& token = tick.tokens[i].value();
            const CacheSpec spec = cacheSpec(facts[i].config, facts[i].choice.mla, DType::F32);
            EXPECT_EQ(facts[i].cache, spec);
            EXPECT_EQ(token.usedTokens, facts[i].promptTokens + tick.number);
            EXPECT_EQ(token.position, token.usedTokens);
            EXPECT_EQ(token.usedBytes, spec.bytesPerToken() * token.usedTokens);
            EXPECT_EQ(token.usedBytes, uses[i].usedBytes());
            EXPECT_EQ(token.allocatedBytes, uses[i].bytes);
            EXPECT_EQ(token.allocatedBytes, spec.bytesPerToken() * uses[i].capacityTokens);
            EXPECT_LT(uses[i].capacityTokens, token.usedTokens + 16) << "what is allocated follows what is used";
            std::int64_t layers = 0;
            for (const LayerUse& layer : uses[i].layers) layers += layer.bytes;
            EXPECT_EQ(layers, uses[i].bytes);
            EXPECT_GT(token.time.count(), 0);
        }
    }
    EXPECT_EQ(ticks, 40);
}

TEST_F(TwinDecodeTest, everyoneWritesWhatItWritesAlone) {
    const auto decode = twins({{.path = full}, {.path = latent}});
    decode->begin(request());
    const std::vector<TwinTick> ticks = all(*decode);
    const std::vector<std::string> paths{full, latent};
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const auto model = valueOrThrow(engine.open(paths[i], {}));
        const auto session = valueOrThrow(engine.newSession(model, {}, {}));
        GenerateRequest alone;
        alone.prompt = request().prompt;
        alone.seed = request().seed;
        alone.maxTokens = 40;
        GenerateObserver nobody;
        const GenerateSummary summary = valueOrThrow(session->generate(alone, nobody, {}));
        std::vector<std::int64_t> ids;
        for (const TokenId id : summary.tokens) ids.push_back(id.value());
        EXPECT_EQ(written(ticks, i), ids) << paths[i];
        EXPECT_EQ(decode->text(i), summary.text);
        std::string text;
        for (const TwinTick& tick : ticks) text += tick.tokens[i] ? tick.tokens[i]->text : std::string();
        EXPECT_EQ(text, summary.text) << "the steps make up the story";
        EXPECT_EQ(decode->contestants()[i].prompt, "The kite");
    }
}

TEST_F(TwinDecodeTest, differencesAreSeenFromBothSides) {
    const auto decode = twins({{.path = full}, {.path = latent}, {.path = full}});
    decode->begin(request());
    int differ = 0;
    for (const TwinTick& tick : all(*decode)) {
        const TwinToken &a = *tick.tokens[0], &b = *tick.tokens[1], &c = *tick.tokens[2];
        EXPECT_EQ(b.differs, a.token != b.token);
        EXPECT_FALSE(c.differs) << "the same network";
        EXPECT_EQ(a.differs, b.differs);
        differ += b.differs ? 1 : 0;
    }
    EXPECT_GT(differ, 10) << "two networks of random weights";
    const auto paths = twins({{.path = latent}, {.path = latent, .mla = MlaPath::Naive}});
    paths->begin(request());
    for (const TwinTick& tick : all(*paths)) EXPECT_FALSE(tick.tokens[0]->differs || tick.tokens[1]->differs) << tick.number;
}

TEST_F(TwinDecodeTest, whoEndsFirstWaitsForNobody) {
    const std::string small = checkpoint("small", {.family = Family::Llama, .context = 20});
    const auto decode = twins({{.path = small}, {.path = full}});
    decode->begin(request(30));
    const std::vector<TwinTick> ticks = all(*decode);
    ASSERT_EQ(ticks.size(), 30U);
    const std::int64_t room = 20 - decode->contestants()[0].promptTokens;
    EXPECT_EQ(std::ssize(written(ticks, 0)), room);
    EXPECT_EQ(std::ssize(written(ticks, 1)), 30);
    EXPECT_EQ(ticks[static_cast<std::size_t>(room - 1)].tokens[0]->reason, StopReason::Context);
    EXPECT_FALSE(ticks.back().tokens[0]);
    EXPECT_TRUE(ticks.back().tokens[1]->differs) << "there is nothing that it could equal";
    EXPECT_EQ(ticks.back().tokens[1]->reason, StopReason::MaxTokens);
}

TEST_F(TwinDecodeTest, aStopAtAnyStepChangesNothing) {
    TwinRequest wish = request(12);
    wish.prompt = std::string(200, 'x');
    const auto decode = twins({{.path = full}, {.path = latent}});
    std::int64_t steps = 0;
    before = [&steps] { ++steps; };
    decode->begin(wish);
    const std::vector<TwinTick> whole = all(*decode);
    const std::int64_t needed = steps;
    const std::int64_t tokens = std::ssize(written(whole, 0)) + std::ssize(written(whole, 1));
    ASSERT_GT(tokens, 10);
    ASSERT_EQ(needed, 2 * 2 + tokens - 2) << "two blocks of each prompt, then a step for each token but the last";
    for (std::int64_t at = 1; at <= needed; ++at) {
        std::stop_source stop;
        steps = 0;
        before = [&] {
            if (++steps == at) stop.request_stop();
        };
        decode->begin(wish);
        std::vector<TwinTick> ticks;
        std::stop_token watched = stop.get_token();
        while (!decode->ended()) {
            auto tick = decode->tick(watched);
            if (!tick) {
                watched = {};
                EXPECT_EQ(steps, at) << "stopped within the step that was being computed";
                EXPECT_EQ(decode->ticks(), std::ssize(ticks)) << "nobody has written";
                tick = decode->tick({});
            }
            ticks.push_back(std::move(tick.value()));
        }
        EXPECT_EQ(steps, needed) << "nothing is computed twice";
        for (const std::size_t who : {0U, 1U}) EXPECT_EQ(written(ticks, who), written(whole, who)) << at;
    }
}

TEST_F(TwinDecodeTest, aRequestThatCannotBeReadLeavesTheStories) {
    const auto decode = twins({{.path = full}, {.path = latent}});
    decode->begin(request());
    (void)decode->tick({});
    const std::string text = decode->text(0);
    TwinRequest bad = request();
    bad.prompt = std::string(300, 'x');
    EXPECT_NE(errorOf([&] { decode->begin(bad); }).what.find("300"), std::string::npos);
    bad = request();
    bad.samplers.topP = 7;
    (void)errorOf([&] { decode->begin(bad); });
    EXPECT_EQ(decode->text(0), text);
    EXPECT_EQ(decode->ticks(), 1);
    EXPECT_EQ(decode->tick({})->number, 1);
    decode->begin(request());
    EXPECT_EQ(decode->ticks(), 0);
    EXPECT_EQ(decode->caches()[0].usedTokens, 0);
}

TEST_F(TwinDecodeTest, randomWeightsBorrowATokenizer) {
    const auto decode = twins({{.path = latent}, {.preset = "demo-mha"}});
    decode->begin(request(5));
    const std::vector<TwinContestant> facts = decode->contestants();
    EXPECT_FALSE(facts[0].untrained);
    EXPECT_TRUE(facts[1].untrained);
    EXPECT_EQ(facts[1].name, "demo-mha");
    EXPECT_EQ(facts[1].config.vocab, kTinyVocab);
    EXPECT_EQ(facts[1].cache.bytesPerToken(), 2 * 256 * 6 * 4);
    EXPECT_EQ(all(*decode).size(), 5U);
    EXPECT_NE(errorOf([&] { (void)twins({{.preset = "demo-mha"}}); }).hint.find("checkpoint"), std::string::npos);
    EXPECT_NE(errorOf([&] { (void)twins({{.path = full}, {.preset = "nothing"}}); }).what.find("nothing"), std::string::npos);
    EXPECT_NE(errorOf([&] { (void)twins({{.path = full}, {.preset = "deepseek-v3"}}); }).what.find("memory"), std::string::npos);
}

TEST_F(TwinDecodeTest, whoCannotTakePart) {
    (void)errorOf([&] { (void)twins({}); });
    (void)errorOf([&] { (void)twins(std::vector<TwinChoice>(5, TwinChoice{.path = full})); });
    EXPECT_NE(errorOf([&] {
                  (void)twins({{.path = full}, {.path = (folder / "missing").string()}});
              }).where.find("missing"),
              std::string::npos);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(errorOf([&] { (void)openTwins(engine, {{.path = full}}, stop.get_token()); }).what, "Cancelled");
}

TEST_F(TwinDecodeTest, paceIsTheMedianWithoutThePrompt) {
    TwinPace pace(3);
    EXPECT_EQ(pace.milliseconds(0), 0);
    const auto tick = [](std::int64_t number, int milliseconds) {
        TwinToken token;
        token.time = std::chrono::milliseconds(milliseconds);
        return TwinTick{number, {token, std::nullopt}};
    };
    pace.add(tick(0, 900));
    EXPECT_EQ(pace.tokensPerSecond(0), 0) << "the prompt is not a token";
    for (const int ms : {50, 2, 4, 3}) pace.add(tick(1, ms));
    EXPECT_EQ(pace.milliseconds(0), 3) << "of the last three";
    EXPECT_NEAR(pace.tokensPerSecond(0), 333.3, 0.1);
    EXPECT_EQ(pace.milliseconds(1), 0) << "has ended";
}

}  // namespace
}  // namespace loom::test
