// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/writer_session.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <utility>

#include "core/engine/generate/step_builder.h"
#include "core/engine/generate/stop_strings.h"

namespace loom {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kPrefillBlock = 128;
constexpr std::int64_t kNoLayer = -1;

std::uint64_t drawSeed() {
    std::random_device device;
    // 53 bits: a seed that survives every JSON reader.
    return ((static_cast<std::uint64_t>(device()) << 32) | device()) & ((std::uint64_t{1} << 53) - 1);
}

/// The state of one generate() call.
struct Run {
    Run(const GenerateRequest& ask, GenerateObserver& watcher, std::stop_token token, const Tokenizer& tokenizer)
        : request(ask), observer(watcher), stop(std::move(token)), builder(tokenizer), matcher(ask.stopStrings) {}

    const GenerateRequest& request;
    GenerateObserver& observer;
    std::stop_token stop;
    StepBuilder builder;
    StopStringMatcher matcher;
    std::vector<TokenStep> prompt;
    std::vector<float> logits;  ///< [V] after the last computed position
    bool stopStringFound = false;
    GenerateSummary summary;
};

class WriterSession final : public Session {
public:
    WriterSession(std::shared_ptr<const OpenModel> model, std::shared_ptr<const Network> network,
                  std::unique_ptr<Sequence> sequence, MlaPath path)
        : m_model(std::move(model)), m_network(std::move(network)), m_sequence(std::move(sequence)), m_path(path) {}

    Result<GenerateSummary> generate(const GenerateRequest& request, GenerateObserver& observer, std::stop_token stop) override {
        return guarded([&] { return write(request, observer, std::move(stop)); });
    }

    CacheUse cacheUse() const override { return m_sequence->cacheUse(); }
    MlaPath path() const override { return m_path; }
    void captureLayer(std::optional<LayerIndex> layer) override { m_capture = layer ? layer->value() : kNoLayer; }
    void timeLayers(bool on) override { m_timeLayers = on; }

private:
    GenerateSummary write(const GenerateRequest& request, GenerateObserver& observer, std::stop_token stop) {
        if (!m_model->tokenizer()) throw Error{"This model was opened without a tokenizer", {}, "Name one with the tokenizer option"};
        if (const auto problem = problemWith(request.samplers)) throw Error{*problem, {}, {}};
        if (request.maxTokens < 0) throw Error{"The number of tokens to write must not be negative", {}, {}};

        Run run(request, observer, std::move(stop), *m_model->tokenizer());
        run.summary.seed = request.seed ? *request.seed : drawSeed();
        const NetworkFacts facts = m_network->facts();
        run.summary.precision = facts.precision;
        run.summary.path = facts.path;
        run.summary.promptTokens = promptIds(request);
        prefill(run);
        if (run.summary.stopReason != StopReason::Cancelled) decode(run);
        run.summary.cache = cacheUse();
        return std::move(run.summary);
    }

    /// History and prompt as ids, checked against vocabulary and context.
    TokenIds promptIds(const GenerateRequest& request) const {
        TokenIds ids = request.history.empty() ? m_model->beginning(request.prompt.empty()) : request.history;
        const Tokenizer& tokenizer = *m_model->tokenizer();
        const bool goesOn = !request.history.empty() && request.history.back() != tokenizer.beginToken();
        const TokenIds added = goesOn ? tokenizer.encodeContinuation(request.prompt) : tokenizer.encode(request.prompt);
        ids.insert(ids.end(), added.begin(), added.end());
        const ModelConfig& config = m_model->config();
        for (const TokenId id : ids) {
            if (id.value() < 0 || id.value() >= config.vocab) {
                throw Error{"Token id " + std::to_string(id.value()) + " is outside the vocabulary",
                            std::to_string(config.vocab) + " tokens", "Check that the tokenizer belongs to this model"};
            }
        }
        if (std::ssize(ids) > config.context) {
            throw Error{
                "The prompt has " + std::to_string(ids.size()) + " tokens and the model reads at most " + std::to_string(config.context),
                "context", "Shorten the prompt or start a new story"};
        }
        return ids;
    }

