// SPDX-License-Identifier: GPL-3.0-or-later
#include "fake_engine.h"

#include <utility>

namespace loom::test {

void Gate::allow(std::int64_t count) {
    const std::scoped_lock lock(m_mutex);
    m_allowed += count;
    m_changed.notify_all();
}

void Gate::openForAll() {
    const std::scoped_lock lock(m_mutex);
    m_forAll = true;
    m_changed.notify_all();
}

bool Gate::pass(const std::stop_token& stop, bool listensToStop) {
    std::unique_lock lock(m_mutex);
    const auto allowed = [this] { return m_forAll || m_allowed > 0; };
    if (listensToStop) {
        if (!m_changed.wait(lock, stop, allowed)) return false;
    } else {
        m_changed.wait(lock, allowed);
    }
    if (!m_forAll) --m_allowed;
    return true;
}

namespace {

constexpr std::int64_t kLayers = 3, kHeads = 2;

Error cancelledError() { return {"Cancelled", {}, {}}; }

/// Numbers that say which question they answer.
class FakeInspector final : public Inspector {
public:
    FakeInspector(std::shared_ptr<Script> script, ModelConfig config) : m_script(std::move(script)), m_config(std::move(config)) {}
    Result<ScoreParts> scores(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) const override {
        if (m_config.attention.latent != Latent::Joint) return tl::unexpected(Error{"The scores have no parts", {}, {}});
        const auto cells = static_cast<std::size_t>(kHeads * std::ssize(tokens) * std::ssize(tokens));
        return passed(stop, ScoreParts{layer, kHeads, std::ssize(tokens), std::vector<float>(cells, 1.F), std::vector<float>(cells, -2.F)});
    }
    Result<KeptRows> kept(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) const override {
        const float value = 1.F + static_cast<float>(layer.value());
        return passed(stop, KeptRows{layer, std::ssize(tokens), {{CacheLane::Latent, 4, std::vector<float>(tokens.size() * 4, value)}}});
    }
    Result<LayerSpectra> spectra(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) const override {
        return passed(stop, LayerSpectra{layer, std::ssize(tokens), {{Spectrum::Of::Lane, CacheLane::Latent, {}, {3, 2, 1}, 2.75}}});
    }
    Result<Reconstruction> reconstruction(std::span<const TokenId>, LayerIndex layer, const std::vector<std::int64_t>& ranks,
                                          std::stop_token stop) const override {
        const std::vector<double> errors(ranks.size() * static_cast<std::size_t>(kHeads), 0.25);
        return passed(stop, Reconstruction{layer, kHeads, ranks, errors, errors});
    }
    Result<LogitLens> lens(std::span<const TokenId> tokens, std::int64_t top, std::stop_token stop) const override {
        LogitLens lens{kLayers + 1, std::ssize(tokens), top, {}, {}, {}};
        const auto cells = static_cast<std::size_t>(lens.rows * lens.tokens * lens.top);
        lens.ids.assign(cells, TokenId{7});
        lens.logits.assign(cells, 0.F);
        lens.probabilities.assign(cells, 0.5F);
        return passed(stop, std::move(lens));
    }
    Result<Ablation> ablation(std::span<const TokenId> tokens, const AblationRequest& request, std::stop_token stop) const override {
        Ablation result;
        result.kl.assign(tokens.size(), 0.125 * static_cast<double>(request.heads.size()));
        result.meanKl = 0.125;
        result.topBefore = {{TokenId{7}, 0.75F, 0.25F}};
        result.topAfter = {{TokenId{8}, 0.125F, 0.5F}};
        return passed(stop, std::move(result));
    }

private:
    template <class Value>
    Result<Value> passed(const std::stop_token& stop, Value value) const {
        ++m_script->looks;
        if (m_script->lookWaits) {
            ++m_script->waitingLooks;
            if (!m_script->look.pass(stop)) return tl::unexpected(cancelledError());
        }
        return value;
    }

