// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/writer_session.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "core/engine/generate/beam_search.h"
#include "core/engine/generate/continuation.h"

namespace loom {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kPrefillBlock = 128;
constexpr std::int64_t kNoLayer = -1;

/// The state of one generate() call.
struct Run {
    Run(const OpenModel& model, const GenerateRequest& ask, std::uint64_t seed, GenerateObserver& watcher, std::stop_token token)
        : request(ask), observer(watcher), stop(std::move(token)), story(model, ask, samplerFor(model, ask, seed)) {}

    const GenerateRequest& request;
    GenerateObserver& observer;
    std::stop_token stop;
    Continuation story;
    std::vector<TokenStep> prompt;
    std::vector<float> logits;  ///< [V] after the last computed position
    GenerateSummary summary;
};

/// Tokens that were computed before they were chosen, and what the network said after each.
struct Guesses {
    TokenIds tokens;       ///< guessed to follow
    ForwardOutput out;     ///< row 0 belongs to the token before them
    std::size_t next = 0;  ///< the first one that is not decided
    [[nodiscard]] bool right(TokenId token) const { return next < tokens.size() && tokens[next] == token; }
};

class WriterSession final : public Session {
public:
    WriterSession(std::shared_ptr<const OpenModel> model, std::shared_ptr<const Network> network, std::unique_ptr<Sequence> sequence,
                  MlaPath path, std::unique_ptr<Guesser> guesser)
        : m_model(std::move(model)),
          m_network(std::move(network)),
          m_sequence(std::move(sequence)),
          m_path(path),
          m_guesser(std::move(guesser)) {}

    Result<GenerateSummary> generate(const GenerateRequest& request, GenerateObserver& observer, std::stop_token stop) override {
        return guarded([&] { return write(request, observer, std::move(stop)); });
    }

    CacheUse cacheUse() const override { return m_sequence->cacheUse(); }
    MlaPath path() const override { return m_path; }
    void captureLayer(std::optional<LayerIndex> layer) override { m_capture = layer ? layer->value() : kNoLayer; }
    void timeLayers(bool on) override { m_timeLayers = on; }

private:
    GenerateSummary write(const GenerateRequest& request, GenerateObserver& observer, std::stop_token stop) {
        checkRequest(*m_model, request);
        Run run(*m_model, request, request.seed ? *request.seed : drawSeed(), observer, std::move(stop));
        run.summary.seed = run.story.seed();
        const NetworkFacts facts = m_network->facts();
        run.summary.precision = facts.precision;
        run.summary.path = facts.path;
        m_speculate = facts.fast ? request.speculate : 0;
        run.summary.promptTokens = promptIds(*m_model, request);
        prefill(run);
        if (run.summary.stopReason != StopReason::Cancelled) request.beams.width > 1 ? search(run) : decode(run);
        run.summary.tokens = run.story.writtenIds();
        run.summary.text = run.story.text();
        run.summary.cache = cacheUse();
        return std::move(run.summary);
    }

    /// Brings the cache to hold the whole prompt, reusing what it shares with the last one.
    void prefill(Run& run) {
        const TokenIds& ids = run.summary.promptTokens;
        const auto total = std::ssize(ids);
        const auto same = std::mismatch(m_cached.begin(), m_cached.end(), ids.begin(), ids.end()).first - m_cached.begin();
        const std::int64_t reused = std::min<std::int64_t>(same, total - 1);  // the last token is computed for its logits
        run.prompt = run.story.begin(ids);
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
        ForwardOutput& out = m_guesses.out;
        forward(std::span(ids).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), options, out);

