// SPDX-License-Identifier: GPL-3.0-or-later
// Engine and Session on whole checkpoints: the real one from ../shared/data where it is there, tiny random ones always.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/data/utf8.h"
#include "core/engine/api/engine.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"

namespace loom {
namespace {

const std::filesystem::path kStories = LOOM_SOURCE_DIR "/../shared/data/llama2c-stories260K";

/// The greedy story that the checkpoint's own description prints, between its command line and the closing fence.
std::string storyFromDescription() {
    std::ifstream file(kStories / "stories260K.md");
    std::stringstream whole;
    whole << file.rdbuf();
    const std::string text = whole.str();
    const std::size_t command = text.find("-t 0.0");
    const std::size_t begin = text.find('\n', command) + 1;
    return text.substr(begin, text.find("\n```", begin) - begin);
}

/// Collects everything that an observer sees.
class Recorder : public GenerateObserver {
public:
    void onPrompt(const std::vector<TokenStep>& steps, std::int64_t count) override {
        prompt = steps;
        reused = count;
    }
    void onPrefill(const std::vector<TokenStep>& steps, std::int64_t done, std::int64_t) override {
        prefilled.insert(prefilled.end(), steps.begin(), steps.end());
        blocks.push_back(done);
        if (stopAfterBlocks > 0 && std::ssize(blocks) == stopAfterBlocks) source.request_stop();
    }
    void onToken(const TokenStep& step) override {
        written.push_back(step);
        text += step.text;
        if (stopAfter > 0 && std::ssize(written) == stopAfter) source.request_stop();
    }
    void onTail(const std::string& rest) override { text += rest; }
    void onCached(const TokenStep& step) override { cached.push_back(step); }

    std::stop_source source;
    std::int64_t stopAfter = 0;
    std::int64_t stopAfterBlocks = 0;
    std::vector<TokenStep> prompt, prefilled, written, cached;
    std::vector<std::int64_t> blocks;
    std::int64_t reused = -1;
    std::string text;
};

struct Opened {
    std::unique_ptr<Engine> engine = Engine::create({DeviceKind::Cpu, 2});
    std::shared_ptr<const OpenModel> model;
    std::unique_ptr<Session> session;

