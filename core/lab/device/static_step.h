// SPDX-License-Identifier: GPL-3.0-or-later
// StaticStep: one token's step whose shapes and addresses stay the same from step to step, so that a GPU can record it once and play it
// again. Attention covers a whole stretch of the cache; what lies behind the token is hidden by a mask that is computed on the device.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "core/engine/cache/kv_cache.h"
#include "core/lab/model/language_model.h"

namespace loom::lab {

/// A recorded piece of work: a CUDA graph. On the CPU nothing is recorded.
class Recording {
public:
    virtual ~Recording() = default;
    virtual void play() = 0;
};

/// Belongs to one cache; must be made anew when the cache's memory moves (KvCache::reserve).
class StaticStep {
public:
    /// Whether steps of this network can be static: caches in the computing type, rotation angles that do not depend on the text's length,
    /// no keys that are rebuilt with their rotation at every step, no experts.
    [[nodiscard]] static bool possible(const ModelConfig& config, const KvCache& cache, DType compute);

    /// Model and cache must outlive it. Angles of all positions of the cache are computed now.
    StaticStep(const LanguageModel& model, KvCache& cache);
    ~StaticStep();
    StaticStep(const StaticStep&) = delete;
    StaticStep& operator=(const StaticStep&) = delete;

    /// Computes the token that stands at cache.length(), which must be below the capacity: logits [1, V] in host memory. What it keeps
    /// lies in the cache's next row; the caller declares it used.
    [[nodiscard]] Tensor run(TokenId token);

    /// Positions that one recording covers.
    static constexpr std::int64_t kStretch = 256;

private:
    /// The work itself, over the first `stretch` rows: reads m_token and m_place, writes and returns the logits.
    [[nodiscard]] Tensor compute(std::int64_t stretch);

    struct Played {
        Tensor logits;  ///< [1, V]; written by each play
        std::unique_ptr<Recording> recording;
    };

    const LanguageModel& m_model;
    KvCache& m_cache;
    Tensor m_token;  ///< [1, 1] int64
    Tensor m_place;  ///< [1] int64
    Tensor m_cos;    ///< [capacity, w/2]; undefined without rotation
    Tensor m_sin;
    std::map<std::int64_t, Played> m_played;  ///< by stretch; on a GPU
};

#ifdef LATENTLOOM_WITH_CUDA
/// Runs `work` once to warm up, then records it. What it returns is written anew by every play().
[[nodiscard]] std::pair<Tensor, std::unique_ptr<Recording>> recordCuda(const std::function<Tensor()>& work);
#endif

}  // namespace loom::lab
