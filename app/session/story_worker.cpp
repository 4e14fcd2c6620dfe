// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/story_worker.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "app/session/limits.h"
#include "app/session/story_coalescer.h"

namespace loom::session {
namespace {

/// A whole context is allocated at once up to this size, so that the Cache page shows how much is left; beyond it the cache grows.
constexpr std::int64_t kCacheBytesAtOnce = std::int64_t{256} << 20;

std::int64_t capacityFor(const ModelConfig& config, const NetworkOptions& options) {
    const std::int64_t perToken = std::max<std::int64_t>(1, cacheSpec(config, options.path, options.cacheType).bytesPerToken());
    return std::clamp<std::int64_t>(kCacheBytesAtOnce / perToken, 1, std::max<std::int64_t>(1, config.context));
}

QString text(const Error& error) { return QString::fromStdString(error.message()); }

bool isEnd(const OpenModel& model, TokenId token) {
    const auto& ends = model.endTokens();
    return std::find(ends.begin(), ends.end(), token) != ends.end();
}

}  // namespace

/// The story as another model would read it.
struct StoryWorker::Carried {
    enum class Way { Nothing, SameTokens, SameText } way = Way::Nothing;
};

StoryWorker::StoryWorker(std::shared_ptr<Engine> engine, std::shared_ptr<StepWishes> wishes)
    : m_engine(std::move(engine)), m_wishes(std::move(wishes)) {}

void StoryWorker::open(JobId job, const OpenWish& wish, const std::stop_token& stop) {
    if (stop.stop_requested()) return emit cancelled(job);
    DeviceKind device = wish.device;
    std::string problem;
    if (wish.orElseCpu && device != DeviceKind::Cpu) {
        if (const auto can = m_engine->canCompute(device); !can) {
            problem = tr("This computes on the CPU, because CUDA cannot be used: %1.").arg(text(can.error())).toStdString();
            device = DeviceKind::Cpu;
        }
    }
    auto model = m_engine->open(wish.path.toStdU16String(), {wish.tokenizer.toStdU16String(), true, device});
    if (!model) return giveUp(job, model.error(), stop);
    auto network = m_engine->network(**model, wish.network, stop);
    if (!network) return giveUp(job, network.error(), stop);
    auto session = makeSession(*model, wish.network, stop);
    if (!session) return giveUp(job, session.error(), stop);
    if (stop.stop_requested()) return emit cancelled(job);

    const Carried story = wish.keepStory ? carried(**model) : Carried{};
    m_session = std::move(*session);
    m_network = std::move(*network);
    m_model = std::move(*model);
    m_options = wish.network;
    m_device = device;
    m_problem = std::move(problem);
    m_captured = -1;
    if (story.way == Carried::Way::Nothing) m_log.clear();
    ReadyModel now = *ready();
    now.keepsStory = story.way != Carried::Way::Nothing;
    emit opened(job, std::make_shared<const ReadyModel>(now));
    if (now.keepsStory) readAgain(job, story, stop);
}

StoryWorker::Carried StoryWorker::carried(const OpenModel& model) const {
    if (!m_model || m_log.size() == 0) return {};
    const std::int64_t room = model.config().context;
    if (sameTokenizer(*m_model, model)) return {m_log.size() <= room ? Carried::Way::SameTokens : Carried::Way::Nothing};
    if (!model.tokenizer()) return {};
    const std::string story = m_log.text();
    const auto same = guarded([&] {  // a tokenizer that cannot write every text gives back something else
        TokenIds ids = model.beginning(story.empty());
        const TokenIds words = model.tokenizer()->encode(story);
        ids.insert(ids.end(), words.begin(), words.end());
        return std::ssize(ids) <= room && model.tokenizer()->decode(ids) == story;
    });
    return {same.value_or(false) ? Carried::Way::SameText : Carried::Way::Nothing};
}

void StoryWorker::readAgain(JobId job, const Carried& story, const std::stop_token& stop) {
    GenerateRequest request;
    request.maxTokens = 0;
    request.seed = 0;
    request.promptAlternatives = true;
    if (story.way == Carried::Way::SameTokens) {
        StoryUpdate update;
        update.job = job;
        m_log.takeOver(update);
        update.cache = m_session->cacheUse();
        emit updated(job, std::make_shared<const StoryUpdate>(std::move(update)));
        request.history = m_log.tokens();
    } else {
        request.prompt = m_log.text();
        m_log.retell();
    }
    const auto summary = generate(job, request, stop);
    if (!summary && !stop.stop_requested()) return giveUp(job, summary.error(), stop);
    emit settled(job);
}

void StoryWorker::write(JobId job, GenerateRequest request, const std::stop_token& stop) {
    if (!m_model) return emit failed(job, tr("No model is open"));
    if (stop.stop_requested()) return emit cancelled(job);
    if (!m_session) {
        auto session = makeSession(m_model, m_options, stop);
        if (!session) return giveUp(job, session.error(), stop);
        m_session = std::move(*session);
        m_captured = -1;
    }
    request.history = m_log.tokens();
    if (!request.prompt.empty()) {
        while (request.history.size() > 1 && isEnd(*m_model, request.history.back())) request.history.pop_back();
    }
    auto summary = generate(job, request, stop);
    if (!summary) return giveUp(job, summary.error(), stop);
    emit finished(job, std::make_shared<const GenerateSummary>(std::move(*summary)));
}

Result<GenerateSummary> StoryWorker::generate(JobId job, const GenerateRequest& request, const std::stop_token& stop) {
    applyWishes();
    StoryCoalescer observer(
        job, m_log,
        {.send = [&](StoryUpdate&& update) { emit updated(job, std::make_shared<const StoryUpdate>(std::move(update))); },
         .cacheUse = [&] { return m_session->cacheUse(); },
         .beforeNext = [&] { applyWishes(); }});
    auto summary = m_session->generate(request, observer, stop);
    observer.finish();
    return summary;
}

void StoryWorker::setNetwork(JobId job, const NetworkOptions& options, const std::stop_token& stop) {
    if (!m_model || stop.stop_requested()) return emit cancelled(job);
    auto network = m_engine->network(*m_model, options, stop);
    if (!network) return giveUp(job, network.error(), stop);
    m_session.reset();  // before the new one: two caches at once could be too much
    auto session = makeSession(m_model, options, stop);
    if (!session) return giveUp(job, session.error(), stop);
    m_session = std::move(*session);
    m_network = std::move(*network);
    m_options = options;
    m_captured = -1;
    emit networkSet(job, ready());
    StoryUpdate update;
    update.job = job;
    m_log.forgetCache(update);
    update.cache = m_session->cacheUse();
    emit updated(job, std::make_shared<const StoryUpdate>(std::move(update)));
}

void StoryWorker::newStory() {
    m_log.clear();
    m_session.reset();
}

void StoryWorker::setStory(const std::vector<TokenStep>& steps) { m_log.set(steps); }

Result<std::unique_ptr<Session>> StoryWorker::makeSession(const std::shared_ptr<const OpenModel>& model, const NetworkOptions& options,
                                                          const std::stop_token& stop) {
    return m_engine->newSession(model, {options.path, capacityFor(model->config(), options), options.precision, options.cacheType}, stop);
}

std::shared_ptr<const ReadyModel> StoryWorker::ready() const {
    ReadyModel ready;
    ready.model = m_model;
    ModelSummary summary = m_engine->summary(*m_model, m_options);
    if (!m_problem.empty()) summary.problem += (summary.problem.empty() ? "" : " ") + m_problem;
    ready.summary = std::make_shared<const ModelSummary>(std::move(summary));
    ready.device = m_device;
    ready.cache = std::make_shared<const CacheUse>(m_session->cacheUse());
    return std::make_shared<const ReadyModel>(std::move(ready));
}

void StoryWorker::giveUp(JobId job, const Error& error, const std::stop_token& stop) {
    if (stop.stop_requested()) return emit cancelled(job);
    emit failed(job, text(error));
}

void StoryWorker::applyWishes() {
    m_session->timeLayers(m_wishes->layerTimes.load(std::memory_order_relaxed));
    const std::int64_t wanted = m_wishes->captureLayer.load(std::memory_order_relaxed);
    const bool possible = wanted >= 0 && wanted < m_model->config().layers && m_log.size() < largestMap(m_model->config());
    const std::int64_t layer = possible ? wanted : -1;
    if (layer == m_captured) return;
    m_captured = layer;
    m_session->captureLayer(layer < 0 ? std::nullopt : std::optional(LayerIndex(layer)));
}

}  // namespace loom::session
