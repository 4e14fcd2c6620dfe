// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/api/engine.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "core/engine/api/fast_network.h"
#include "core/engine/api/reference_network.h"
#include "core/engine/api/shared_store.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/generate/guesser.h"
#include "core/engine/generate/writer_session.h"
#include "core/engine/memory/free_memory.h"

namespace loom {
namespace {

/// Below this many parameters (embeddings apart) a second thread makes a token slower, alone by a fifth and beside a busy window
/// many times: the pieces of work are over before the thread is awake (measured: ARCHITECTURE.md).
constexpr std::int64_t kWorthThreads = 32'000'000;

std::optional<Error> weightsTooLarge(std::int64_t bytes, const Checkpoint& checkpoint) {
    const auto room = freeMemory();
    if (!room || bytes <= *room) return std::nullopt;
    return Error{"The weights need " + std::to_string(bytes >> 20) + " MiB, and " + std::to_string(*room >> 20) + " MiB of memory are free",
                 pathText(checkpoint.path), "Close other programs or open a smaller model"};
}

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

    ModelSummary summary(const OpenModel& model, const NetworkOptions& options) const override {
        ModelSummary summary;
        summary.path = pathText(model.checkpoint().path);
        summary.name = model.displayName();
        summary.device = deviceOf(model) == DeviceKind::Cpu ? "CPU" : "CUDA";
        if (model.tokenizer()) {
            summary.tokenizer = model.tokenizer()->kind() + ", " + std::to_string(model.tokenizer()->vocabularySize()) + " tokens";
        }
        summary.config = model.config();
        summary.parameters = countParameters(model.config());
        summary.mlaPath = options.path;
        summary.cache = cacheSpec(model.config(), options.path, options.cacheType);
        const ModelNotes& notes = model.info().notes;
        summary.twin = notes.twin;
        summary.otherForm = summary.twin ? cacheSpec(summary.twin->config, options.path, options.cacheType)
                                         : otherFormSpec(model.config(), options.cacheType);
        summary.card = notes.card;
        summary.problem = notes.problem;
        summary.precisionChoice = options.precision;
        if (const auto network = m_networks.find({model.id(), options})) {
            const NetworkFacts facts = network->facts();
            summary.weightBytes = facts.weightBytes;
            summary.device = facts.device;
            summary.threads = facts.threads;
            summary.precision = facts.precision;
            summary.kernels = facts.kernels;
            summary.fastPath = facts.fast;
            summary.whyReference = facts.whyReference;
        }
        return summary;
    }

    Result<std::shared_ptr<const Network>> network(const OpenModel& model, const NetworkOptions& options, std::stop_token stop) override {
        return m_networks.get({model.id(), options}, [&] { return buildNetwork(model, options, stop); });
    }

    Result<std::unique_ptr<Session>> newSession(std::shared_ptr<const OpenModel> model, const SessionOptions& options,
                                                std::stop_token stop) override {
        auto writing = network(*model, options.network(), stop);
        if (!writing) return tl::unexpected(writing.error());
        auto sequence = (*writing)->newSequence(std::min(options.capacity, model->config().context));
        if (!sequence) return tl::unexpected(sequence.error());
        std::unique_ptr<Guesser> guesser = std::make_unique<LookupGuesser>();
        if (options.draft) {
            auto draft = draftGuesser(*model, *options.draft, stop);
            if (!draft) return tl::unexpected(draft.error());
            guesser = std::move(*draft);
        }
        return makeWriterSession(std::move(model), std::move(*writing), std::move(*sequence), options.path, std::move(guesser));
    }

    Result<std::shared_ptr<ReferenceModel>> reference(const OpenModel& model, std::stop_token stop) override {
        return m_references.get(model.id(), [&]() -> Result<std::shared_ptr<ReferenceModel>> {
            const std::int64_t needed = countParameters(model.config()).total * bytesPerElement(DType::F32);
            if (const auto problem = weightsTooLarge(needed, model.checkpoint())) return tl::unexpected(*problem);
            auto lab = loadLab();
            if (!lab) return tl::unexpected(lab.error());
            return (*lab)->build(model.checkpoint(), {deviceOf(model), referenceThreads(model), DType::F32}, m_memory, stop);
        });
    }

    Result<void> canCompute(DeviceKind device) override {
        if (device == DeviceKind::Cpu) return {};
        const auto lab = loadLab();
        return lab ? (*lab)->check(device) : tl::unexpected(lab.error());
    }

    const MemoryAccount& memory() const override { return m_memory; }

private:
    Result<std::unique_ptr<Guesser>> draftGuesser(const OpenModel& model, const OpenModel& draft, const std::stop_token& stop) {
        if (!sameTokenizer(model, draft)) {
            return tl::unexpected(Error{"The model that guesses has another tokenizer", draft.checkpoint().path.string(),
                                        "Name one that was trained with the tokenizer of the model that writes"});
        }
        auto small = network(draft, {.precision = PrecisionChoice::Int8}, stop);
        if (!small) return tl::unexpected(small.error());
        return guarded(
            [&]() -> std::unique_ptr<Guesser> { return std::make_unique<DraftGuesser>(std::move(*small), draft.config().context); });
    }

    Result<std::shared_ptr<const Network>> buildNetwork(const OpenModel& model, const NetworkOptions& options,
                                                        const std::stop_token& stop) {
        std::string why;
        if (deviceOf(model) != DeviceKind::Cpu) {
            why = "The fast path computes on the CPU only.";
        } else if (options.precision != PrecisionChoice::Reference) {
            const auto obstacle = fastPathObstacle(model.config());
            if (!obstacle) return fastNetwork(model.checkpoint(), options, m_options.threads, m_memory, stop);
            why = *obstacle;
        }
        auto slow = reference(model, stop);
        if (!slow) return tl::unexpected(slow.error());
        return referenceNetwork(std::move(*slow), options, std::move(why));
    }

    std::int64_t referenceThreads(const OpenModel& model) const {
        if (m_options.threads > 0) return m_options.threads;
        return countParameters(model.config()).nonEmbedding < kWorthThreads ? 1 : std::max(1U, std::thread::hardware_concurrency());
    }

    DeviceKind deviceOf(const OpenModel& model) const { return model.info().device.value_or(m_options.device); }

    EngineOptions m_options;
    MemoryAccount m_memory;
    SharedStore<std::uint64_t, ReferenceModel> m_references;  ///< by OpenModel::id()
    SharedStore<std::pair<std::uint64_t, NetworkOptions>, const Network> m_networks;
};

}  // namespace

std::unique_ptr<Engine> Engine::create(const EngineOptions& options) { return std::make_unique<EngineImpl>(options); }

}  // namespace loom
