// SPDX-License-Identifier: GPL-3.0-or-later
// A team of threads: every thread works, meetings order what they write, nothing is lost where threads sleep or are displaced.
#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/engine/decode/thread_team.h"
#include "tests/support/expect_error.h"

namespace loom::decode {
namespace {

using test::errorOf;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

TEST(ThreadTeam, EveryThreadWorksOnceInEachRun) {
    for (const std::int64_t threads : {1, 2, 3, 5}) {
        ThreadTeam team(threads);
        EXPECT_EQ(team.threads(), threads);
        std::vector<std::int64_t> calls(at(threads));  // no atomics: run orders them
        for (int i = 0; i < 2000; ++i) team.run([&](std::int64_t thread) { ++calls[at(thread)]; });
        for (const std::int64_t count : calls) EXPECT_EQ(count, 2000) << threads << " threads";
    }
}

TEST(ThreadTeam, AfterAMeetingAllSeeWhatEachWrote) {
    for (const std::int64_t threads : {1, 2, 3}) {
        ThreadTeam team(threads);
        std::vector<std::int64_t> written(at(threads));
        std::vector<std::int64_t> wrong(at(threads));
        for (int run = 0; run < 20; ++run) {
            team.run([&](std::int64_t thread) {
                for (std::int64_t step = 1; step <= 200; ++step) {
                    written[at(thread)] = step;
                    team.meet();
                    for (const std::int64_t value : written) wrong[at(thread)] += value == step ? 0 : 1;
                    team.meet();
                }
            });
        }
        for (const std::int64_t count : wrong) EXPECT_EQ(count, 0) << threads << " threads";
    }
}

TEST(ThreadTeam, SleepingThreadsWakeUp) {
    ThreadTeam team(2);
    std::atomic<int> calls = 0;
    for (int i = 0; i < 20; ++i) {
        const std::clock_t before = std::clock();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // much longer than a thread spins
        const double used = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
        EXPECT_LT(used, 0.004) << "the team burns a processor while it waits";
        team.run([&](std::int64_t) { ++calls; });
    }
    EXPECT_EQ(calls, 40);
}

TEST(ThreadTeam, ALateThreadIsWaitedFor) {
    ThreadTeam team(3);
    std::vector<int> done(3);
    std::vector<int> seen(3);
    std::vector<int> left(3);
    team.run([&](std::int64_t thread) {
        if (thread == 1) std::this_thread::sleep_for(std::chrono::milliseconds(20));  // as a thread that another program displaced
        done[at(thread)] = 1;
        team.meet();
        seen[at(thread)] = done[0] + done[1] + done[2];
        if (thread == 2) std::this_thread::sleep_for(std::chrono::milliseconds(20));
        left[at(thread)] = 1;
    });
    EXPECT_EQ(seen, (std::vector<int>{3, 3, 3}));
    EXPECT_EQ(left, (std::vector<int>{1, 1, 1})) << "run returned before all had";
}

TEST(ThreadTeam, MoreThreadsThanProcessors) {
    const std::int64_t threads = 4 * static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()));
    ThreadTeam team(threads);
    std::vector<std::int64_t> sums(at(threads));
    const auto start = std::chrono::steady_clock::now();
    for (int run = 0; run < 10; ++run) {
        team.run([&](std::int64_t thread) {
            for (int i = 0; i < 10; ++i) {
                sums[at(thread)] += i;
                team.meet();
            }
        });
    }
    for (const std::int64_t sum : sums) EXPECT_EQ(sum, 450);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30)) << "displaced threads stall the team";
}

TEST(ThreadTeam, SharesCoverEverythingOnce) {
    for (const std::int64_t count : {0, 1, 7, 64, 1571}) {
        for (const std::int64_t threads : {1, 2, 3, 8}) {
            std::int64_t next = 0;
            for (std::int64_t thread = 0; thread < threads; ++thread) {
                const ThreadTeam::Range range = ThreadTeam::share(count, thread, threads);
                EXPECT_EQ(range.first, next);
                EXPECT_LE(range.last - range.first, count / threads + 1);
                next = range.last;
            }
            EXPECT_EQ(next, count);
        }
    }
}

TEST(ThreadTeam, NeedsAThread) {
    EXPECT_EQ(errorOf([] { const ThreadTeam team(0); }).what, "A team needs at least one thread");
}

}  // namespace
}  // namespace loom::decode