        const auto V = static_cast<std::size_t>(m_model->config().vocab);
        const auto begin = run.prompt.begin() + first;
        std::vector<TokenStep> steps(begin, begin + count);
        for (std::size_t t = 0; t < steps.size(); ++t) {
            addCacheDetails(steps[t], out, t, steps.size());
            if (!run.request.promptAlternatives || run.request.alternatives <= 0) continue;
            if (t > 0)
                run.story.builder().describePromptToken(steps[t], std::span(out.logits).subspan((t - 1) * V, V), run.request.alternatives);
            if (t == 0 && !before.empty()) run.story.builder().describePromptToken(steps[t], before, run.request.alternatives);
        }
        run.logits.assign(out.logits.end() - static_cast<std::ptrdiff_t>(V), out.logits.end());
        run.observer.onPrefill(steps, first + count, std::ssize(ids));
    }

    void decode(Run& run) {
        Continuation& story = run.story;
        std::chrono::nanoseconds decoding{};
        std::chrono::nanoseconds stepTime{};
        std::vector<std::chrono::nanoseconds> layerTimes;
        std::int64_t decoded = 0;
        m_guesses = {};
        for (;;) {
            if (const auto reason = reasonToStop(run)) {
                run.summary.stopReason = *reason;
                break;
            }
            const auto start = Clock::now();
            TokenStep step = story.choose(run.logits);
            step.decodeTime = stepTime;
            step.layerTimes = std::move(layerTimes);
            run.observer.onToken(step);
            if (reasonToStop(run)) continue;  // nobody needs what comes after the last token
            const auto before = Clock::now();
            compute(run, step);
            stepTime = Clock::now() - before;
            layerTimes = m_guesses.out.layerTimes;
            addCacheDetails(step, m_guesses.out, m_guesses.next, m_guesses.tokens.size() + 1);
            run.observer.onCached(step);
            decoding += Clock::now() - start;
            ++decoded;
        }
        if (m_guesses.next < m_guesses.tokens.size()) forget(std::ssize(story.ids()) - 1);
        run.summary.decodeTokensPerSecond = perSecond(decoded, decoding);
        if (run.summary.stopReason == StopReason::StopString) return;
        if (const std::string rest = story.finish(); !rest.empty()) run.observer.onTail(rest);
    }

    /// Beam search. Tokens are handed on as soon as every text that may still be found begins with them; the session's own cache reads
    /// them then, so that the story can go on from it.
    void search(Run& run) {
        if (const auto ended = run.story.ended()) {  // nothing was to be written
            run.summary.stopReason = *ended;
            return;
        }
        const std::int64_t prompt = std::ssize(run.story.ids());
        const std::int64_t longest = std::min(prompt + run.request.maxTokens, m_model->config().context);
        const auto start = Clock::now();
        Beams beams(run.request.beams, longest - prompt, m_model->endTokens(), run.request.alternatives);
        BeamCaches caches(*m_network, *m_sequence, run.story.ids(), longest);
        while (!beams.done()) {
            if (run.stop.stop_requested()) break;
            beams.advance(run.logits);
            if (!beams.done() && !caches.advance(beams.next(), run.logits, run.stop)) break;
            if (!handOn(run, beams.certain(run.story.written()))) break;
        }
        run.summary.stopReason = run.story.ended().value_or(StopReason::Cancelled);
        if (beams.done()) run.summary.beamScore = beams.score();
        run.summary.decodeTokensPerSecond = perSecond(run.story.written(), Clock::now() - start);
        if (run.summary.stopReason == StopReason::StopString) return;
        if (const std::string rest = run.story.finish(); !rest.empty()) run.observer.onTail(rest);
    }

    /// Tokens that a search is certain of. False where the story ended with one of them.
    bool handOn(Run& run, const std::vector<Beams::Found>& found) {
        std::vector<TokenStep> steps;
        for (const Beams::Found& one : found) {
            TokenStep step = run.story.take(one.token);
            step.probability = one.probability;
            step.alternatives = run.story.builder().expected(one.alternatives);
            run.observer.onToken(step);
            steps.push_back(std::move(step));
            if (run.story.ended()) break;
        }
        const bool goesOn = !run.story.ended();
        if (!goesOn && !steps.empty()) steps.pop_back();  // nobody needs what comes after the last token
        if (steps.empty()) return goesOn;
        m_block.clear();
        for (const TokenStep& step : steps) m_block.push_back(step.token);
        ForwardOutput& out = m_guesses.out;
        forward(m_block, forwardOptions(run.request), out);
        for (std::size_t t = 0; t < steps.size(); ++t) {
            addCacheDetails(steps[t], out, t, steps.size());
            run.observer.onCached(steps[t]);
        }
        return goesOn;
    }

