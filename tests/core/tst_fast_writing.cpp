// SPDX-License-Identifier: GPL-3.0-or-later
// Writing through the fast path: without LibTorch, the same text with and without guesses, siblings as if each were alone.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/engine/api/engine.h"
#include "core/engine/evaluate/precision_loss.h"
#include "core/engine/evaluate/speed.h"
#include "core/engine/generate/guesser.h"
#include "core/engine/generate/siblings.h"

namespace loom {
namespace {

/// Whether LibTorch is in this process.
bool torchIsLoaded() {
    std::ifstream maps("/proc/self/maps");
    std::stringstream all;
    all << maps.rdbuf();
    return all.str().find("libtorch") != std::string::npos;
}

class FastWriting : public testing::Test {
protected:
    std::unique_ptr<Engine> engine = Engine::create({DeviceKind::Cpu, 1});
    std::shared_ptr<const OpenModel> model = valueOrThrow(engine->open(LOOM_SOURCE_DIR "/models/demo-mla", {}));

    static GenerateRequest request(std::string prompt, std::int64_t tokens, double temperature, std::uint64_t seed) {
        GenerateRequest r;
        r.prompt = std::move(prompt);
        r.maxTokens = tokens;
        r.samplers.temperature = temperature;
        r.seed = seed;
        return r;
    }
    GenerateSummary write(const GenerateRequest& r, const SessionOptions& options = {}) {
        const auto session = valueOrThrow(engine->newSession(model, options, {}));
        GenerateObserver silent;
        return valueOrThrow(session->generate(r, silent, {}));
    }
};

TEST_F(FastWriting, isWhatASessionUsesAndNeedsNoLibTorch) {
    const GenerateSummary s = write(request("Once upon a time", 24, 0, 1));
    EXPECT_EQ(s.path, "fast-absorbed");
    EXPECT_EQ(s.precision, "bf16") << "the weights are stored so";
    EXPECT_EQ(s.tokens.size(), 24U);
    EXPECT_FALSE(torchIsLoaded());
    EXPECT_EQ(s.cache.capacityTokens % 16, 0);
    EXPECT_EQ(s.cache.bytes, s.cache.spec.bytesPerToken() * s.cache.capacityTokens);
}

TEST_F(FastWriting, oneNetworkForAllWhoAskTheSame) {
    const auto first = valueOrThrow(engine->network(*model, {}, {}));
    EXPECT_EQ(first, valueOrThrow(engine->network(*model, {}, {})));
    const auto small = valueOrThrow(engine->network(*model, {.precision = PrecisionChoice::Int8}, {}));
    EXPECT_NE(first, small);
    EXPECT_EQ(small->facts().precision, "int8");
    EXPECT_LT(small->facts().weightBytes, first->facts().weightBytes * 6 / 10);
    const ModelSummary summary = engine->summary(*model, {.precision = PrecisionChoice::Int8});
    EXPECT_TRUE(summary.fastPath);
    EXPECT_EQ(summary.precision, "int8");
    EXPECT_EQ(summary.weightBytes, small->facts().weightBytes);
}

TEST_F(FastWriting, guessesNeverChangeTheText) {
    std::int64_t accepted = 0;
    for (const double temperature : {0.0, 0.8}) {
        for (const std::uint64_t seed : {1, 2, 3}) {
            for (const std::int64_t ahead : {1, 4, 9}) {
                GenerateRequest r = request("Tom had a ball. Tom had a ball. Tom had a", 60, temperature, seed);
                const GenerateSummary plain = write(r);
                r.speculate = ahead;
                const GenerateSummary guessed = write(r);
                EXPECT_EQ(guessed.tokens, plain.tokens) << temperature << ' ' << seed << ' ' << ahead;
                EXPECT_EQ(guessed.text, plain.text);
                EXPECT_EQ(guessed.stopReason, plain.stopReason);
                EXPECT_LE(guessed.acceptedTokens, guessed.guessedTokens);
                EXPECT_EQ(plain.guessedTokens, 0);
                accepted += guessed.acceptedTokens;
            }
        }
    }
    EXPECT_GT(accepted, 20) << "a story that repeats itself is guessed";
}

TEST_F(FastWriting, anotherModelsGuessesNeverChangeTheText) {
    SessionOptions options;
    for (const char* who : {"/models/demo-mla", "/models/demo-mha"}) {
        options.draft = valueOrThrow(engine->open(std::string(LOOM_SOURCE_DIR) + who, {}));
        for (const double temperature : {0.0, 0.9}) {
            GenerateRequest r = request("Once upon a time", 80, temperature, 5);
            const GenerateSummary plain = write(r);
            for (const std::int64_t ahead : {1, 4}) {
                r.speculate = ahead;
                const GenerateSummary guessed = write(r, options);
                EXPECT_EQ(guessed.tokens, plain.tokens) << who << ' ' << temperature << ' ' << ahead;
                EXPECT_GE(guessed.guessedTokens, 30) << "it always has something to say";
                EXPECT_GT(guessed.acceptedTokens, guessed.guessedTokens / 3) << "and was trained on the same stories";
            }
        }
    }
}

/// Settings whose choices hang on the story, on earlier choices and on a random number of their own.
std::vector<SamplerSettings> memorySamplers() {
    SamplerSettings mirostat = plainSampling();
    mirostat.mirostatTau = 2.5;
    mirostat.mirostatEta = 0.4;
    SamplerSettings dry;
    dry.dryMultiplier = 1.5;
    dry.temperature = 0.4;
    SamplerSettings xtc = plainSampling();
    xtc.xtcProbability = 0.5;
    xtc.xtcThreshold = 0.05;
    SamplerSettings all = xtc;
    all.dryMultiplier = 0.8;
    all.repetitionPenalty = 1.1;
    all.mirostatTau = 4;
    return {mirostat, dry, xtc, all};
}

TEST_F(FastWriting, guessesChangeNoTextWhateverTheSamplersRemember) {
    SessionOptions draft;
    draft.draft = valueOrThrow(engine->open(LOOM_SOURCE_DIR "/models/demo-mha", {}));
    for (const SamplerSettings& samplers : memorySamplers()) {
        GenerateRequest r = request("Tom had a ball. Tom had a ball. Tom had a", 60, 1, 4);
        r.samplers = samplers;
        const GenerateSummary plain = write(r);
        r.speculate = 4;
        for (const SessionOptions& options : {SessionOptions{}, draft}) {
            const GenerateSummary guessed = write(r, options);
            EXPECT_EQ(guessed.tokens, plain.tokens);
            EXPECT_GT(guessed.guessedTokens, 0);
        }
    }
}

TEST_F(FastWriting, aDraftKnowsWhatTheSamplersRemember) {
    SessionOptions itself;
    itself.draft = model;
    itself.precision = PrecisionChoice::Int8;  // as drafts are
    for (const SamplerSettings& samplers : memorySamplers()) {
        GenerateRequest r = request("Once upon a time", 60, 1, 9);
        r.samplers = samplers;
        r.speculate = 4;
        const GenerateSummary guessed = write(r, itself);
        EXPECT_GT(guessed.guessedTokens, 30);
        EXPECT_GE(guessed.acceptedTokens, guessed.guessedTokens - r.speculate) << "but for what is guessed beyond the end";
    }
}

TEST_F(FastWriting, aTextInPiecesIsTheTextInOnePiece) {
    struct Last final : GenerateObserver {
        double mu = 0;
        void onToken(const TokenStep& step) override { mu = step.trace.mirostatMu; }
    };
    for (const SamplerSettings& samplers : memorySamplers()) {
        GenerateRequest r = request("One day, a little girl", 48, 1, 21);
        r.samplers = samplers;
        const GenerateSummary whole = write(r);
        const auto session = valueOrThrow(engine->newSession(model, {}, {}));
        Last last;
        r.maxTokens = 20;
        const GenerateSummary first = valueOrThrow(session->generate(r, last, {}));
        r.history = first.promptTokens;
        r.history.insert(r.history.end(), first.tokens.begin(), first.tokens.end());
        r.prompt.clear();
        r.maxTokens = 28;
        if (samplers.mirostatTau > 0) r.mirostatMu = last.mu;
        TokenIds tokens = first.tokens;
        const GenerateSummary rest = write(r);  // elsewhere, as a fork
        tokens.insert(tokens.end(), rest.tokens.begin(), rest.tokens.end());
        EXPECT_EQ(tokens, whole.tokens);
    }
}

TEST_F(FastWriting, dryEndsRepeats) {
    const std::string prompt = "a red ball, a red ball, a red ball, a red";
    GenerateRequest r = request(prompt, 1, 0, 1);
    r.samplers = plainSampling();
    r.samplers.temperature = 0;
    EXPECT_EQ(write(r).text, " ball");
    r.samplers.dryMultiplier = 5;
    EXPECT_NE(write(r).text, " ball");
    r.samplers.dryBreakers = "aeiou";  // " a red" is no repeat any more
    EXPECT_EQ(write(r).text, " ball");
}

TEST_F(FastWriting, aDraftMustHaveTheSameTokenizer) {
    const auto folder = std::filesystem::path(testing::TempDir()) / "draft-with-another-tokenizer";
    std::filesystem::copy(LOOM_SOURCE_DIR "/models/demo-mha", folder,
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
    std::ofstream(folder / "tokenizer.json", std::ios::app) << "\n";
    SessionOptions options;
    options.draft = valueOrThrow(engine->open(folder, {}));
    const auto session = engine->newSession(model, options, {});
    ASSERT_FALSE(session);
    EXPECT_NE(session.error().what.find("another tokenizer"), std::string::npos);
    EXPECT_EQ(session.error().where, folder.string());
    std::filesystem::remove_all(folder);
}

TEST_F(FastWriting, guessesOfADraftSurviveCancellingAndAnotherStory) {
    SessionOptions options;
    options.draft = model;
    const auto session = valueOrThrow(engine->newSession(model, options, {}));
    GenerateObserver silent;
    for (const char* prompt : {"Tom had a ball.", "One day, a bird", "Tom had a ball. It was"}) {
        GenerateRequest r = request(prompt, 30, 0.7, 3);
        const TokenIds plain = write(r).tokens;
        r.speculate = 3;
        std::stop_source stopped;
        stopped.request_stop();
        EXPECT_EQ(valueOrThrow(session->generate(r, silent, stopped.get_token())).stopReason, StopReason::Cancelled);
        EXPECT_EQ(valueOrThrow(session->generate(r, silent, {})).tokens, plain) << prompt;
    }
}

TEST_F(FastWriting, aStoryGoesOnAfterGuessesAsIfThereHadBeenNone) {
    const auto both = [&](std::int64_t ahead) {
        const auto session = valueOrThrow(engine->newSession(model, {}, {}));
        GenerateObserver silent;
        GenerateRequest r = request("Tom had a ball. Tom had a ball. Tom had a", 33, 0, 1);
        r.speculate = ahead;
        const GenerateSummary first = valueOrThrow(session->generate(r, silent, {}));
        r.history = first.promptTokens;
        r.history.insert(r.history.end(), first.tokens.begin(), first.tokens.end());
        EXPECT_EQ(session->cacheUse().usedTokens, std::ssize(r.history) - 1) << "guesses that nobody chose are not kept";
        r.prompt = " Then";
        return valueOrThrow(session->generate(r, silent, {})).tokens;
    };
    EXPECT_EQ(both(6), both(0));
}

TEST_F(FastWriting, lookupFindsTheLatestAndLongest) {
    const auto ids = [](std::initializer_list<int> list) {
        TokenIds out;
        for (const int id : list) out.emplace_back(id);
        return out;
    };
    TokenIds guesses;
    guessByLookup(ids({1, 2, 3, 9, 1, 2, 4, 8, 1, 2}), 3, guesses);
    EXPECT_EQ(guesses, ids({4, 8, 1})) << "the latest place";
    guessByLookup(ids({7, 1, 2, 3, 5, 1, 2, 4, 7, 1, 2}), 2, guesses);
    EXPECT_EQ(guesses, ids({3, 5})) << "three tokens in a row beat two that are nearer";
    guessByLookup(ids({1, 2, 3, 4}), 3, guesses);
    EXPECT_TRUE(guesses.empty());
    guessByLookup(ids({5, 5, 5}), 4, guesses);
    EXPECT_EQ(guesses, ids({5})) << "no more than there is";
    guessByLookup({}, 4, guesses);
    EXPECT_TRUE(guesses.empty());
}

TEST_F(FastWriting, siblingsAreWhatEachWouldBeAlone) {
    const GenerateRequest r = request("One day, a little girl", 50, 0.9, 11);
    std::vector<std::int64_t> seen(5);
    const Siblings s = writeSiblings(*engine, model, {}, r, 5,
                                     [&](std::int64_t story, const TokenStep&) { ++seen.at(static_cast<std::size_t>(story)); }, {});
    ASSERT_EQ(s.stories.size(), 5U);
    EXPECT_EQ(s.stories[0].seed, 11U);
    for (std::size_t i = 0; i < 5; ++i) {
        const GenerateSummary alone = write(request(r.prompt, 50, 0.9, s.stories[i].seed));
        EXPECT_EQ(s.stories[i].tokens, alone.tokens) << i;
        EXPECT_EQ(s.stories[i].text, alone.text) << i;
        EXPECT_EQ(s.stories[i].stopReason, alone.stopReason) << i;
        EXPECT_EQ(seen[i], std::ssize(alone.tokens));
        if (i > 0) {
            EXPECT_NE(s.stories[i].tokens, s.stories[0].tokens);
        }
    }
    EXPECT_LE(s.cacheBytes, s.aloneBytes);
}

TEST_F(FastWriting, siblingsAreAloneWhateverTheSamplersRemember) {
    for (const SamplerSettings& samplers : memorySamplers()) {
        GenerateRequest r = request("One day, a little girl", 30, 1, 11);
        r.samplers = samplers;
        const Siblings s = writeSiblings(*engine, model, {}, r, 3, {}, {});
        for (const Sibling& story : s.stories) {
            r.seed = story.seed;
            EXPECT_EQ(story.tokens, write(r).tokens);
        }
    }
}

TEST_F(FastWriting, siblingsShareALongPrompt) {
    std::string prompt;
    for (int i = 0; i < 20; ++i) prompt += "Tom had a big red ball and Lily had a small blue one. ";
    const Siblings s = writeSiblings(*engine, model, {}, request(prompt, 8, 0.9, 3), 4, {}, {});
    const std::int64_t wholeBlocks = std::ssize(s.promptTokens) / 16 * 16;
    const std::int64_t perToken = cacheSpec(model->config(), MlaPath::Absorbed, DType::F32).bytesPerToken();
    EXPECT_EQ(s.aloneBytes - s.cacheBytes, 3 * wholeBlocks * perToken);
    EXPECT_EQ(engine->memory().current(MemoryKind::Cache), 0) << "all given back";
}

TEST_F(FastWriting, siblingsStopWhenAsked) {
    std::stop_source stop;
    int tokens = 0;
    const Siblings s = writeSiblings(
        *engine, model, {}, request("Once", 400, 0.9, 1), 3,
        [&](std::int64_t, const TokenStep&) {
            if (++tokens == 9) stop.request_stop();
        },
        stop.get_token());
    EXPECT_EQ(tokens, 9);
    for (const Sibling& story : s.stories) {
        EXPECT_EQ(story.stopReason, StopReason::Cancelled);
        EXPECT_EQ(story.tokens.size(), 3U);
    }
    EXPECT_THROW((void)writeSiblings(*engine, model, {}, request("Once", 4, 0, 1), 0, {}, {}), Error);
}

TEST_F(FastWriting, precisionsCostLittleOnTheShippedModel) {
    const std::vector<PrecisionLoss> losses = measurePrecisionsOnMadeStories(*engine, *model, 6, {}, {});
    ASSERT_EQ(losses.size(), 4U);
    EXPECT_DOUBLE_EQ(relativeLoss(losses, Precision::F32), 0);
    EXPECT_LT(std::abs(relativeLoss(losses, Precision::Bf16)), 0.001);
    EXPECT_LT(std::abs(relativeLoss(losses, Precision::Int8)), 0.005);
    EXPECT_LT(relativeLoss(losses, Precision::Int4), 0.2);
    EXPECT_GT(losses[0].weightBytes, losses[1].weightBytes);
    EXPECT_GT(losses[1].weightBytes, losses[2].weightBytes);
    EXPECT_GT(losses[2].weightBytes, losses[3].weightBytes);
    std::stop_source stopped;
    stopped.request_stop();
    EXPECT_THROW((void)measurePrecisionsOnMadeStories(*engine, *model, 2, {}, stopped.get_token()), Error);
}

TEST_F(FastWriting, speedIsMeasuredWhereItFits) {
    const Speed s = measureSpeed(*engine, *model, {.context = 100, .prefill = 32, .decode = 4, .repeats = 2}, {});
    EXPECT_GT(s.decode.median, 0);
    EXPECT_GE(s.decode.median, s.decode.least);
    EXPECT_LE(s.decode.median, s.decode.most);
    EXPECT_GT(s.prefill.median, 0);
    EXPECT_GT(s.bytesPerSecond, 0);
    EXPECT_EQ(s.stepBytes, s.facts.weightBytes + s.cache.spec.bytesPerToken() * 102) << "a tied head is read, nothing else of it";
    EXPECT_GE(s.firstTokenSeconds, s.loadSeconds);
    EXPECT_THROW((void)measureSpeed(*engine, *model, {.context = 510, .decode = 4}, {}), Error) << "the context has 512";
}

}  // namespace
}  // namespace loom
