// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/session_controller.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <QFileInfo>

#include "app/session/current_job.h"
#include "app/session/engine_lane.h"
#include "app/session/inside_controller.h"
#include "app/session/inspect_worker.h"
#include "app/session/limits.h"
#include "app/session/mailbox.h"
#include "app/session/story_worker.h"
#include "core/engine/api/engine.h"
#include "core/engine/memory/process_usage.h"

namespace loom::session {

/// Members are destroyed from the bottom up: lanes first (they wait for their threads), then what ran in them, the engine last.
struct SessionPrivate {
    explicit SessionPrivate(const EngineFactory& factory)
        : engine(factory()),
          wishes(std::make_shared<StepWishes>()),
          story(engine, wishes),
          inspect(engine),
          inside(background, inspect, [this] {
              return InsideController::Subject{model.model, inspectable()};
          }) {
        interactive.adopt(story);
        background.adopt(inspect);
    }
    ~SessionPrivate() {
        for (CurrentJob* job : {&writeJob, &openJob, &pathJob, &inspectJob, &measureJob}) job->drop();
        inside.dropAll();
        interactive.shutDown();
        background.shutDown();
    }

    JobId nextJob() { return JobId{++lastJob}; }

    /// The story's first tokens, as many as a view can hold.
    [[nodiscard]] TokenIds inspectable() const {
        if (!model.model) return {};
        const auto most = static_cast<std::ptrdiff_t>(largestMap(model.summary->config));
        return {tokens.begin(), tokens.begin() + std::min(std::ssize(tokens), most)};
    }
    /// Questions about another model or another story.
    void dropLooks() {
        inspectJob.drop();
        inside.dropAll();
    }

    std::shared_ptr<Engine> engine;
    std::shared_ptr<StepWishes> wishes;
    std::int64_t lastJob = 0;
    CurrentJob writeJob;
    CurrentJob openJob;
    bool readingAgain = false;  ///< openJob has opened its model, which reads the story now
    OpenWish wish;              ///< of openJob
    OpenWish loaded;            ///< of the loaded model
    CurrentJob pathJob;
    JobId clearedAt;  ///< jobs older than this must not bring the old story back
    CurrentJob inspectJob;
    CurrentJob measureJob;

    ReadyModel model;        ///< empty until a model is open
    NetworkOptions network;  ///< what is wanted
    DeviceKind device = DeviceKind::Cpu;
    bool orElseCpu = false;
    TokenIds tokens;
    TokenIds cached;  ///< tokens that the session's cache holds, as far as is known
    CacheUse lastUse;
    double tokensPerSecond = 0;
    double lastDecodeMs = 0;
    std::vector<std::chrono::nanoseconds> lastLayerTimes;
    std::string lastPath;
    std::int64_t droppedBatches = 0;

