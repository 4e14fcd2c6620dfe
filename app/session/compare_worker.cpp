// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/compare_worker.h"

#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>

#include "app/session/story_coalescer.h"
#include "core/data/error.h"
#include "core/engine/api/engine.h"
#include "core/engine/api/user_paths.h"
#include "core/engine/evaluate/decode_times.h"
#include "core/engine/generate/twin_decode.h"

namespace loom::session {
namespace {

using Clock = std::chrono::steady_clock;

/// Every story ends by itself: with its end token, or with its context.
constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int32_t>::max();

QString text(const Error& error) { return QString::fromStdString(error.message()); }

std::filesystem::path timesFolder() { return userPaths().cache / "times"; }

/// False where it was stopped before.
bool waitUntil(Clock::time_point time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_until(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

}  // namespace

CompareWorker::CompareWorker(const EngineFactory& factory) : m_engine(factory()) {}
CompareWorker::~CompareWorker() = default;

void CompareWorker::open(const TwinWish& wish, const std::stop_token& stop) {
    if (m_decode && m_choices == wish.choices && m_precision == wish.precision) return;
    // What was there first goes first: two pairs need not fit beside each other.
    close();
    m_decode = std::make_unique<TwinDecode>(*m_engine, openTwins(*m_engine, wish.choices, stop),
                                            NetworkOptions{.precision = wish.precision}, stop);
    m_choices = wish.choices;
    m_precision = wish.precision;
}

void CompareWorker::begin(JobId story, const TwinWish& wish, const std::stop_token& stop) {
    if (stop.stop_requested()) return;
    const auto done = guarded([&] {
        open(wish, stop);
        m_decode->begin({.prompt = wish.prompt, .samplers = wish.samplers, .seed = wish.seed, .maxTokens = kToTheEnd});
    });
    if (stop.stop_requested()) return;
    if (!done) return emit failed(story, text(done.error()));
    const std::vector<TwinContestant> contestants = m_decode->contestants();
    emit begun(story, std::make_shared<const std::vector<TwinContestant>>(contestants));
    auto grid = readTimeGrid(timesFolder(), timeGridKey(contestants, {.precision = wish.precision}));
    emit remembered(story, grid ? std::make_shared<const TimeGrid>(std::move(*grid)) : nullptr);
}

void CompareWorker::run(JobId story, JobId job, std::int64_t most, const std::stop_token& stop) {
    if (!m_decode) return emit rested(story, job, false);
    std::vector<TwinTick> waiting;
    auto lastSent = Clock::time_point{};
    const auto done = guarded([&] {
        for (std::int64_t i = 0; i < most && !m_decode->ended(); ++i) {
            const auto begun = Clock::now();
            auto tick = m_decode->tick(stop);
            if (!tick) return;
            waiting.push_back(std::move(*tick));
            const int pace = m_pace;
            const auto now = Clock::now();
            if (pace > 0 || now - lastSent >= kBatchInterval) {
                send(story, waiting);
                lastSent = now;
            }
            if (pace > 0 && i + 1 < most && !waitUntil(begun + std::chrono::nanoseconds(1'000'000'000 / pace), stop)) return;
        }
    });
    send(story, waiting);
    if (!done) return emit failed(story, text(done.error()));
    emit rested(story, job, m_decode->ended());
}

void CompareWorker::send(JobId story, std::vector<TwinTick>& ticks) {
    if (ticks.empty()) return;
    auto update = std::make_shared<TwinUpdate>();
    update->job = story;
    update->ticks = std::exchange(ticks, {});
    update->caches = m_decode->caches();
    update->allocatorBytes = m_engine->memory().current(MemoryKind::Cache);
    emit updated(story, std::move(update));
}

void CompareWorker::measure(JobId story, JobId job, const TimeAxes& axes, const std::stop_token& stop) {
    if (!m_decode || stop.stop_requested()) return emit measured(job, nullptr, false);
    const std::vector<TwinContestant> contestants = m_decode->contestants();
    TimeGridOptions options;
    options.contexts = axes.contexts;
    options.batches = axes.batches;
    options.precision = m_precision;
    TimeGrid grid;
    const auto share = [&] { return std::make_shared<const TimeGrid>(grid); };
    const auto whole = guarded([&] {
        const bool all = measureTimeGrid(
            *m_engine, contestants, options, grid,
            [&](std::int64_t done, std::int64_t cells) { emit measuring(job, share(), done, cells); }, stop);
        if (all) writeTimeGrid(timesFolder(), timeGridKey(contestants, options), grid);
        return all;
    });
    if (!whole) return emit failed(story, text(whole.error()));
    emit measured(job, share(), *whole);
}

void CompareWorker::close() {
    m_decode.reset();
    m_choices.clear();
}

}  // namespace loom::session
