// SPDX-License-Identifier: GPL-3.0-or-later
// DecodeModel: a network ready to write stories through the fast path, without LibTorch.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/data/error.h"
#include "core/data/precision.h"
#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/decode/step.h"

namespace loom::decode {

class DecodeSequence;

struct DecodeOptions {
    Precision precision = Precision::Bf16;
    std::int64_t threads = 0;          ///< 0 = measured: chooseThreads()
    MlaPath path = MlaPath::Absorbed;  ///< ignored where absorbObstacle() names a reason
    DType cacheType = DType::F32;      ///< of new sequences: F32, BF16, F16 or I8
};

/// What the fast path cannot compute of a network, as a plain sentence; nothing if it can compute it.
[[nodiscard]] std::optional<std::string> fastPathMissing(const ModelConfig& config);

/// Thread-safe: sequences of one model may be used by different threads, but the model has one team of threads and one workspace, so
/// that one step runs at a time and the others wait.
class DecodeModel : public std::enable_shared_from_this<DecodeModel> {
public:
    /// Packs the checkpoint's weights, which can be closed afterwards. Cancelled between tensors. An error names what is missing
    /// (fastPathMissing), the tensor, or how much memory is wanted. `account` must outlive the model and its sequences.
    [[nodiscard]] static Result<std::shared_ptr<DecodeModel>> build(const Checkpoint& checkpoint, const DecodeOptions& options,
                                                                    MemoryAccount& account, std::stop_token stop = {});

    [[nodiscard]] const ModelConfig& config() const { return m_config; }
    [[nodiscard]] Precision precision() const { return m_options.precision; }
    /// Absorbed only where the form can be.
    [[nodiscard]] MlaPath path() const { return m_options.path; }
    [[nodiscard]] std::int64_t weightBytes() const { return m_weights->bytes; }
    /// "AVX-512 VNNI", …
    [[nodiscard]] std::string_view kernelName() const { return m_kernels.name; }
    [[nodiscard]] std::int64_t threads() const;
    /// Computes with so many threads from the next step on; results do not change. Throws Error where memory is short.
    void setThreads(std::int64_t threads);
    /// What a step of one token takes with one thread: TeamWatch.
    void setAloneTime(std::chrono::duration<double> time);

    /// A new, empty sequence with room for `capacity` positions, whose cache keeps `cacheType`, or what the options say.
    [[nodiscard]] Result<std::unique_ptr<DecodeSequence>> newSequence(std::int64_t capacity, std::optional<DType> cacheType = std::nullopt);

    /// For sequences: room for caches of that capacity, and one step (Stepper::run).
    void reserve(std::int64_t capacity);
    void step(std::span<const StepRow> rows, const StepWish& wish);

private:
    DecodeModel(const Checkpoint& checkpoint, const DecodeOptions& options, MemoryAccount& account, const std::stop_token& stop);

    ModelConfig m_config;
    DecodeOptions m_options;
    const Kernels& m_kernels;
    HostAllocator m_allocator;
    std::unique_ptr<const DecodeWeights> m_weights;
    mutable std::mutex m_stepping;
    Stepper m_stepper;
};

/// Measures steps of one token with one thread, two, … up to all cores, sets the model to the fastest and returns it. Takes a few
/// milliseconds on small networks, a dozen steps on large ones.
std::int64_t chooseThreads(DecodeModel& model);

}  // namespace loom::decode