    std::shared_ptr<Script> m_script;
    ModelConfig m_config;
};

class FakeNetwork final : public ReferenceModel {
public:
    FakeNetwork(std::shared_ptr<Script> script, ModelConfig config)
        : m_script(std::move(script)), m_config(std::move(config)), m_inspector(m_script, m_config) {}
    const ModelConfig& config() const override { return m_config; }
    Result<std::unique_ptr<ReferenceSequence>> newSequence(std::int64_t, MlaPath, std::optional<DType>) override {
        return tl::unexpected(Error{"unused", {}, {}});
    }
    Result<std::vector<float>> logits(std::span<const TokenId>, std::int64_t, MlaPath, std::stop_token) override {
        return tl::unexpected(Error{"unused", {}, {}});
    }
    Result<AttentionMap> attention(std::span<const TokenId> tokens, LayerIndex layer, std::stop_token stop) override {
        ++m_script->attentionCalls;
        if (m_script->attentionWaits) {
            ++m_script->waitingAttention;
            if (!m_script->attention.pass(stop)) return tl::unexpected(cancelledError());
        }
        AttentionMap map;
        map.layer = layer;
        map.heads = kHeads;
        map.tokens = std::ssize(tokens);
        map.weights.assign(static_cast<std::size_t>(kHeads * map.tokens * map.tokens), 0.F);
        return map;
    }
    const Inspector& inspector() const override { return m_inspector; }
    std::int64_t weightBytes() const override { return 1234; }
    std::int64_t threads() const override { return 1; }
    std::string deviceName() const override { return "CPU"; }

private:
    std::shared_ptr<Script> m_script;
    ModelConfig m_config;
    FakeInspector m_inspector;
};

class FakeWriter final : public Network {
public:
    Result<std::unique_ptr<Sequence>> newSequence(std::int64_t) const override { return tl::unexpected(Error{"unused", {}, {}}); }
    NetworkFacts facts() const override { return {}; }
    Result<std::unique_ptr<Sequence>> fork(const Sequence&, std::int64_t) const override { return tl::unexpected(Error{"unused", {}, {}}); }
    std::int64_t sharedBytes(const Sequence&) const override { return 0; }
    Result<void> forwardTogether(std::span<Sequence* const>, std::span<const TokenId>, std::vector<float>&) const override {
        return tl::unexpected(Error{"unused", {}, {}});
    }
};

class FakeSession final : public Session {
public:
    FakeSession(std::shared_ptr<Script> script, ModelConfig config, SessionOptions options)
        : m_script(std::move(script)), m_config(std::move(config)), m_options(options) {
        ++m_script->sessions;
    }
    ~FakeSession() override {
        if (m_script->engineGone) m_script->orderBroken = true;
        --m_script->sessions;
    }
    Result<GenerateSummary> generate(const GenerateRequest& request, GenerateObserver& observer, std::stop_token stop) override {
        {
            const std::scoped_lock lock(m_script->mutex);
            m_script->requests.push_back(request);
        }
        GenerateSummary summary;
        summary.seed = request.seed.value_or(7);
        summary.path = "fake";
        TokenIds ids = request.history;
        if (ids.empty()) ids.push_back(TokenId{1});
        for (const char letter : request.prompt) ids.push_back(TokenId{static_cast<unsigned char>(letter)});
        summary.promptTokens = ids;
        std::vector<TokenStep> prompt;
        for (const TokenId id : ids) prompt.push_back(step(id, std::ssize(prompt), TokenOrigin::Prompt));
        observer.onPrompt(prompt, m_used);
        for (TokenStep& one : prompt) one.laneNorms.assign(static_cast<std::size_t>(kLayers) * 2, 1.F);
        m_used = std::ssize(ids);
        observer.onPrefill(prompt, m_used, m_used);
        for (std::int64_t n = 0; n < request.maxTokens; ++n) {
            if (stop.stop_requested()) return cancelled(summary);
            if (m_script->failAfterTokens == n) return tl::unexpected(Error{"The network broke", "layer 1", "Try again"});
            if (m_script->tokensWait && !m_script->token.pass(stop, !m_script->deafToken)) return cancelled(summary);
            const bool end = m_script->endAfterTokens == n;
            TokenStep written = step(end ? TokenId{2} : TokenId{1000 + n}, m_used, TokenOrigin::Generated);
            written.alternatives = {{written.token, written.text, 0.5F, 0.6F}};
            written.probability = 0.5F;
            using std::chrono::microseconds;
            if (m_script->layerTimes) written.layerTimes = {microseconds(250), microseconds(500), microseconds(750)};
            ++m_script->tokens;
            summary.tokens.push_back(written.token);
            summary.text += written.text;
            observer.onToken(written);
            if (end) {
                summary.stopReason = StopReason::Eos;
                break;
            }
            ++m_used;
            written.laneNorms.assign(static_cast<std::size_t>(kLayers) * 2, 2.F);
            observer.onCached(written);
        }
        summary.cache = cacheUse();
        return summary;
    }
    CacheUse cacheUse() const override {
        CacheUse use;
        use.spec = cacheSpec(m_config, m_options.path, DType::F32);
        use.capacityTokens = m_options.capacity;
        use.usedTokens = m_used;
        use.bytes = use.spec.bytesPerToken() * use.capacityTokens;
        return use;
    }
    MlaPath path() const override { return m_options.path; }
    void captureLayer(std::optional<LayerIndex> layer) override {
        const std::scoped_lock lock(m_script->mutex);
        m_script->captures.push_back(layer);
    }

    void timeLayers(bool on) override { m_script->layerTimes = on; }

private:
    TokenStep step(TokenId id, std::int64_t position, TokenOrigin origin) const {
        TokenStep result;
        result.token = id;
        result.position = position;
        result.origin = origin;
        if (id.value() >= 1000)
            result.text = std::string(m_script->word).append(std::to_string(id.value() - 1000));
        else if (id.value() > 2)
            result.text = std::string(1, static_cast<char>(id.value()));
        result.label = result.text;
        return result;
    }
    GenerateSummary cancelled(GenerateSummary& summary) const {
        summary.stopReason = StopReason::Cancelled;
        summary.cache = cacheUse();
        return summary;
    }

