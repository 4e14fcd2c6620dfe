// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/decode/thread_team.h"

#include <atomic>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "core/data/error.h"

namespace loom::decode {

namespace {

using Clock = std::chrono::steady_clock;
/// How long a thread looks for the others before it sleeps: at a meeting about what waking up costs, between two steps about what choosing
/// a token takes.
constexpr std::chrono::microseconds kMeetingSpin{20};
constexpr std::chrono::microseconds kIdleSpin{200};

void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield" ::: "memory");
#endif
}

/// Waits until `word` is no longer `old`.
void await(std::atomic<std::uint32_t>& word, std::uint32_t old, std::chrono::microseconds spin) {
    for (int i = 0; i < 100; ++i) {
        if (word.load(std::memory_order_acquire) != old) return;
        pause();
    }
    for (const auto end = Clock::now() + spin; Clock::now() < end;) {
        for (int i = 0; i < 20; ++i) {
            if (word.load(std::memory_order_acquire) != old) return;
            pause();
        }
    }
    word.wait(old, std::memory_order_acquire);
}

}  // namespace

struct ThreadTeam::State {
    explicit State(std::int64_t count) : threads(count) {}
    ~State() {
        stop = true;
        begin();
        for (std::thread& helper : helpers) helper.join();
    }

    void begin() {
        round.fetch_add(1, std::memory_order_release);
        round.notify_all();
    }
    void meet() {
        if (threads == 1) return;
        const std::uint32_t now = meeting.load(std::memory_order_acquire);
        if (arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == threads) {
            arrived.store(0, std::memory_order_relaxed);
            meeting.store(now + 1, std::memory_order_release);
            meeting.notify_all();
        } else {
            await(meeting, now, kMeetingSpin);
        }
    }
    void help(std::int64_t thread) {
        for (std::uint32_t seen = 0;;) {
            await(round, seen, kIdleSpin);
            ++seen;
            if (stop) return;
            (*work)(thread);
            meet();
        }
    }

    const std::int64_t threads;
    const std::function<void(std::int64_t)>* work = nullptr;
    bool stop = false;                                   ///< written before `round` moves on
    alignas(64) std::atomic<std::uint32_t> round = 0;    ///< counts calls of run
    alignas(64) std::atomic<std::int64_t> arrived = 0;   ///< threads at the present meeting
    alignas(64) std::atomic<std::uint32_t> meeting = 0;  ///< counts meetings
    std::vector<std::thread> helpers;
};

ThreadTeam::ThreadTeam(std::int64_t threads) {
    if (threads < 1) throw Error{"A team needs at least one thread", std::to_string(threads) + " threads", {}};
    m_state = std::make_unique<State>(threads);
    try {
        for (std::int64_t thread = 1; thread < threads; ++thread) {
            m_state->helpers.emplace_back([state = m_state.get(), thread] { state->help(thread); });
        }
    } catch (const std::system_error& error) {
        throw Error{"No further thread could be started", std::to_string(threads) + " threads: " + error.what(), "Use fewer threads"};
    }
}

ThreadTeam::~ThreadTeam() = default;

std::int64_t ThreadTeam::threads() const { return m_state->threads; }

void ThreadTeam::run(const std::function<void(std::int64_t)>& work) {
    if (m_state->threads > 1) {
        m_state->work = &work;
        m_state->begin();
    }
    work(0);
    m_state->meet();
}

void ThreadTeam::meet() { m_state->meet(); }

}  // namespace loom::decode
