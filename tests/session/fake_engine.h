// SPDX-License-Identifier: GPL-3.0-or-later
// An engine made of gates: it writes one token, opens one model or computes one map when the test lets it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/engine/api/engine.h"

namespace loom::test {

/// Lets through as many as were allowed, from any thread.
class Gate {
public:
    void allow(std::int64_t count);
    void openForAll();
    /// Waits for permission, or for `stop` if the gate listens to it. False = stopped.
    bool pass(const std::stop_token& stop, bool listensToStop = true);

private:
    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::int64_t m_allowed = 0;
    bool m_forAll = false;
};

/// What the test tells the fake and what the fake tells the test.
struct Script {
    Gate open, token, attention, look;
    bool openWaits = false;
    bool tokensWait = false;
    bool deafToken = false;  ///< a step, once begun, does not notice the stop
    bool attentionWaits = false;
    bool lookWaits = false;
    std::int64_t failAfterTokens = -1;
    std::int64_t endAfterTokens = -1;  ///< then the end token (2) comes
    bool latent = false;               ///< the model is an MLA network
    std::int64_t context = 4096;
    bool failNewSession = false;
    bool pair = false;        ///< ".../mla" has a latent and ".../mha" has none, and they are twins
    bool cuda = false;        ///< CUDA can be used
    bool fast = true;         ///< there is a fast path
    std::string word = " w";  ///< what generated tokens begin with
    std::string problem;      ///< of the card, in every summary

    std::atomic<std::int64_t> opens{0};
    std::atomic<std::int64_t> tokens{0};    ///< generated in all
    std::atomic<std::int64_t> sessions{0};  ///< alive
    std::atomic<std::int64_t> attentionCalls{0};
    std::atomic<std::int64_t> looks{0};         ///< questions to the inspector in all
    std::atomic<std::int64_t> waitingLooks{0};  ///< those that have come to the gate
    std::atomic<std::int64_t> deviceChecks{0};
    std::atomic<bool> layerTimes{false};
    std::atomic<std::int64_t> waitingAttention{0};
    std::atomic<bool> engineGone{false};
    std::atomic<bool> orderBroken{false};  ///< a session outlived its engine
    std::mutex mutex;
    std::vector<GenerateRequest> requests;
    std::vector<SessionOptions> sessionOptions;
    std::vector<std::optional<LayerIndex>> captures;
};

/// Paths with "bad" in them fail to open. Models have 3 layers of 2 heads. Token n of a story is " w<n>" for generated ones,
/// one token per byte for prompts; a new story begins with token 1.
[[nodiscard]] std::unique_ptr<Engine> makeFakeEngine(std::shared_ptr<Script> script);

}  // namespace loom::test