    std::shared_ptr<Script> m_script;
    ModelConfig m_config;
    SessionOptions m_options;
    std::int64_t m_used = 0;
};

class FakeEngine final : public Engine {
public:
    explicit FakeEngine(std::shared_ptr<Script> script) : m_script(std::move(script)) {}
    ~FakeEngine() override { m_script->engineGone = true; }

    Result<std::shared_ptr<const OpenModel>> open(const std::filesystem::path& path, const OpenOptions& options) override {
        ++m_script->opens;
        if (path.string().find("bad") != std::string::npos) {
            return tl::unexpected(Error{"This is not a checkpoint", path.string(), "Choose another file"});
        }
        const DeviceKind device = options.device.value_or(DeviceKind::Cpu);
        if (auto can = canCompute(device); !can) return tl::unexpected(can.error());
        Checkpoint checkpoint;
        checkpoint.path = path;
        ModelConfig& config = checkpoint.config;
        config.layers = kLayers;
        config.dModel = 8;
        config.vocab = 5000;
        config.context = m_script->context;
        config.attention.heads = config.attention.kvHeads = kHeads;
        config.attention.headDim = 4;
        config.eosTokens = {TokenId{2}};
        const bool latent = m_script->latent || (m_script->pair && path.filename() == "mla");
        OpenModelInfo info{{}, path, device};
        if (m_script->pair) info.notes.twin = twinOf(path, config);
        if (latent) makeLatent(config);
        info.notes.problem = m_script->problem;
        return std::make_shared<const OpenModel>(std::move(checkpoint), nullptr, std::move(info));
    }
    ModelSummary summary(const OpenModel& model, const NetworkOptions& options) const override {
        const MlaPath path = options.path;
        ModelSummary summary;
        summary.name = model.checkpoint().path.filename().string();
        summary.path = model.checkpoint().path.string();
        summary.config = model.config();
        summary.mlaPath = path;
        summary.precisionChoice = options.precision;
        summary.fastPath = m_script->fast && options.precision != PrecisionChoice::Reference;
        if (!m_script->fast) summary.whyReference = "The fast path cannot compute this.";
        summary.precision = precisionOf(options.precision) ? name(*precisionOf(options.precision)) : "f32";
        summary.cache = cacheSpec(model.config(), path, DType::F32);
        summary.device = model.info().device == DeviceKind::Cuda ? "CUDA: fake" : "CPU";
        summary.twin = model.info().notes.twin;
        summary.problem = model.info().notes.problem;
        summary.otherForm = summary.twin ? cacheSpec(summary.twin->config, path, DType::F32) : otherFormSpec(model.config(), DType::F32);
        return summary;
    }
    Result<std::unique_ptr<Session>> newSession(std::shared_ptr<const OpenModel> model, const SessionOptions& options,
                                                std::stop_token) override {
        if (m_script->failNewSession) return tl::unexpected(Error{"Not enough memory for the cache", {}, {}});
        const std::scoped_lock lock(m_script->mutex);
        m_script->sessionOptions.push_back(options);
        return std::make_unique<FakeSession>(m_script, model->config(), options);
    }
    Result<std::shared_ptr<const Network>> network(const OpenModel&, const NetworkOptions&, std::stop_token stop) override {
        if (m_script->openWaits && !m_script->open.pass(stop)) return tl::unexpected(cancelledError());
        return std::make_shared<const FakeWriter>();
    }
    Result<std::shared_ptr<ReferenceModel>> reference(const OpenModel& model, std::stop_token) override {
        return std::make_shared<FakeNetwork>(m_script, model.config());
    }
    Result<void> canCompute(DeviceKind device) override {
        if (device == DeviceKind::Cpu) return {};
        ++m_script->deviceChecks;
        if (m_script->cuda) return {};
        return tl::unexpected(Error{"This build computes on the CPU only", {}, {}});
    }
    const MemoryAccount& memory() const override { return m_memory; }

private:
    static void makeLatent(ModelConfig& config) {
        config.attention.latent = Latent::Joint;
        config.attention.headDim = 0;
        config.attention.kvLoraRank = 4;
        config.attention.qkNopeHeadDim = 4;
        config.attention.qkRopeHeadDim = 2;
        config.attention.vHeadDim = 4;
    }
    static TwinSummary twinOf(const std::filesystem::path& path, ModelConfig config) {
        const bool mla = path.filename() == "mla";
        if (!mla) makeLatent(config);
        const std::filesystem::path twin = path.parent_path() / (mla ? "mha" : "mla");
        return {"twin " + twin.filename().string(), twin.string(), config};
    }

    std::shared_ptr<Script> m_script;
    MemoryAccount m_memory;
};

}  // namespace

std::unique_ptr<Engine> makeFakeEngine(std::shared_ptr<Script> script) { return std::make_unique<FakeEngine>(std::move(script)); }

}  // namespace loom::test
