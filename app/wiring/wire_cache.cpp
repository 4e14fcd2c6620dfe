// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/main_window.h"
#include "app/wiring/wiring.h"
#include "widgets/cache/cache_page.h"
#include "widgets/itemmodels/cache_model.h"

namespace loom::app {
namespace {

void takeNorms(ui::CacheModel& cache, const std::vector<TokenStep>& steps) {
    for (const TokenStep& step : steps)
        if (!step.laneNorms.empty()) cache.setNorms(step.position, step.laneNorms);
}

}  // namespace

void wireCache(WindowParts& parts) {
    session::SessionController* session = parts.session;
    ui::CacheModel* cache = parts.cache;
    ui::CachePage* page = parts.cachePage;

    const auto newCache = [cache, page](const std::shared_ptr<const ModelSummary>& model, const std::shared_ptr<const CacheUse>& use) {
        cache->setSpec(use->spec, use->capacityTokens);
        cache->setUse(*use);
        page->setModel(*model);
        page->setUse(*use);
    };
    QObject::connect(session, &session::SessionController::opened, page, newCache);
    QObject::connect(session, &session::SessionController::pathChanged, page, newCache);
    QObject::connect(session, &session::SessionController::storyUpdated, page,
                     [cache, page](const std::shared_ptr<const StoryUpdate>& update) {
                         if (update->reset) cache->truncate(update->reused);
                         cache->setUse(update->cache);
                         if (update->reset) takeNorms(*cache, *update->reset);
                         takeNorms(*cache, update->cached);
                         page->setUse(update->cache);
                     });

    // The path is the session's to change: not while it is at work.
    const auto allowPath = [session, page](bool) {
        page->setPathEnabled(session->canWrite(), session->isWriting() ? ui::CachePage::tr("Stop writing to change the path.")
                                                                       : ui::CachePage::tr("Wait until the model is ready."));
    };
    QObject::connect(session, &session::SessionController::writingChanged, page, allowPath);
    QObject::connect(session, &session::SessionController::busyChanged, page, [allowPath](bool busy, const QString&) { allowPath(busy); });
    QObject::connect(session, &session::SessionController::opened, page, [allowPath] { allowPath(false); });
    QObject::connect(page, &ui::CachePage::pathChosen, session, &session::SessionController::setPath);
}

}  // namespace loom::app
