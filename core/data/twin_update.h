// SPDX-License-Identifier: GPL-3.0-or-later
// Twin decode as values: who takes part, and what each of them wrote at every tick of the common clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/data/cache_occupancy.h"
#include "core/data/generate.h"
#include "core/data/ids.h"
#include "core/data/precision.h"

namespace loom {

/// Whom a person wants to compare: a checkpoint, or a network known by name whose weights are random numbers.
struct TwinChoice {
    std::string path = {};            ///< file or folder, UTF-8; empty with a preset
    std::string preset = {};          ///< name of a preset
    MlaPath mla = MlaPath::Absorbed;  ///< meaningful for a joint latent only
    bool operator==(const TwinChoice&) const = default;
};

/// One of those that are compared.
struct TwinContestant {
    TwinChoice choice;
    std::string name = {};  ///< for people
    ModelConfig config = {};
    bool untrained = false;  ///< random weights: its text means nothing, its bytes and its time do
    CacheSpec cache = {};
    std::string path = {};       ///< whose code computes: "fast-absorbed", "reference", …
    std::string precision = {};  ///< of the weights
    std::string kernels = {};
    std::int64_t threads = 1;
    std::int64_t weightBytes = 0;
    std::string prompt = {};        ///< what its tokenizer makes of the prompt
    std::int64_t promptTokens = 0;  ///< as its tokenizer counts, specials included
};

/// What one of them wrote at one tick.
struct TwinToken {
    TokenId token = {};
    std::int64_t position = 0;              ///< 0-based, in its own context
    std::string text = {};                  ///< what it adds to the story; valid UTF-8, empty for specials
    std::string label = {};                 ///< how a diagram shows it
    bool differs = false;                   ///< from the first one's token of this tick; the first one's: from any other's
    std::chrono::nanoseconds time{};        ///< of the network's step that predicted it; at tick 0 the whole prompt was read
    std::int64_t usedTokens = 0;            ///< positions in the cache after that step
    std::int64_t usedBytes = 0;             ///< of them, as the engine counts
    std::int64_t allocatedBytes = 0;        ///< of the cache's buffers
    std::optional<StopReason> reason = {};  ///< set with its last token
};

/// All of them take a tick together: as many tokens have been written by each that has not ended.
struct TwinTick {
    std::int64_t number = 0;                            ///< from 0
    std::vector<std::optional<TwinToken>> tokens = {};  ///< by contestant; none where its story has ended
};

/// What a person asks for.
struct TwinWish {
    std::vector<TwinChoice> choices = {};  ///< one to four
    std::string prompt = {};               ///< UTF-8
    SamplerSettings samplers = {};
    std::uint64_t seed = 1;
    PrecisionChoice precision = PrecisionChoice::Auto;
};

/// Empty: nothing is opened. Paused: waits for the next step. Ended: every story has.
enum class TwinState : std::uint8_t { Empty, Opening, Paused, Playing, Ended };

/// What views receive: never more than 30 times a second.
struct TwinUpdate {
    JobId job = {};
    std::vector<TwinTick> ticks = {};   ///< new ones, in order
    std::vector<CacheUse> caches = {};  ///< by contestant, as they are after the last tick
    std::int64_t allocatorBytes = 0;    ///< what the engine's allocator counts for all caches together
};

/// How fast each of them is: the median of the last steps, the prompt's apart.
class TwinPace {
public:
    explicit TwinPace(std::size_t steps = 64) : m_most(steps) {}
    void add(const TwinTick& tick);
    void clear() { m_times.clear(); }
    /// Milliseconds per token; 0 = not known yet.
    [[nodiscard]] double milliseconds(std::size_t who) const;
    [[nodiscard]] double tokensPerSecond(std::size_t who) const {
        const double each = milliseconds(who);
        return each > 0 ? 1e3 / each : 0;
    }

private:
    std::size_t m_most;
    std::vector<std::vector<double>> m_times;  ///< [contestant][step], oldest first
};

}  // namespace loom
