// SPDX-License-Identifier: GPL-3.0-or-later
// Lab: what core/lab (LibTorch) does for the engine. Implemented in core/lab, loaded on first use.
// No exception crosses this interface: core/lab turns torch's into Error values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/data/attention_map.h"
#include "core/data/byte_formulas.h"
#include "core/data/device_kind.h"
#include "core/data/error.h"
#include "core/engine/api/inspector.h"
#include "core/engine/api/sequence.h"
#include "core/engine/api/training.h"
#include "core/engine/cache/kv_cache.h"
#include "core/engine/checkpoint/checkpoint.h"

namespace loom {

/// One sequence with its cache. Used by one thread at a time.
class ReferenceSequence {
public:
    virtual ~ReferenceSequence() = default;
    /// Appends T ≥ 1 tokens. Grows the cache if the sequence was made growable by its capacity; an error where it is full
    /// (cache().capacity()) or a token is outside the vocabulary. On an error the sequence is as before.
    [[nodiscard]] virtual Result<ForwardOutput> forward(std::span<const TokenId> tokens, const ForwardOptions& options) = 0;
    /// Forgets everything from `length` on.
    [[nodiscard]] virtual Result<void> truncate(std::int64_t length) = 0;
    /// Makes room for at least `capacity` positions.
    [[nodiscard]] virtual Result<void> reserve(std::int64_t capacity) = 0;
    [[nodiscard]] virtual const KvCache& cache() const = 0;
};

/// A network ready to compute in f32 (f64 where asked for). Thread-safe.
class ReferenceModel {
public:
    virtual ~ReferenceModel() = default;
    [[nodiscard]] virtual const ModelConfig& config() const = 0;
    /// A new, empty sequence that decodes on `path` (ignored where absorbObstacle() names a reason) with room for `capacity` positions.
    /// Its cache keeps `cacheType`: f64, f32, bf16, f16 or int8 with a scale per row; none = what the network computes in. Cells are
    /// converted when they are written and read.
    [[nodiscard]] virtual Result<std::unique_ptr<ReferenceSequence>> newSequence(std::int64_t capacity, MlaPath path,
                                                                                 std::optional<DType> cacheType = std::nullopt) = 0;
    /// Logits of a whole batch at once, no cache kept: tokens [B, T] row-major → [B, T, V].
    [[nodiscard]] virtual Result<std::vector<float>> logits(std::span<const TokenId> tokens, std::int64_t batch, MlaPath path,
                                                            std::stop_token stop) = 0;
    /// Attention weights of one layer for a text of T tokens.
    [[nodiscard]] virtual Result<AttentionMap> attention(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) = 0;
    /// What else can be seen inside. Lives as long as the model.
    [[nodiscard]] virtual const Inspector& inspector() const = 0;
    [[nodiscard]] virtual std::int64_t weightBytes() const = 0;
    [[nodiscard]] virtual std::string deviceName() const = 0;
};

struct LabOptions {
    DeviceKind device = DeviceKind::Cpu;
    std::int64_t threads = 0;    ///< 0 = as many as there are cores
    DType compute = DType::F32;  ///< F32 or F64
};

class Lab {
public:
    virtual ~Lab() = default;
    /// Copies the checkpoint's weights into tensors of the compute type. Cancelled between tensors.
    [[nodiscard]] virtual Result<std::shared_ptr<ReferenceModel>> build(const Checkpoint& checkpoint, const LabOptions& options,
                                                                        MemoryAccount& account, std::stop_token stop) = 0;
    /// A network to train, begun with the checkpoint's weights. `account` must outlive it.
    [[nodiscard]] virtual Result<std::unique_ptr<TrainableModel>> buildTrainable(const Checkpoint& checkpoint,
                                                                                 const TrainerOptions& options, MemoryAccount& account) = 0;
    /// "LibTorch 2.13.0"
    [[nodiscard]] virtual std::string version() const = 0;
    /// Whether a CUDA device can be used now.
    [[nodiscard]] virtual bool hasCuda() const = 0;
    /// Nothing, or why networks cannot be computed there.
    [[nodiscard]] virtual Result<void> check(DeviceKind device) const = 0;
};

/// The lab of this process, loaded from libloom_lab beside libloom_engine at the first call (about a quarter of a second).
/// The error names the library and the loader's reason.
[[nodiscard]] Result<Lab*> loadLab();

}  // namespace loom
