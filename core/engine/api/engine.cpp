// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/api/engine.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/generate/writer_session.h"
#include "core/engine/memory/free_memory.h"

namespace loom {
namespace {

/// Below this many parameters (embeddings apart) a second thread makes a token slower, alone by a fifth and beside a busy window
/// many times: the pieces of work are over before the thread is awake (measured: ARCHITECTURE.md).
constexpr std::int64_t kWorthThreads = 32'000'000;

class EngineImpl final : public Engine {
public:
    explicit EngineImpl(const EngineOptions& options) : m_options(options) {}

    Result<std::shared_ptr<const OpenModel>> open(const std::filesystem::path& path, const OpenOptions& options) override {
        return guarded([&]() -> std::shared_ptr<const OpenModel> {
            Checkpoint checkpoint = readCheckpoint(path);
            OpenModelInfo info{readModelNotes(checkpoint.path), options.tokenizer.empty() ? checkpoint.path : options.tokenizer,
                               options.device};
            std::shared_ptr<const Tokenizer> tokenizer;
            if (options.needTokenizer) tokenizer = openTokenizer(info.tokenizerSource, checkpoint.config.vocab);
            return std::make_shared<const OpenModel>(std::move(checkpoint), std::move(tokenizer), std::move(info));
        });
    }

    ModelSummary summary(const OpenModel& model, MlaPath path) const override {
        ModelSummary summary;
        summary.path = pathText(model.checkpoint().path);
        summary.name = model.displayName();
        summary.device = deviceOf(model) == DeviceKind::Cpu ? "CPU" : "CUDA";
        if (model.tokenizer()) {
            summary.tokenizer = model.tokenizer()->kind() + ", " + std::to_string(model.tokenizer()->vocabularySize()) + " tokens";
        }
        summary.threads = threadsFor(model);
        summary.config = model.config();
        summary.parameters = countParameters(model.config());
        summary.mlaPath = path;
        summary.cache = cacheSpec(model.config(), path, DType::F32);
        const ModelNotes& notes = model.info().notes;
        summary.twin = notes.twin;
        summary.otherForm = summary.twin ? cacheSpec(summary.twin->config, path, DType::F32) : otherFormSpec(model.config(), DType::F32);
        summary.card = notes.card;
        summary.problem = notes.problem;
        if (const auto built = find(model)) {
            summary.weightBytes = built->weightBytes();
            summary.device = built->deviceName();
        }
        return summary;
    }

    Result<std::unique_ptr<Session>> newSession(std::shared_ptr<const OpenModel> model, const SessionOptions& options,
                                                std::stop_token stop) override {
        auto network = reference(*model, stop);
        if (!network) return tl::unexpected(network.error());
        auto sequence = (*network)->newSequence(std::min(options.capacity, model->config().context), options.path);
        if (!sequence) return tl::unexpected(sequence.error());
        return makeWriterSession(std::move(model), std::move(*network), std::move(*sequence), options.path);
    }

    Result<std::shared_ptr<ReferenceModel>> reference(const OpenModel& model, std::stop_token stop) override {
        const std::scoped_lock lock(m_building);  // a second caller waits for the first one's network instead of building its own
        if (auto built = find(model)) return built;
        const std::int64_t needed = countParameters(model.config()).total * bytesPerElement(DType::F32);
        if (const auto room = freeMemory(); room && needed > *room) {
            return tl::unexpected(Error{
                "The weights need " + std::to_string(needed >> 20) + " MiB, and " + std::to_string(*room >> 20) + " MiB of memory are free",
                pathText(model.checkpoint().path), "Close other programs or open a smaller model"});
        }
        auto lab = loadLab();
        if (!lab) return tl::unexpected(lab.error());
        auto built = (*lab)->build(model.checkpoint(), {deviceOf(model), threadsFor(model), DType::F32}, m_memory, stop);
        if (built) {
            const std::scoped_lock guard(m_tableLock);
            std::erase_if(m_built, [](const auto& entry) { return entry.second.expired(); });
            m_built[model.id()] = *built;
        }
        return built;
    }

    Result<void> canCompute(DeviceKind device) override {
        if (device == DeviceKind::Cpu) return {};
        const auto lab = loadLab();
        return lab ? (*lab)->check(device) : tl::unexpected(lab.error());
    }

    const MemoryAccount& memory() const override { return m_memory; }

private:
    std::int64_t threadsFor(const OpenModel& model) const {
        if (m_options.threads > 0) return m_options.threads;
        return countParameters(model.config()).nonEmbedding < kWorthThreads ? 1 : std::max(1U, std::thread::hardware_concurrency());
    }

    DeviceKind deviceOf(const OpenModel& model) const { return model.info().device.value_or(m_options.device); }

    std::shared_ptr<ReferenceModel> find(const OpenModel& model) const {
        const std::scoped_lock lock(m_tableLock);
        const auto found = m_built.find(model.id());
        return found == m_built.end() ? nullptr : found->second.lock();
    }

    EngineOptions m_options;
    MemoryAccount m_memory;
    std::mutex m_building;
    mutable std::mutex m_tableLock;
    std::map<std::uint64_t, std::weak_ptr<ReferenceModel>> m_built;  ///< by OpenModel::id()
};

}  // namespace

std::unique_ptr<Engine> Engine::create(const EngineOptions& options) { return std::make_unique<EngineImpl>(options); }

}  // namespace loom
