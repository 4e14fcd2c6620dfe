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

std::int64_t capacityFor(const ModelConfig& config, MlaPath path) {
    const std::int64_t perToken = std::max<std::int64_t>(1, cacheSpec(config, path, DType::F32).bytesPerToken());
    return std::clamp<std::int64_t>(kCacheBytesAtOnce / perToken, 1, std::max<std::int64_t>(1, config.context));
}

bool isEnd(const OpenModel& model, TokenId token) {
    const auto& ends = model.endTokens();
    return std::find(ends.begin(), ends.end(), token) != ends.end();
}

}  // namespace

StoryWorker::StoryWorker(std::shared_ptr<Engine> engine, std::shared_ptr<CaptureWish> capture)
    : m_engine(std::move(engine)), m_capture(std::move(capture)) {}

void StoryWorker::open(JobId job, const QString& path, const QString& tokenizer, MlaPath mlaPath, const std::stop_token& stop) {
    if (stop.stop_requested()) return emit cancelled(job);
    auto model = m_engine->open(path.toStdU16String(), {tokenizer.toStdU16String(), true});
    if (!model) return giveUp(job, model.error(), stop);
    auto network = m_engine->reference(**model, stop);
    if (!network) return giveUp(job, network.error(), stop);
    auto session = makeSession(*model, mlaPath, stop);
    if (!session) return giveUp(job, session.error(), stop);
    if (stop.stop_requested()) return emit cancelled(job);

    m_session = std::move(*session);
    m_network = std::move(*network);
    m_model = std::move(*model);
    m_path = mlaPath;
    m_captured = -1;
    m_log.clear();
    emit opened(job, ready());
}

void StoryWorker::write(JobId job, GenerateRequest request, const std::stop_token& stop) {
    if (!m_model) return emit failed(job, tr("No model is open"));
    if (stop.stop_requested()) return emit cancelled(job);
    if (!m_session) {
        auto session = makeSession(m_model, m_path, stop);
        if (!session) return giveUp(job, session.error(), stop);
        m_session = std::move(*session);
        m_captured = -1;
    }
    request.history = m_log.tokens();
    if (!request.prompt.empty()) {
        while (request.history.size() > 1 && isEnd(*m_model, request.history.back())) request.history.pop_back();
    }
    applyCapture();
    StoryCoalescer observer(
        job, m_log,
        {.send = [&](StoryUpdate&& update) { emit updated(job, std::make_shared<const StoryUpdate>(std::move(update))); },
         .cacheUse = [&] { return m_session->cacheUse(); },
         .beforeNext = [&] { applyCapture(); }});
    auto summary = m_session->generate(request, observer, stop);
    observer.finish();
    if (!summary) return giveUp(job, summary.error(), stop);
    emit finished(job, std::make_shared<const GenerateSummary>(std::move(*summary)));
}

void StoryWorker::setPath(JobId job, MlaPath mlaPath, const std::stop_token& stop) {
    if (!m_model || stop.stop_requested()) return emit cancelled(job);
    m_session.reset();  // before the new one: two caches at once could be too much
    auto session = makeSession(m_model, mlaPath, stop);
    if (!session) return giveUp(job, session.error(), stop);
    m_session = std::move(*session);
    m_path = mlaPath;
    m_captured = -1;
    emit pathSet(job, ready());
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

Result<std::unique_ptr<Session>> StoryWorker::makeSession(const std::shared_ptr<const OpenModel>& model, MlaPath mlaPath,
                                                          const std::stop_token& stop) {
    return m_engine->newSession(model, {mlaPath, capacityFor(model->config(), mlaPath)}, stop);
}

std::shared_ptr<const ReadyModel> StoryWorker::ready() const {
    ReadyModel ready;
    ready.model = m_model;
    ready.summary = std::make_shared<const ModelSummary>(m_engine->summary(*m_model, m_path));
    ready.cache = std::make_shared<const CacheUse>(m_session->cacheUse());
    return std::make_shared<const ReadyModel>(std::move(ready));
}

void StoryWorker::giveUp(JobId job, const Error& error, const std::stop_token& stop) {
    if (stop.stop_requested()) return emit cancelled(job);
    emit failed(job, QString::fromStdString(error.message()));
}

void StoryWorker::applyCapture() {
    const std::int64_t wanted = m_capture->load(std::memory_order_relaxed);
    const bool possible = wanted >= 0 && wanted < m_model->config().layers && m_log.size() < largestMap(m_model->config());
    const std::int64_t layer = possible ? wanted : -1;
    if (layer == m_captured) return;
    m_captured = layer;
    m_session->captureLayer(layer < 0 ? std::nullopt : std::optional(LayerIndex(layer)));
}

}  // namespace loom::session