    /// Brings the cache to hold the whole prompt, reusing what it shares with the last one.
    void prefill(Run& run) {
        const TokenIds& ids = run.summary.promptTokens;
        const auto total = std::ssize(ids);
        const auto same = std::mismatch(m_cached.begin(), m_cached.end(), ids.begin(), ids.end()).first - m_cached.begin();
        const std::int64_t reused = std::min<std::int64_t>(same, total - 1);  // the last token is computed for its logits
        for (const TokenId id : ids) run.prompt.push_back(run.builder.next(id, TokenOrigin::Prompt));
        run.observer.onPrompt(run.prompt, reused);

        forget(reused);
        valueOrThrow(m_sequence->reserve(std::min(total + run.request.maxTokens, m_model->config().context)));
        const auto start = Clock::now();
        for (std::int64_t first = reused; first < total; first += kPrefillBlock) {
            if (run.stop.stop_requested()) {
                run.summary.stopReason = StopReason::Cancelled;
                return;
            }
            prefillBlock(run, first, std::min(kPrefillBlock, total - first));
        }
        run.summary.prefilledTokens = total - reused;
        run.summary.prefillTokensPerSecond = perSecond(run.summary.prefilledTokens, Clock::now() - start);
    }

    void prefillBlock(Run& run, std::int64_t first, std::int64_t count) {
        const TokenIds& ids = run.summary.promptTokens;
        ForwardOptions options = forwardOptions(run.request);
        options.allLogits = run.request.promptAlternatives;
        const std::vector<float> before = std::move(run.logits);
        forward(std::span(ids).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), options);
        const ForwardOutput& out = m_out;

        const auto V = static_cast<std::size_t>(m_model->config().vocab);
        const auto begin = run.prompt.begin() + first;
        std::vector<TokenStep> steps(begin, begin + count);
        for (std::size_t t = 0; t < steps.size(); ++t) {
            addCacheDetails(steps[t], out, t, steps.size());
            if (!run.request.promptAlternatives || run.request.alternatives <= 0) continue;
            if (t > 0) run.builder.describePromptToken(steps[t], std::span(out.logits).subspan((t - 1) * V, V), run.request.alternatives);
            if (t == 0 && !before.empty()) run.builder.describePromptToken(steps[t], before, run.request.alternatives);
        }
        run.logits.assign(out.logits.end() - static_cast<std::ptrdiff_t>(V), out.logits.end());
        run.observer.onPrefill(steps, first + count, std::ssize(ids));
    }

    void decode(Run& run) {
        TokenIds ids = run.summary.promptTokens;
        std::chrono::nanoseconds decoding{};
        std::chrono::nanoseconds stepTime{};
        std::vector<std::chrono::nanoseconds> layerTimes;
        std::int64_t decoded = 0;
        for (;;) {
            if (const auto reason = reasonToStop(run, std::ssize(ids))) {
                run.summary.stopReason = *reason;
                break;
            }
            const auto start = Clock::now();
            const TokenStep step = choose(run, ids, stepTime, std::move(layerTimes));
            ids.push_back(step.token);
            if (isEnd(step.token) || run.stopStringFound) {
                run.summary.stopReason = isEnd(step.token) ? StopReason::Eos : StopReason::StopString;
                break;
            }
            if (reasonToStop(run, std::ssize(ids))) continue;  // nobody needs what comes after the last token
            const auto before = Clock::now();
            forward(std::span(ids).last(1), forwardOptions(run.request));
            stepTime = Clock::now() - before;
            run.logits.swap(m_out.logits);
            layerTimes = m_out.layerTimes;
            TokenStep cached = step;
            addCacheDetails(cached, m_out, 0, 1);
            run.observer.onCached(cached);
            decoding += Clock::now() - start;
            ++decoded;
        }
        run.summary.decodeTokensPerSecond = perSecond(decoded, decoding);
        if (run.summary.stopReason != StopReason::StopString) finishText(run);
    }

