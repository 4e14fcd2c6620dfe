// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli generate: writes a story.
#include <unistd.h>

#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>

#include "app/cli/command.h"
#include "app/cli/sampler_options.h"
#include "app/cli/score_output.h"
#include "core/engine/generate/siblings.h"

namespace loom::cli {
namespace {

struct Options {
    std::string model;
    std::string tokenizer;
    std::string prompt;
    std::string mla = "absorbed";
    std::string precision = "auto";
    std::string cacheType = "f32";
    std::string draft;
    std::uint64_t seed = 0;
    CLI::Option* seedGiven = nullptr;
    GenerateRequest request;
    SamplerTexts samplers;
    std::int64_t count = 1;
    bool score = false;
    std::string words;
};

/// Story text as it comes; a terminal gets no control characters that a model might have made up.
class StreamObserver final : public GenerateObserver {
public:
    void onPrompt(const std::vector<TokenStep>& prompt, std::int64_t) override {
        for (const TokenStep& step : prompt) put(step.text);
    }
    void onToken(const TokenStep& step) override { put(step.text); }
    void onTail(const std::string& text) override { put(text); }

private:
    void put(const std::string& text) {
        for (const char c : text) {
            const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
            if (!m_terminal || (!control && c != 0x7F)) std::cout << c;
        }
        std::cout << std::flush;
    }
    bool m_terminal = isatty(STDOUT_FILENO) != 0;
};

nlohmann::ordered_json cacheJson(const CacheUse& use) {
    nlohmann::ordered_json layers = nlohmann::ordered_json::array();
    for (const LayerUse& layer : use.layers) {
        layers.push_back({{"layer", layer.layer.value()}, {"elements", layer.elements}, {"bytes", layer.bytes}});
    }
    return {{"form", name(use.spec.form)},
            {"dtype", name(use.spec.dtype)},
            {"bytes", use.bytes},
            {"used_bytes", use.usedBytes()},
            {"used_tokens", use.usedTokens},
            {"capacity_tokens", use.capacityTokens},
            {"bytes_per_token", use.spec.bytesPerToken()},
            {"layers", layers}};
}

void printSummary(const GenerateSummary& s) {
    std::cout << '\n';
    std::cerr << std::fixed << std::setprecision(0) << s.tokens.size() << " tokens (" << name(s.stopReason) << "), seed " << s.seed << ", "
              << s.prefillTokensPerSecond << " tok/s reading, " << s.decodeTokensPerSecond << " tok/s writing, " << s.path << ' '
              << s.precision << ". Cache: " << s.cache.spec.equation() << " = " << s.cache.spec.bytesPerToken() << " B/token, "
              << s.cache.usedBytes() << " B used of " << s.cache.bytes << " B\n";
    if (s.guessedTokens > 0) {
        std::cerr << s.acceptedTokens << " of " << s.guessedTokens << " guessed tokens were right ("
                  << static_cast<double>(s.acceptedTokens) * 100 / static_cast<double>(s.guessedTokens) << " %)\n";
    }
}

/// --count: several stories at once.
int runSiblings(Engine& engine, const std::shared_ptr<const OpenModel>& model, const GenerateRequest& request, const Options& options,
                const Context& context) {
    const NetworkOptions as{pathFrom(options.mla), precisionFrom(options.precision), cacheTypeFrom(options.cacheType)};
    const Siblings s = writeSiblings(engine, model, as, request, options.count, {}, context.stop);
    bool cancelled = false;
    nlohmann::ordered_json stories = nlohmann::ordered_json::array();
    for (const Sibling& story : s.stories) {
        cancelled = cancelled || story.stopReason == StopReason::Cancelled;
        if (context.json) {
            stories.push_back(
                {{"text", story.text}, {"tokens", values(story.tokens)}, {"stop_reason", name(story.stopReason)}, {"seed", story.seed}});
            continue;
        }
        std::cout << "— seed " << story.seed << " —\n";
        StreamObserver stream;
        stream.onTail(options.prompt + story.text + "\n\n");
    }
    if (context.json) {
        Context::print({{"prompt", options.prompt},
                        {"prompt_tokens", values(s.promptTokens)},
                        {"stories", std::move(stories)},
                        {"samplers", samplersJson(request.samplers)},
                        {"model", options.model},
                        {"precision", s.facts.precision},
                        {"path", s.facts.path},
                        {"prefill_tokens_per_second", s.prefillTokensPerSecond},
                        {"decode_tokens_per_second", s.decodeTokensPerSecond},
                        {"cache", {{"bytes", s.cacheBytes}, {"bytes_alone", s.aloneBytes}}}});
    } else {
        std::cerr << s.stories.size() << " stories, " << std::fixed << std::setprecision(0) << s.decodeTokensPerSecond
                  << " tok/s together, " << s.facts.path << ' ' << s.facts.precision << ". Cache: " << s.cacheBytes << " B, "
                  << s.aloneBytes << " B if nothing were shared\n";
    }
    return cancelled ? kCancelled : kOk;
}

int run(const Options& options, const Context& context) {
    requireUtf8(options.prompt, "--prompt");
    requireUtf8(options.request.samplers.dryBreakers, "--dry-breakers");
    for (const std::string& stop : options.request.stopStrings) requireUtf8(stop, "--stop");
    const std::optional<WordSet> vocabulary = readVocabulary(options.words);  // before the work, so that a bad file costs nothing
    GenerateRequest request = options.request;
    readSamplers(options.samplers, request.samplers);
    request.prompt = options.prompt;
    request.alternatives = 0;
    request.cacheNorms = false;
    if (options.seedGiven->count() > 0) request.seed = options.seed;

    const auto engine = Engine::create(context.engineOptions());
    const auto model = openModel(*engine, options.model, options.tokenizer, true);
    if (options.count > 1) return runSiblings(*engine, model, request, options, context);
    SessionOptions as{pathFrom(options.mla), 0, precisionFrom(options.precision), cacheTypeFrom(options.cacheType)};
    if (!options.draft.empty()) as.draft = openModel(*engine, options.draft, options.tokenizer, true);
    const auto session = valueOrThrow(engine->newSession(model, as, context.stop));
    StreamObserver stream;
    GenerateObserver silent;
    const GenerateSummary s = valueOrThrow(session->generate(request, context.json ? silent : stream, context.stop));
    std::optional<Scorecard> score;
    if (options.score) score = scoreStory(s.text, {options.prompt, {}, vocabulary ? &*vocabulary : nullptr});
    if (context.json) {
        nlohmann::ordered_json document{
            {"text", s.text},
            {"prompt", options.prompt},
            {"tokens", values(s.tokens)},
            {"prompt_tokens", values(s.promptTokens)},
            {"stop_reason", name(s.stopReason)},
            {"seed", s.seed},
            {"samplers", request.beams.width > 1 ? nlohmann::ordered_json::array() : samplersJson(request.samplers)},
            {"model", options.model},
            {"precision", s.precision},
            {"path", s.path},
            {"prefill_tokens_per_second", s.prefillTokensPerSecond},
            {"decode_tokens_per_second", s.decodeTokensPerSecond},
            {"guessed_tokens", s.guessedTokens},
            {"accepted_tokens", s.acceptedTokens},
            {"cache", cacheJson(s.cache)}};
        if (request.beams.width > 1) {
            document["beams"] = {{"width", request.beams.width},
                                 {"length_penalty", request.beams.lengthPenalty},
                                 {"early_stopping", request.beams.earlyStopping},
                                 {"score", s.beamScore}};
        }
        if (score) document["score"] = scoreJson(*score);
        Context::print(document);
    } else {
        printSummary(s);
        if (request.beams.width > 1) {
            std::cerr << "Beam search over " << request.beams.width << " beginnings, score " << std::setprecision(4) << s.beamScore << '\n';
        }
        if (score) std::cerr << scoreText(*score);
    }
    return s.stopReason == StopReason::Cancelled ? kCancelled : kOk;
}

}  // namespace

Registration addGenerate(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        program.add_subcommand("generate", "Write a story that goes on from a prompt. It streams to the terminal as it is written.");
    addModelOption(*command, options->model);
    command->add_option("--prompt", options->prompt, "How the story begins. Empty: the beginning-of-text token alone");
    command->add_option("--max-tokens", options->request.maxTokens, "Write at most this many tokens")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    addSamplerOptions(*command, options->request, options->samplers);
    options->seedGiven =
        command->add_option("--seed", options->seed, "The same seed writes the same story; none: one is drawn and reported");
    CLI::Option* count = command->add_option("--count", options->count, "Write so many stories at once, each with a seed of its own")
                             ->check(CLI::Range(1, 1024))
                             ->capture_default_str();
    CLI::Option* speculate =
        command
            ->add_option("--speculate", options->request.speculate,
                         "Guess up to N tokens ahead from what the story said before, and check them in one step; the text stays the same")
            ->check(CLI::Range(0, 64))
            ->capture_default_str()
            ->excludes(count);
    addBeamOptions(*command, options->request.beams)->excludes(count)->excludes(speculate);
    command
        ->add_option("--draft", options->draft,
                     "With --speculate: let this model guess, in int8. A smaller one with the same tokenizer, or the same one again")
        ->needs(speculate);
    command->add_option("--stop", options->request.stopStrings, "Stop before this text; may be given several times")
        ->allow_extra_args(false);
    CLI::Option* score =
        command->add_flag("--score", options->score, "Score what was written: variety, repetition, length, the prompt's words")
            ->excludes(count);
    command->add_option("--words", options->words, "With --score: judge spelling by the words of this file")->needs(score);
    addMlaOption(*command, options->mla);
    addPrecisionOption(*command, options->precision);
    command->add_option("--cache-dtype", options->cacheType, "What the cache keeps; int8 has a 4-byte scale for every row")
        ->check(CLI::IsMember({"f32", "bf16", "f16", "int8"}))
        ->capture_default_str();
    addTokenizerOption(*command, options->tokenizer);
    addCommonOptions(*command, context, true);
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