    Mailbox inbox;  ///< lives in the GUI thread
    StoryWorker story;
    InspectWorker inspect;
    InsideController inside;
    EngineLane interactive{QStringLiteral("interactive")};
    EngineLane background{QStringLiteral("background")};
};

SessionController::SessionController(QObject* parent) : SessionController([] { return Engine::create({}); }, parent) {}

SessionController::SessionController(const EngineFactory& factory, QObject* parent)
    : QObject(parent), d(std::make_unique<SessionPrivate>(factory)) {
    d->inbox.deliver(d->story, &StoryWorker::opened, [this](JobId job, const std::shared_ptr<const ReadyModel>& ready) {
        if (!d->openJob.is(job)) return;
        d->dropLooks();
        d->measureJob.drop();
        d->model = *ready;
        d->loaded = d->wish;
        d->device = ready->device;
        d->lastUse = *ready->cache;
        d->cached.clear();
        d->tokensPerSecond = d->lastDecodeMs = 0;
        d->lastLayerTimes.clear();
        d->lastPath.clear();
        d->readingAgain = ready->keepsStory && job > d->clearedAt;
        if (!d->readingAgain) {
            d->openJob.end();
            d->tokens.clear();
            emit busyChanged(false, {});
        } else {
            emit busyChanged(true, tr("%1 reads the story…").arg(QString::fromStdString(ready->summary->name)));
        }
        emit opened(ready->summary, ready->cache);
        if (!d->readingAgain) endOpen();
    });
    d->inbox.deliver(d->story, &StoryWorker::settled, [this](JobId job) {
        if (!d->openJob.is(job)) return;
        d->openJob.end();
        d->readingAgain = false;
        emit busyChanged(false, {});
        endOpen();
    });
    d->inbox.deliver(d->story, &StoryWorker::networkSet, [this](JobId job, const std::shared_ptr<const ReadyModel>& ready) {
        if (!d->pathJob.is(job)) return;
        d->model = *ready;
        d->lastUse = *ready->cache;
        d->cached.clear();
        emit pathChanged(ready->summary, ready->cache);
    });
    d->inbox.deliver(d->story, &StoryWorker::updated, [this](JobId job, const std::shared_ptr<const StoryUpdate>& update) {
        const bool endsPathChange = d->pathJob.is(job);
        const bool wanted = d->writeJob.is(job) || ((endsPathChange || d->openJob.is(job)) && job > d->clearedAt);
        if (wanted) {
            takeUpdate(*update);
            emit storyUpdated(update);
        } else {
            ++d->droppedBatches;
        }
        if (endsPathChange) endStoryJob(job, {});
    });
    d->inbox.deliver(d->story, &StoryWorker::finished, [this](JobId job, const std::shared_ptr<const GenerateSummary>& summary) {
        if (!d->writeJob.is(job)) return;
        d->writeJob.end();
        d->lastUse = summary->cache;
        d->lastPath = summary->path;
        emit writingChanged(false);
        emit finished(summary);
    });
    d->inbox.deliver(d->story, &StoryWorker::failed, [this](JobId job, const QString& message) { endStoryJob(job, message); });
    d->inbox.deliver(d->story, &StoryWorker::cancelled, [this](JobId job) { endStoryJob(job, {}); });
    d->inbox.deliver(d->inspect, &InspectWorker::attentionReady, [this](JobId job, const std::shared_ptr<const AttentionMap>& map) {
        if (!d->inspectJob.is(job)) return;
        d->inspectJob.end();
        emit attentionReady(map);
    });
    d->inbox.deliver(d->inspect, &InspectWorker::failed, [this](JobId job, const QString& message) {
        CurrentJob& current = d->measureJob.is(job) ? d->measureJob : d->inspectJob;
        if (!current.is(job)) return;
        current.end();
        emit failed(job, message);
    });
    d->inbox.deliver(d->inspect, &InspectWorker::cancelled, [this](JobId job) {
        for (CurrentJob* current : {&d->inspectJob, &d->measureJob})
            if (current->is(job)) current->end();
    });
    d->inbox.deliver(d->inspect, &InspectWorker::precisionsMeasured,
                     [this](JobId job, const std::shared_ptr<const std::vector<PrecisionLoss>>& losses) {
                         if (!d->measureJob.is(job)) return;
                         d->measureJob.end();
                         emit precisionsMeasured(losses);
                     });
    d->inbox.deliver(d->inspect, &InspectWorker::deviceChecked,
                     [this](DeviceKind device, const QString& why) { emit deviceChecked(device, why); });
}

SessionController::~SessionController() = default;

JobId SessionController::open(const QString& path, const QString& tokenizer) {
    return begin({path, tokenizer, d->network, d->device, d->orElseCpu, false});
}

JobId SessionController::begin(const OpenWish& wish) {
    stop();
    d->openJob.drop();
    d->readingAgain = false;
    d->openJob.begin(d->nextJob());
    d->wish = wish;
    const JobId job = d->openJob.id;
    d->interactive.run([worker = &d->story, job, wish, token = d->openJob.stop.get_token()] { worker->open(job, wish, token); });
    const QString file = QFileInfo(wish.path).fileName();
    emit busyChanged(true, tr("Opening %1…").arg(file.isEmpty() ? wish.path : file));
    return job;
}

void SessionController::openTwin() {
    if (!hasModel() || isOpening() || !d->model.summary->twin) return;
    begin({QString::fromStdString(d->model.summary->twin->path), d->loaded.tokenizer, d->network, d->device, d->orElseCpu, true});
}

void SessionController::setDevice(DeviceKind device, bool orElseCpu) {
    d->device = device;
    d->orElseCpu = orElseCpu;
    const bool pending = isOpening() && !d->readingAgain;
    if (!pending && (!hasModel() || d->model.device == device)) return;
    OpenWish wish = pending ? d->wish : d->loaded;
    wish.keepStory = wish.keepStory || !pending;
    wish.network = d->network;
    wish.device = device;
    wish.orElseCpu = orElseCpu;
    begin(wish);
}

void SessionController::checkDevice(DeviceKind device) {
    d->background.run([worker = &d->inspect, device] { worker->checkDevice(device); });
}

void SessionController::endOpen() {
    const ModelSummary& model = *d->model.summary;  // what was chosen while the model was being opened
    if (model.mlaPath != d->network.path) setPath(d->network.path);
    if (model.precisionChoice != d->network.precision) setPrecision(d->network.precision);
}

void SessionController::cancelOpen() {
    if (!isOpening()) return;
    if (d->readingAgain) {  // the model is there already, and settled() follows
        d->openJob.stop.request_stop();
        return;
    }
    d->openJob.drop();
    if (hasModel()) d->device = d->model.device;
    if (!d->pathJob.running()) emit busyChanged(false, {});
}

JobId SessionController::write(const GenerateRequest& request) {
    if (!canWrite()) return JobId{};
    d->writeJob.begin(d->nextJob());
    const JobId job = d->writeJob.id;
    d->tokensPerSecond = 0;
    d->interactive.run([worker = &d->story, job, request, token = d->writeJob.stop.get_token()] { worker->write(job, request, token); });
    emit writingChanged(true);
    return job;
}

void SessionController::stop() {
    if (isWriting()) d->writeJob.stop.request_stop();
}

void SessionController::newStory() {
    StoryUpdate cleared;
    cleared.reset.emplace();
    replaceStory(std::move(cleared), [worker = &d->story] { worker->newStory(); });
}

void SessionController::setStory(const std::vector<TokenStep>& steps) {
    if (steps.empty()) return newStory();
    StoryUpdate update;
    update.reset = steps;
    while (update.reused < std::min(std::ssize(d->cached), std::ssize(steps)) &&
           d->cached[static_cast<std::size_t>(update.reused)] == steps[static_cast<std::size_t>(update.reused)].token)
        ++update.reused;
    replaceStory(std::move(update), [worker = &d->story, steps] { worker->setStory(steps); });
}

void SessionController::replaceStory(StoryUpdate update, std::function<void()> job) {
    const bool wasWriting = isWriting();
    d->writeJob.drop();
    d->dropLooks();
    if (d->readingAgain) d->openJob.stop.request_stop();
    d->clearedAt = d->nextJob();
    d->interactive.run(std::move(job));
    if (wasWriting) emit writingChanged(false);
    d->tokens.clear();
    for (const TokenStep& step : *update.reset) d->tokens.push_back(step.token);
    if (d->tokens.empty()) d->cached.clear();
    d->lastUse.usedTokens = update.reused;
    update.cache = d->lastUse;
    emit storyUpdated(std::make_shared<const StoryUpdate>(std::move(update)));
}

void SessionController::setPath(MlaPath path) {
    d->network.path = path;
    if (!hasModel() || isOpening() || d->model.summary->config.attention.latent != Latent::Joint) return;
    if (!d->pathJob.running() && d->model.summary->mlaPath == path) return;
    changeNetwork(tr("Changing the decoding path…"));
}

void SessionController::setPrecision(PrecisionChoice precision) {
    d->network.precision = precision;
    if (!hasModel() || isOpening()) return;
    if (!d->pathJob.running() && d->model.summary->precisionChoice == precision) return;
    changeNetwork(tr("Changing the precision…"));
}

void SessionController::changeNetwork(const QString& what) {
    stop();
    d->pathJob.drop();
    d->pathJob.begin(d->nextJob());
    d->interactive.run([worker = &d->story, job = d->pathJob.id, options = d->network, token = d->pathJob.stop.get_token()] {
        worker->setNetwork(job, options, token);
    });
    emit busyChanged(true, what);
}

void SessionController::setCaptureLayer(std::optional<LayerIndex> layer) {
    d->wishes->captureLayer.store(layer ? layer->value() : -1, std::memory_order_relaxed);
}

void SessionController::setLayerTimes(bool on) { d->wishes->layerTimes.store(on, std::memory_order_relaxed); }

JobId SessionController::inspectAttention(LayerIndex layer) {
    d->inspectJob.drop();
    if (!hasModel() || d->tokens.empty() || layer.value() < 0 || layer.value() >= d->model.summary->config.layers) return JobId{};
    d->inspectJob.begin(d->nextJob());
    const JobId job = d->inspectJob.id;
    d->background.run([worker = &d->inspect, job, model = d->model.model, tokens = d->inspectable(), layer,
                       token = d->inspectJob.stop.get_token()] { worker->attention(job, model, tokens, layer, token); });
    return job;
}

JobId SessionController::measurePrecisions() {
    if (!hasModel()) return JobId{};
    if (d->measureJob.running()) return d->measureJob.id;
    d->measureJob.begin(d->nextJob());
    const JobId job = d->measureJob.id;
    d->background.run([worker = &d->inspect, job, model = d->model.model, path = d->network.path, token = d->measureJob.stop.get_token()] {
        worker->precisions(job, model, path, token);
    });
    return job;
}

std::int64_t SessionController::inspectableTokens() const { return hasModel() ? largestMap(d->model.summary->config) : 0; }

InsideController& SessionController::inside() const { return d->inside; }

bool SessionController::hasModel() const { return d->model.model != nullptr; }
bool SessionController::isWriting() const { return d->writeJob.running(); }
bool SessionController::canWrite() const { return hasModel() && !isWriting() && !isOpening() && !d->pathJob.running(); }
bool SessionController::isOpening() const { return d->openJob.running(); }
const TokenIds& SessionController::storyTokens() const { return d->tokens; }
MlaPath SessionController::path() const { return d->network.path; }
PrecisionChoice SessionController::precision() const { return d->network.precision; }
DeviceKind SessionController::device() const { return d->device; }

OverlayData SessionController::overlayData() const {
    OverlayData data;
    const JobId interactive = isOpening() ? d->openJob.id : d->pathJob.running() ? d->pathJob.id : d->writeJob.id;
    data.lanes = {d->interactive.state("interactive", interactive), d->background.state("background", d->inspectJob.id)};
    data.lastDecodeMs = d->lastDecodeMs;
    for (const std::chrono::nanoseconds time : d->lastLayerTimes)
        data.layerMs.push_back(std::chrono::duration<float, std::milli>(time).count());
    data.tokensPerSecond = isWriting() ? d->tokensPerSecond : 0;
    data.threads = hasModel() ? d->model.summary->threads : 0;
    data.path = d->lastPath;
    data.droppedBatches = d->droppedBatches;
    static constexpr std::pair<const char*, MemoryKind> kKinds[] = {{"weights", MemoryKind::Weights},
                                                                    {"cache", MemoryKind::Cache},
                                                                    {"activations", MemoryKind::Activations},
                                                                    {"optimiser", MemoryKind::Optimiser},
                                                                    {"other", MemoryKind::Other}};
    const MemoryAccount& memory = d->engine->memory();
    for (const auto& [kind, id] : kKinds) {
        if (memory.peak(id) > 0) data.memory.push_back({kind, memory.current(id), memory.peak(id)});  // a kind that nobody counts is not 0
    }
    const ProcessUsage usage = processUsage();
    data.residentBytes = usage.residentBytes;
    data.processThreads = usage.threads;
    data.cores = usage.cores;
    return data;
}

void SessionController::takeUpdate(const StoryUpdate& update) {
    if (update.reset) {
        d->tokens.clear();
        d->dropLooks();  // of other words
    }
    const auto take = [this](const std::vector<TokenStep>& steps) {
        for (const TokenStep& step : steps) d->tokens.push_back(step.token);
    };
    if (update.reset) take(*update.reset);
    take(update.appended);
    if (!update.appended.empty()) {
        d->lastDecodeMs = std::chrono::duration<double, std::milli>(update.appended.back().decodeTime).count();
        d->lastLayerTimes = update.appended.back().layerTimes;
    }
    d->lastUse = update.cache;
    d->tokensPerSecond = update.tokensPerSecond;
    const std::int64_t held = std::min(update.cache.usedTokens, std::ssize(d->tokens));
    d->cached.assign(d->tokens.begin(), d->tokens.begin() + static_cast<std::ptrdiff_t>(held));
}

void SessionController::endStoryJob(JobId job, const QString& message) {
    if (d->writeJob.is(job)) {
        d->writeJob.end();
        emit writingChanged(false);
    } else if (d->openJob.is(job)) {
        d->openJob.end();
        d->readingAgain = false;
        if (hasModel()) d->device = d->model.device;
        if (!d->pathJob.running()) emit busyChanged(false, {});
    } else if (d->pathJob.is(job)) {
        d->pathJob.end();
        d->network.path = d->model.summary->mlaPath;
        d->network.precision = d->model.summary->precisionChoice;
        if (!isOpening()) emit busyChanged(false, {});
    } else {
        return;
    }
    if (!message.isEmpty()) emit failed(job, message);
}

}  // namespace loom::session