    /// Brings run.logits behind the token that was just chosen: it was guessed right, or the network computes it now, with what is guessed
    /// to follow it.
    void compute(Run& run, const TokenStep& step) {
        Guesses& g = m_guesses;
        const TokenIds& ids = run.story.ids();
        if (g.right(step.token)) {
            ++run.summary.acceptedTokens;
            takeRow(run, ++g.next);
            return;
        }
        if (g.next < g.tokens.size()) forget(std::ssize(ids) - 1);  // the rest was guessed wrong
        g.next = 0;
        g.tokens.clear();
        if (m_speculate > 0) {
            const std::int64_t room = std::min(m_sequence->capacity(), m_model->config().context) - std::ssize(ids);
            const std::int64_t left = run.request.maxTokens - run.story.written();
            m_guesser->guess(ids, std::min({m_speculate, room, left}), run.story.sampler(), run.stop, g.tokens);
            run.summary.guessedTokens += std::ssize(g.tokens);
        }
        m_block.assign(1, step.token);
        m_block.insert(m_block.end(), g.tokens.begin(), g.tokens.end());
        ForwardOptions options = forwardOptions(run.request);
        options.allLogits = m_block.size() > 1;
        forward(m_block, options, g.out);
        takeRow(run, 0);
    }

    void takeRow(Run& run, std::size_t row) {
        const auto V = static_cast<std::size_t>(m_model->config().vocab);
        const std::vector<float>& all = m_guesses.out.logits;
        run.logits.assign(all.begin() + static_cast<std::ptrdiff_t>(row * V), all.begin() + static_cast<std::ptrdiff_t>((row + 1) * V));
    }

    static std::optional<StopReason> reasonToStop(const Run& run) {
        const auto ended = run.story.ended();
        if (ended == StopReason::Eos || ended == StopReason::StopString) return ended;
        if (run.stop.stop_requested()) return StopReason::Cancelled;
        return ended;
    }

    [[nodiscard]] ForwardOptions forwardOptions(const GenerateRequest& request) const {
        ForwardOptions options;
        options.norms = request.cacheNorms;
        options.layerTimes = m_timeLayers;
        const std::int64_t layer = m_capture;
        if (layer >= 0 && layer < m_model->config().layers) options.capture = LayerIndex{layer};
        return options;
    }

    void forward(std::span<const TokenId> tokens, const ForwardOptions& options, ForwardOutput& out) {
        valueOrThrow(m_sequence->forward(tokens, options, out));
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

    static double perSecond(std::int64_t count, std::chrono::nanoseconds time) {
        return time.count() > 0 ? static_cast<double>(count) * 1e9 / static_cast<double>(time.count()) : 0.0;
    }

    std::shared_ptr<const OpenModel> m_model;
    std::shared_ptr<const Network> m_network;
    std::unique_ptr<Sequence> m_sequence;
    MlaPath m_path;
    std::unique_ptr<Guesser> m_guesser;
    Guesses m_guesses;
    std::int64_t m_speculate = 0;
    TokenIds m_block;   ///< of a step, kept for its memory
    TokenIds m_cached;  ///< the tokens whose rows the cache holds
    std::atomic<std::int64_t> m_capture{kNoLayer};
    std::atomic<bool> m_timeLayers{false};
};

}  // namespace

std::unique_ptr<Session> makeWriterSession(std::shared_ptr<const OpenModel> model, std::shared_ptr<const Network> network,
                                           std::unique_ptr<Sequence> sequence, MlaPath path, std::unique_ptr<Guesser> guesser) {
    return std::make_unique<WriterSession>(std::move(model), std::move(network), std::move(sequence), path, std::move(guesser));
}

}  // namespace loom
