// SPDX-License-Identifier: GPL-3.0-or-later
// Engine and Session: the whole of what a program needs to open checkpoints and write stories.
//
// Threading: calls block and start no threads that outlive them visibly; long ones take a stop_token and, where there is something
// to show, an observer that is called on the caller's thread. An Engine and an OpenModel may be used from several threads at once;
// a Session by one thread at a time, except captureLayer() and timeLayers(), which any thread may call.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/data/error.h"
#include "core/data/generate.h"
#include "core/data/model_summary.h"
#include "core/engine/api/lab.h"
#include "core/engine/api/network.h"
#include "core/engine/checkpoint/model_notes.h"
#include "core/engine/memory/buffer.h"
#include "core/engine/tokenizer/tokenizer.h"

namespace loom {

struct OpenOptions {
    std::filesystem::path tokenizer;        ///< empty = the one in the folder or beside the file
    bool needTokenizer = true;              ///< false: none is opened
    std::optional<DeviceKind> device = {};  ///< where its network will be built; none = where the engine computes
};

/// What is known of an opened checkpoint besides its tensors and its tokenizer.
struct OpenModelInfo {
    ModelNotes notes;                       ///< what our own files beside the checkpoint say: name, twin, card
    std::filesystem::path tokenizerSource;  ///< the file or folder that the tokenizer was read from
    std::optional<DeviceKind> device = {};  ///< as in OpenOptions
};

/// A checkpoint that has been checked, with its tokenizer. The network itself is built by the engine when first needed.
class OpenModel {
public:
    OpenModel(Checkpoint checkpoint, std::shared_ptr<const Tokenizer> tokenizer, OpenModelInfo info = {});
    [[nodiscard]] const Checkpoint& checkpoint() const { return m_checkpoint; }
    [[nodiscard]] const ModelConfig& config() const { return m_checkpoint.config; }
    /// Different for every model opened in this process.
    [[nodiscard]] std::uint64_t id() const { return m_id; }
    /// Null if the model was opened with needTokenizer = false.
    [[nodiscard]] const std::shared_ptr<const Tokenizer>& tokenizer() const { return m_tokenizer; }
    [[nodiscard]] const OpenModelInfo& info() const { return m_info; }
    /// The name for people: the notes', or the file's or folder's.
    [[nodiscard]] std::string displayName() const;
    /// Tokens that end a story: the configuration's (generation_config.json included), or the tokenizer's where that names none.
    [[nodiscard]] const std::vector<TokenId>& endTokens() const { return m_endTokens; }
    /// What stands before the first token of a story: the tokenizer's beginning(), else the configuration's BOS token where the
    /// text is empty (a network needs at least one token).
    [[nodiscard]] TokenIds beginning(bool textIsEmpty) const;

private:
    std::uint64_t m_id;
    Checkpoint m_checkpoint;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    OpenModelInfo m_info;
    std::vector<TokenId> m_endTokens;
};

/// Whether token ids mean the same to both: the same source, or two tokenizer.json equal byte for byte.
[[nodiscard]] bool sameTokenizer(const OpenModel& a, const OpenModel& b);

struct SessionOptions {
    MlaPath path = MlaPath::Absorbed;  ///< meaningful where both exist
    std::int64_t capacity = 0;         ///< positions allocated at once; 0 = only as many as each request needs
    PrecisionChoice precision = PrecisionChoice::Auto;
    DType cacheType = DType::F32;
    /// Whose network guesses ahead where GenerateRequest::speculate asks for guesses; none: what the story said before does. It must have
    /// the same tokenizer; its weights are kept as int8 where the fast path computes it.
    std::shared_ptr<const OpenModel> draft = {};

    [[nodiscard]] NetworkOptions network() const { return {path, precision, cacheType}; }
};

/// One growing story with its cache.
class Session {
public:
    virtual ~Session() = default;
    /// Writes. The part of history + prompt that the cache already holds is not computed again. Stops within one token or one
    /// prefill block of at most 128 tokens after `stop` is requested, with StopReason::Cancelled and what was written so far.
    [[nodiscard]] virtual Result<GenerateSummary> generate(const GenerateRequest& request, GenerateObserver& observer,
                                                           std::stop_token stop) = 0;
    [[nodiscard]] virtual CacheUse cacheUse() const = 0;
    [[nodiscard]] virtual MlaPath path() const = 0;
    /// Attention rows of this layer go into the steps from the next token on; none = no capture.
    virtual void captureLayer(std::optional<LayerIndex> layer) = 0;
    /// From the next token on, steps say how long each layer took (TokenStep::layerTimes). Any thread may call.
    virtual void timeLayers(bool on) = 0;
};

struct EngineOptions {
    DeviceKind device = DeviceKind::Cpu;
    std::int64_t threads = 0;  ///< 0 = chosen for each network by measurement (fast path) or by its size (reference)
};

/// Must outlive its sessions and networks.
class Engine {
public:
    [[nodiscard]] static std::unique_ptr<Engine> create(const EngineOptions& options);
    virtual ~Engine() = default;

    /// Checks the files and maps them; computes nothing.
    [[nodiscard]] virtual Result<std::shared_ptr<const OpenModel>> open(const std::filesystem::path& path, const OpenOptions& options) = 0;
    [[nodiscard]] virtual ModelSummary summary(const OpenModel& model, const NetworkOptions& options) const = 0;
    /// Builds the network if that has not happened yet (cancellable) and makes an empty session.
    [[nodiscard]] virtual Result<std::unique_ptr<Session>> newSession(std::shared_ptr<const OpenModel> model, const SessionOptions& options,
                                                                      std::stop_token stop) = 0;
    /// What writes: the fast path where it can compute this model on the CPU, else the reference. Built on first use and shared while
    /// anybody holds it. The fast path does without LibTorch.
    [[nodiscard]] virtual Result<std::shared_ptr<const Network>> network(const OpenModel& model, const NetworkOptions& options,
                                                                         std::stop_token stop) = 0;
    /// The reference network of a model, which everything can be asked of. Built on first use and shared while anybody holds it.
    [[nodiscard]] virtual Result<std::shared_ptr<ReferenceModel>> reference(const OpenModel& model, std::stop_token stop) = 0;
    /// Nothing, or why networks cannot be computed there. Loads LibTorch for anything but the CPU: a quarter of a second the first time.
    [[nodiscard]] virtual Result<void> canCompute(DeviceKind device) = 0;
    [[nodiscard]] virtual const MemoryAccount& memory() const = 0;
};

}  // namespace loom