    explicit Opened(const std::filesystem::path& path, MlaPath mla = MlaPath::Absorbed, std::int64_t capacity = 0) {
        model = valueOrThrow(engine->open(path, {}));
        session = valueOrThrow(engine->newSession(model, {mla, capacity}, {}));
    }
    GenerateSummary write(const GenerateRequest& request, GenerateObserver& observer, std::stop_token stop = {}) {
        return valueOrThrow(session->generate(request, observer, stop));
    }
    GenerateSummary write(const GenerateRequest& request) {
        GenerateObserver silent;
        return write(request, silent);
    }
    ~Opened() { session.reset(); }
};

GenerateRequest greedy(std::int64_t tokens, std::string prompt = {}) {
    GenerateRequest request;
    request.prompt = std::move(prompt);
    request.maxTokens = tokens;
    request.samplers.temperature = 0;
    request.seed = 1;
    return request;
}

class TinyModel : public ::testing::Test {
protected:
    test::TempFolder m_folder;
    std::filesystem::path make(const std::string& name, const test::TinyOptions& options) {
        std::filesystem::create_directory(m_folder / name);
        test::writeTinyCheckpoint(m_folder / name, options);
        return m_folder / name;
    }
    std::filesystem::path joint(const std::string& name = "joint") {
        test::TinyOptions options;
        options.family = Family::DeepseekV3;
        return make(name, options);
    }
    std::filesystem::path llama(const std::string& name = "llama") { return make(name, {}); }
};

}  // namespace

TEST_F(TinyModel, LayersAreTimedWhileAskedFor) {
    Opened opened(joint());
    Recorder plain;
    (void)opened.write(greedy(3, "ab"), plain);
    for (const TokenStep& step : plain.written) EXPECT_TRUE(step.layerTimes.empty());
    opened.session->timeLayers(true);
    Recorder timed;
    (void)opened.write(greedy(3, "abc"), timed);
    ASSERT_EQ(timed.written.size(), 3U);
    for (std::size_t i = 1; i < 3; ++i) {  // the first token comes out of the prompt
        const TokenStep& step = timed.written[i];
        ASSERT_EQ(std::ssize(step.layerTimes), opened.model->config().layers);
        std::chrono::nanoseconds sum{};
        for (const auto time : step.layerTimes) sum += time;
        EXPECT_GT(sum.count(), 0);
        EXPECT_LE(sum, step.decodeTime);
    }
}

TEST_F(TinyModel, TheDeviceBelongsToTheOpenedModel) {
    const auto engine = Engine::create({});
    EXPECT_TRUE(engine->canCompute(DeviceKind::Cpu));
    const auto model = valueOrThrow(engine->open(llama(), {{}, true, DeviceKind::Cuda}));
    EXPECT_EQ(engine->summary(*model, {.path = MlaPath::Absorbed}).device, "CUDA");
    const auto can = engine->canCompute(DeviceKind::Cuda);
    const auto network = engine->reference(*model, {});
    EXPECT_EQ(can.has_value(), network.has_value()) << "what is said beforehand is what happens";
    if (!can) {
        EXPECT_EQ(can.error().what, network.error().what);
        EXPECT_FALSE(can.error().hint.empty());
    }
}

TEST(EngineOnRealCheckpoint, WritesTheStoryOfItsDescription) {
    if (!std::filesystem::exists(kStories)) GTEST_SKIP() << "../shared/data is not here";
    Opened opened(kStories / "stories260K.bin");
    const GenerateSummary summary = opened.write(greedy(256));
    const std::string expected = storyFromDescription();
    ASSERT_GT(expected.size(), 500U);
    EXPECT_EQ(summary.text.substr(0, expected.size()), expected);
    EXPECT_EQ(summary.promptTokens, (TokenIds{TokenId{1}}));
    EXPECT_EQ(summary.path, "fast");
    EXPECT_GT(summary.decodeTokensPerSecond, 0);
}

TEST(EngineOnRealCheckpoint, CountsItsParametersAndCache) {
    if (!std::filesystem::exists(kStories)) GTEST_SKIP() << "../shared/data is not here";
    Opened opened(kStories / "stories260K.bin");
    const ModelSummary summary = opened.engine->summary(*opened.model, {.path = MlaPath::Absorbed});
    EXPECT_EQ(summary.cache.elementsPerTokenPerLayer(), 2 * 4 * 8);  // 2·G·d
    EXPECT_EQ(summary.cache.bytesPerToken(), 2 * 4 * 8 * 5 * 4);
    EXPECT_EQ(attentionFormName(summary.config.attention), "GQA");
    EXPECT_GE(summary.weightBytes, summary.parameters.total * 4);
    EXPECT_LT(summary.weightBytes, summary.parameters.total * 6) << "rows are filled up to whole panels";
}

TEST_F(TinyModel, SameSeedSameTextAndAnotherSeedAnother) {
    Opened opened(joint());
    GenerateRequest request = greedy(40, "Once upon a time");
    request.samplers.temperature = 1.5;
    request.seed = 7;
    const GenerateSummary first = opened.write(request);
    const GenerateSummary again = opened.write(request);
    EXPECT_EQ(first.tokens, again.tokens);
    EXPECT_EQ(first.seed, 7U);
    request.seed = 8;
    EXPECT_NE(opened.write(request).tokens, first.tokens);
    request.seed.reset();
    const GenerateSummary drawn = opened.write(request);
    request.seed = drawn.seed;
    EXPECT_EQ(opened.write(request).tokens, drawn.tokens) << "the reported seed reproduces the story";
}

TEST_F(TinyModel, NaiveAndAbsorbedWriteTheSame) {
    const auto path = joint();
    Opened naive(path, MlaPath::Naive);
    Opened absorbed(path, MlaPath::Absorbed);
    const GenerateSummary a = naive.write(greedy(60, "The dog"));
    const GenerateSummary b = absorbed.write(greedy(60, "The dog"));
    EXPECT_EQ(a.tokens, b.tokens);
    EXPECT_EQ(a.path, "fast-naive");
    EXPECT_EQ(b.path, "fast-absorbed");
    EXPECT_EQ(a.cache.spec.form, CacheForm::Full);
    EXPECT_EQ(b.cache.spec.form, CacheForm::Latent);
    EXPECT_LT(b.cache.bytes, a.cache.bytes);
}

TEST_F(TinyModel, CacheBytesAreTheFormula) {
    for (const MlaPath path : {MlaPath::Naive, MlaPath::Absorbed}) {
        Opened opened(joint(path == MlaPath::Naive ? "a" : "b"), path);
        const GenerateSummary summary = opened.write(greedy(20, "A small cat"));
        const CacheUse& use = summary.cache;
        EXPECT_EQ(use.bytes, use.spec.bytesPerToken() * use.capacityTokens);
        EXPECT_EQ(use.usedBytes(), use.spec.bytesPerToken() * use.usedTokens);
        EXPECT_EQ(use.spec, cacheSpec(opened.model->config(), path, DType::F32));
        EXPECT_EQ(use.capacityTokens, (std::ssize(summary.promptTokens) + 20 + 15) / 16 * 16) << "whole blocks";
        std::int64_t sum = 0;
        for (const LayerUse& layer : use.layers) sum += layer.bytes;
        EXPECT_EQ(sum, use.bytes);
        EXPECT_EQ(opened.engine->memory().current(MemoryKind::Cache), use.bytes);
    }
}

TEST_F(TinyModel, ObserverSeesEveryTokenInOrderAndItsPlaceInTheCache) {
    Opened opened(joint());
    Recorder recorder;
    opened.session->captureLayer(LayerIndex{1});
    GenerateRequest request = greedy(12, "Lily had a kite");
    request.promptAlternatives = true;
    const GenerateSummary summary = opened.write(request, recorder);
    ASSERT_EQ(recorder.prompt.size(), summary.promptTokens.size());
    ASSERT_EQ(recorder.prefilled.size(), summary.promptTokens.size());
    ASSERT_EQ(recorder.written.size(), summary.tokens.size());
    EXPECT_EQ(recorder.text, summary.text);
    EXPECT_EQ(recorder.reused, 0);
    const std::size_t norms = static_cast<std::size_t>(summary.cache.spec.layers) * summary.cache.spec.lanes.size();
    for (std::size_t i = 0; i < recorder.prefilled.size(); ++i) {
        const TokenStep& step = recorder.prefilled[i];
        EXPECT_EQ(step.position, static_cast<std::int64_t>(i));
        EXPECT_EQ(step.token, summary.promptTokens[i]);
        EXPECT_EQ(step.laneNorms.size(), norms);
        ASSERT_TRUE(step.attention);
        EXPECT_EQ(step.attention->layer, LayerIndex{1});
        if (i > 0) {
            EXPECT_GE(step.alternatives.size(), 10U);
        }
    }
    for (std::size_t i = 0; i < recorder.written.size(); ++i) {
        const TokenStep& step = recorder.written[i];
        EXPECT_EQ(step.position, static_cast<std::int64_t>(summary.promptTokens.size() + i));
        EXPECT_EQ(step.token, summary.tokens[i]);
        const auto chosen =
            std::find_if(step.alternatives.begin(), step.alternatives.end(), [&](const Alternative& a) { return a.token == step.token; });
        ASSERT_NE(chosen, step.alternatives.end());
        EXPECT_FLOAT_EQ(chosen->before, step.probability);
        EXPECT_FLOAT_EQ(chosen->after, 1.0F) << "greedy leaves one";
    }
    // Every written token but the last has been read back into the cache.
    ASSERT_EQ(recorder.cached.size(), summary.tokens.size() - 1);
    for (std::size_t i = 0; i < recorder.cached.size(); ++i) EXPECT_EQ(recorder.cached[i].position, recorder.written[i].position);
    EXPECT_EQ(summary.cache.usedTokens, std::ssize(summary.promptTokens) + std::ssize(recorder.cached));
}

TEST_F(TinyModel, GoingOnReusesTheCacheAndEqualsWritingAtOnce) {
    const auto path = llama();
    Opened whole(path);
    const GenerateSummary atOnce = whole.write(greedy(30, "One day"));
    Opened parts(path);
    const GenerateSummary first = parts.write(greedy(10, "One day"));
    GenerateRequest more = greedy(20);
    more.history = first.promptTokens;
    more.history.insert(more.history.end(), first.tokens.begin(), first.tokens.end());
    Recorder recorder;
    const GenerateSummary second = parts.write(more, recorder);
    EXPECT_EQ(recorder.reused, std::ssize(more.history) - 1);
    EXPECT_EQ(second.prefilledTokens, 1);
    TokenIds joined = first.tokens;
    joined.insert(joined.end(), second.tokens.begin(), second.tokens.end());
    EXPECT_EQ(joined, atOnce.tokens);
}

TEST_F(TinyModel, AForkGivesTheSameTextAsStartingOver) {
    const auto path = joint();
    Opened forked(path);
    forked.write(greedy(20, "The red ball rolled"));
    const GenerateSummary other = forked.write(greedy(20, "The red kite flew"));
    Opened fresh(path);
    EXPECT_EQ(other.tokens, fresh.write(greedy(20, "The red kite flew")).tokens);
}

TEST_F(TinyModel, StopsWithinOneToken) {
    Opened opened(llama());
    Recorder recorder;
    recorder.stopAfter = 5;
    const GenerateSummary summary = opened.write(greedy(100, "Go"), recorder, recorder.source.get_token());
    EXPECT_EQ(summary.stopReason, StopReason::Cancelled);
    EXPECT_EQ(summary.tokens.size(), 5U);
}

TEST_F(TinyModel, StopsWithinOnePrefillBlock) {
    test::TinyOptions options;
    options.context = 1024;
    Opened opened(make("long", options));
    Recorder recorder;
    recorder.stopAfterBlocks = 1;
    const GenerateSummary summary = opened.write(greedy(10, std::string(600, 'a')), recorder, recorder.source.get_token());
    EXPECT_EQ(summary.stopReason, StopReason::Cancelled);
    ASSERT_EQ(recorder.blocks.size(), 1U);
    EXPECT_LE(recorder.blocks.front(), 128);
    EXPECT_TRUE(summary.tokens.empty());
}

TEST_F(TinyModel, EndsWithTheReason) {
    Opened opened(llama());
    const std::int64_t context = opened.model->config().context;
    const GenerateSummary full = opened.write(greedy(context * 2, "Hi"));
    if (full.stopReason != StopReason::Eos) {
        EXPECT_EQ(full.stopReason, StopReason::Context);
        EXPECT_EQ(std::ssize(full.promptTokens) + std::ssize(full.tokens), context);
    }
    const GenerateSummary few = opened.write(greedy(3, "Hi"));
    EXPECT_EQ(few.stopReason, StopReason::MaxTokens);
    EXPECT_EQ(few.tokens.size(), 3U);
    EXPECT_TRUE(opened.write(greedy(0, "Hi")).tokens.empty());
}

TEST_F(TinyModel, StopStringIsNeverShown) {
    Opened opened(llama());
    Recorder whole;
    opened.write(greedy(40, "Hello"), whole);
    const auto visible =
        std::find_if(whole.written.begin() + 3, whole.written.end(), [](const TokenStep& step) { return !step.text.empty(); });
    ASSERT_NE(visible, whole.written.end());
    const std::string stop = visible->text;
    GenerateRequest request = greedy(40, "Hello");
    request.stopStrings = {stop};
    Recorder recorder;
    const GenerateSummary summary = opened.write(request, recorder);
    EXPECT_EQ(summary.stopReason, StopReason::StopString);
    EXPECT_EQ(summary.text.find(stop), std::string::npos);
    EXPECT_EQ(recorder.text, summary.text);
}

TEST_F(TinyModel, WritesIdsThatAPaddedVocabularyHasAndTheTokenizerNot) {
    test::TinyOptions options;
    options.vocab = 1024;
    const auto folder = make("padded", options);
    test::writeFile(folder / "tokenizer.json", test::tinyTokenizerJson());
    Opened opened(folder);
    GenerateRequest request = greedy(40, "Hi");
    request.samplers = {3.0, 0, 1.0, 0.0, 1.0};
    Recorder recorder;
    opened.write(request, recorder);
    const auto unknown = std::find_if(recorder.written.begin(), recorder.written.end(),
                                      [](const TokenStep& step) { return step.token.value() >= test::kTinyVocab; });
    ASSERT_NE(unknown, recorder.written.end()) << "three quarters of the vocabulary are unknown";
    EXPECT_EQ(unknown->text, "");
    EXPECT_EQ(unknown->label, "<" + std::to_string(unknown->token.value()) + ">");
}

TEST_F(TinyModel, RefusesWhatCannotBe) {
    Opened opened(llama());
    GenerateObserver silent;
    const auto refused = [&](const GenerateRequest& request) {
        const auto result = opened.session->generate(request, silent, {});
        EXPECT_FALSE(result.has_value());
        return result ? std::string() : result.error().message();
    };
    GenerateRequest tooLong = greedy(5, std::string(static_cast<std::size_t>(opened.model->config().context) + 1, 'x'));
    EXPECT_NE(refused(tooLong).find("context"), std::string::npos);
    GenerateRequest outside = greedy(5);
    outside.history = {TokenId{opened.model->config().vocab}};
    EXPECT_NE(refused(outside).find("outside the vocabulary"), std::string::npos);
    outside.history = {TokenId{-1}};
    EXPECT_NE(refused(outside).find("outside the vocabulary"), std::string::npos);
    EXPECT_NE(refused(greedy(5, "caf\xE9")).find("UTF-8"), std::string::npos);
    GenerateRequest hot = greedy(5, "Hi");
    hot.samplers.temperature = std::nan("");
    EXPECT_NE(refused(hot).find("temperature"), std::string::npos);
    EXPECT_EQ(opened.write(greedy(3, "Hi")).tokens.size(), 3U) << "the session goes on after errors";
}

TEST_F(TinyModel, NetworkIsSharedAndGivenBack) {
    auto engine = Engine::create({DeviceKind::Cpu, 1});
    const auto model = valueOrThrow(engine->open(llama(), {}));
    EXPECT_EQ(engine->summary(*model, {.path = MlaPath::Absorbed}).weightBytes, 0);
    {
        const auto first = valueOrThrow(engine->reference(*model, {}));
        const auto second = valueOrThrow(engine->reference(*model, {}));
        EXPECT_EQ(first, second);
        EXPECT_EQ(engine->memory().current(MemoryKind::Weights), first->weightBytes());
    }
    EXPECT_EQ(engine->memory().current(MemoryKind::Weights), 0);
}

TEST_F(TinyModel, WritesTheSameStory_CUDA) {
    const auto lab = loadLab();
    ASSERT_TRUE(lab.has_value()) << lab.error().message();
    if (!(*lab)->hasCuda()) GTEST_SKIP() << "no CUDA device, or a build without CUDA";
    for (const auto& folder : {joint(), llama()}) {
        Opened cpu(folder);
        const auto engine = Engine::create({DeviceKind::Cuda, 1});
        const auto model = valueOrThrow(engine->open(folder, {}));
        const auto session = valueOrThrow(engine->newSession(model, {MlaPath::Absorbed, 0}, {}));
        GenerateObserver silent;
        const GenerateSummary summary = valueOrThrow(session->generate(greedy(30, "One day"), silent, {}));
        EXPECT_EQ(summary.tokens, cpu.write(greedy(30, "One day")).tokens);
        EXPECT_EQ(summary.cache.bytes, summary.cache.spec.bytesPerToken() * summary.cache.capacityTokens);
        EXPECT_NE(engine->summary(*model, {.path = MlaPath::Absorbed}).device.find("CUDA"), std::string::npos);
    }
}

TEST_F(TinyModel, MissingFilesAreOneClearError) {
    auto engine = Engine::create({});
    const auto missing = engine->open(m_folder / "nowhere", {});
    ASSERT_FALSE(missing.has_value());
    EXPECT_NE(missing.error().message().find("nowhere"), std::string::npos);
    test::TinyOptions options;
    options.tokenizer = false;
    const auto folder = make("mute", options);
    const auto mute = engine->open(folder, {});
    ASSERT_FALSE(mute.has_value());
    EXPECT_NE(mute.error().message().find("tokenizer"), std::string::npos);
    EXPECT_TRUE(engine->open(folder, {{}, false}).has_value());
}

}  // namespace loom
