// SPDX-License-Identifier: GPL-3.0-or-later
// TwinDecode: several networks write from one prompt with one seed, in lock step, each with a cache of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/data/twin_update.h"
#include "core/engine/api/engine.h"
#include "core/engine/generate/continuation.h"

namespace loom {

inline constexpr std::size_t kMostTwins = 4;

struct TwinRequest {
    std::string prompt = {};  ///< UTF-8; may be empty
    SamplerSettings samplers = {};
    std::uint64_t seed = 1;
    std::int64_t maxTokens = 256;  ///< each writes at most as many; its context may end earlier
};

/// A model that takes part, opened.
struct TwinEntry {
    TwinChoice choice;
    std::shared_ptr<const OpenModel> model;
};

/// Opens whom was chosen: a checkpoint that is chosen twice is opened once. A preset becomes a network of random weights with the tokenizer
/// of the first checkpoint, and that tokenizer's vocabulary. Throws Error: what cannot be opened, fewer than one or more than kMostTwins,
/// only presets, or random weights that would take more than four fifths of the free memory.
[[nodiscard]] std::vector<TwinEntry> openTwins(Engine& engine, const std::vector<TwinChoice>& choices, const std::stop_token& stop);

/// The step clock. Random numbers are keyed by seed and position, so two that expect the same write the same. The networks compute one
/// after the other, each alone: times are those of writing alone. Used by one thread at a time.
class TwinDecode {
public:
    /// Builds networks that are not built yet. `engine` must outlive it. Throws Error: a network that cannot be built, weights that would
    /// take more than four fifths of the free memory, cancelled.
    TwinDecode(Engine& engine, std::vector<TwinEntry> entries, const NetworkOptions& options, const std::stop_token& stop);
    TwinDecode(const TwinDecode&) = delete;
    TwinDecode& operator=(const TwinDecode&) = delete;

    /// A new story for all of them, with empty caches; nothing is computed yet. Throws Error where a prompt cannot be read or a sampler is
    /// out of range; the stories are then as before.
    void begin(const TwinRequest& request);
    /// Every one that has not ended takes one step and writes one token. Nothing where `stop` was requested before all had computed their
    /// step, at most one token or one block of 128 prompt tokens later: nobody has written then, and the next call goes on where this one
    /// stopped. Must not be called after the end. Throws a network's Error; the others stay as they are.
    [[nodiscard]] std::optional<TwinTick> tick(const std::stop_token& stop);
    /// All stories have ended, or none has begun.
    [[nodiscard]] bool ended() const;
    [[nodiscard]] std::int64_t ticks() const { return m_ticks; }

    /// As they are since begin(); before it without prompts.
    [[nodiscard]] std::vector<TwinContestant> contestants() const;
    [[nodiscard]] std::vector<CacheUse> caches() const;
    /// What that one has written; the continuation only.
    [[nodiscard]] std::string text(std::size_t who) const;

private:
    struct Story {
        std::unique_ptr<Sequence> sequence;
        Continuation story;
        std::int64_t promptTokens;
        std::string prompt;
        ForwardOutput out = {};
        std::chrono::nanoseconds time = {};  ///< of the step that is not reported yet
        bool ready = false;                  ///< out.logits belong to the last of story.ids()
    };
    struct Lane {
        TwinEntry entry;
        std::shared_ptr<const Network> network;
        bool sameTokens = true;  ///< as the first one's: ids can be compared
        std::optional<Story> story = {};
    };

    [[nodiscard]] Story newStory(const Lane& lane, const GenerateRequest& request) const;
    /// False where it was stopped.
    [[nodiscard]] static bool compute(Story& story, std::int64_t context, const std::stop_token& stop);
    [[nodiscard]] static TwinToken choose(Story& story);
    void compare(TwinTick& tick) const;

    std::shared_ptr<const GenerateRequest> m_request;  ///< stories refer to it
    std::vector<Lane> m_lanes;
    std::int64_t m_ticks = 0;
};

}  // namespace loom