    std::optional<StopReason> reasonToStop(const Run& run, std::int64_t length) const {
        if (run.stop.stop_requested()) return StopReason::Cancelled;
        if (std::ssize(run.summary.tokens) >= run.request.maxTokens) return StopReason::MaxTokens;
        if (length >= m_model->config().context) return StopReason::Context;
        return std::nullopt;
    }

    /// Samples the next token and reports it.
    TokenStep choose(Run& run, const TokenIds& ids, std::chrono::nanoseconds stepTime, std::vector<std::chrono::nanoseconds> layerTimes) {
        const SampleResult result = sample(run.logits, run.request.samplers, ids, run.summary.seed,
                                           static_cast<std::uint64_t>(std::ssize(ids)), run.request.alternatives);
        TokenStep step = run.builder.next(result.token, TokenOrigin::Generated);
        step.probability = result.probability;
        step.alternatives = run.builder.alternatives(result);
        step.trace = result.trace;
        step.decodeTime = stepTime;
        step.layerTimes = std::move(layerTimes);
        const auto matched = run.matcher.push(step.text);
        step.text = matched.text;
        run.stopStringFound = matched.stopped;
        run.summary.tokens.push_back(step.token);
        run.summary.text += step.text;
        run.observer.onToken(step);
        return step;
    }

    /// Text that was held back as a possible stop string or an unfinished character.
    static void finishText(Run& run) {
        const auto last = run.matcher.push(run.builder.flush());
        const std::string rest = last.stopped ? last.text : last.text + run.matcher.flush();
        if (rest.empty()) return;
        run.summary.text += rest;
        run.observer.onTail(rest);
    }

    [[nodiscard]] ForwardOptions forwardOptions(const GenerateRequest& request) const {
        ForwardOptions options;
        options.norms = request.cacheNorms;
        options.layerTimes = m_timeLayers;
        const std::int64_t layer = m_capture;
        if (layer >= 0 && layer < m_model->config().layers) options.capture = LayerIndex{layer};
        return options;
    }

    /// Into m_out.
    void forward(std::span<const TokenId> tokens, const ForwardOptions& options) {
        valueOrThrow(m_sequence->forward(tokens, options, m_out));
        m_cached.insert(m_cached.end(), tokens.begin(), tokens.end());
    }

    void forget(std::int64_t length) {
        valueOrThrow(m_sequence->truncate(length));
        m_cached.resize(static_cast<std::size_t>(length));
    }

    static void addCacheDetails(TokenStep& step, const ForwardOutput& out, std::size_t t, std::size_t count) {
        const auto width = static_cast<std::ptrdiff_t>(out.norms.size() / count);
        const auto begin = out.norms.begin() + static_cast<std::ptrdiff_t>(t) * width;
        step.laneNorms.assign(begin, begin + width);
        if (t < out.attention.size()) step.attention = out.attention[t];
    }

    [[nodiscard]] bool isEnd(TokenId token) const {
        const auto& ends = m_model->endTokens();
        return std::find(ends.begin(), ends.end(), token) != ends.end();
    }

    static double perSecond(std::int64_t count, std::chrono::nanoseconds time) {
        return time.count() > 0 ? static_cast<double>(count) * 1e9 / static_cast<double>(time.count()) : 0.0;
    }

    std::shared_ptr<const OpenModel> m_model;
    std::shared_ptr<const Network> m_network;
    std::unique_ptr<Sequence> m_sequence;
    MlaPath m_path;
    ForwardOutput m_out;  ///< of the last step; its memory is used again
    TokenIds m_cached;    ///< the tokens whose rows the cache holds
    std::atomic<std::int64_t> m_capture{kNoLayer};
    std::atomic<bool> m_timeLayers{false};
};

}  // namespace

std::unique_ptr<Session> makeWriterSession(std::shared_ptr<const OpenModel> model, std::shared_ptr<const Network> network,
                                           std::unique_ptr<Sequence> sequence, MlaPath path) {
    return std::make_unique<WriterSession>(std::move(model), std::move(network), std::move(sequence), path);
}

}  // namespace loom
