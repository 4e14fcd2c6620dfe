// SPDX-License-Identifier: GPL-3.0-or-later
// ThreadTeam: a few threads that compute one step together and meet at barriers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace loom::decode {

/// The caller is thread 0; threads − 1 others wait for it, spinning for a short while and then asleep. One caller at a time.
class ThreadTeam {
public:
    /// threads ≥ 1.
    explicit ThreadTeam(std::int64_t threads);
    ~ThreadTeam();
    ThreadTeam(const ThreadTeam&) = delete;
    ThreadTeam& operator=(const ThreadTeam&) = delete;

    [[nodiscard]] std::int64_t threads() const;
    /// Calls work(thread) on every thread and returns when all have returned. `work` must not throw.
    void run(const std::function<void(std::int64_t)>& work);
    /// Inside work: waits until every thread has come here. What a thread wrote before, all others see after.
    void meet();

    /// Splits [0, count) into equal ranges: that of `thread`.
    struct Range {
        std::int64_t first = 0;
        std::int64_t last = 0;
    };
    [[nodiscard]] static Range share(std::int64_t count, std::int64_t thread, std::int64_t threads) {
        return {count * thread / threads, count * (thread + 1) / threads};
    }

private:
    struct State;
    std::unique_ptr<State> m_state;
};

}  // namespace loom::decode
