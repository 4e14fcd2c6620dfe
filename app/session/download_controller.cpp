// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/download_controller.h"

#include <stop_token>
#include <utility>

#include "app/session/engine_lane.h"
#include "app/session/mailbox.h"
#include "app/session/thread_priority.h"
#include "core/data/error.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/download/known_stories.h"

namespace loom::session {

/// The lane goes first: it waits for its thread, which posts into the inbox.
struct DownloadPrivate {
    std::int64_t lastJob = 0;
    JobId job;  ///< that is running; no job = none
    std::stop_source stop;
    Mailbox inbox;  ///< lives in the GUI thread
    EngineLane lane{QStringLiteral("downloads")};
};

DownloadController::DownloadController(QObject* parent) : QObject(parent), d(std::make_unique<DownloadPrivate>()) {}

DownloadController::~DownloadController() {
    d->stop.request_stop();
    d->lane.shutDown();
}

std::vector<StoryDownload> DownloadController::choices() const { return knownStories(); }
QString DownloadController::missing() const { return QString::fromStdString(downloadMissing()); }
QString DownloadController::defaultMirror() const { return QString::fromStdString(loom::defaultMirror()); }

void DownloadController::start(const DownloadWish& wish) {
    if (isLoading()) return;
    d->job = JobId{++d->lastJob};
    d->stop = std::stop_source();
    d->lane.run([this, inbox = &d->inbox, wish, token = d->stop.get_token()] {
        lowerPriorityOfThisThread();
        const auto observer = [this, inbox](const DownloadProgress& now) {
            inbox->post([this, progress = std::make_shared<const DownloadProgress>(now)] { emit progressed(progress); });
        };
        auto result = guarded([&] { return download(orderFor(wish), observer, token); });
        inbox->post([this, token, end = std::move(result)] {
            finish();
            if (end) return emit ended(QString::fromStdString(pathText(end->file)));
            if (token.stop_requested()) return emit stopped();
            emit failed(QString::fromStdString(end.error().message()));
        });
    });
    emit started();
}

void DownloadController::cancel() { d->stop.request_stop(); }

void DownloadController::finish() { d->job = {}; }

bool DownloadController::isLoading() const { return d->job != JobId{}; }

LaneState DownloadController::lane() const { return d->lane.state("downloads", d->job); }

}  // namespace loom::session
