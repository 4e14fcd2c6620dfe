// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/inspect_worker.h"

#include <chrono>
#include <utility>

#include <QTimer>

#include "app/session/limits.h"
#include "app/session/look_answer.h"
#include "core/data/error_guard.h"
#include "core/engine/evaluate/precision_loss.h"

namespace loom::session {

namespace {

/// The reference network is dropped when nobody has asked for so long: the fast path writes without it.
constexpr std::chrono::seconds kKept{60};

}  // namespace

InspectWorker::InspectWorker(std::shared_ptr<Engine> engine) : m_engine(std::move(engine)) {}

Result<std::shared_ptr<ReferenceModel>> InspectWorker::network(const OpenModel& model, const std::stop_token& stop) {
    auto reference = m_engine->reference(model, stop);
    m_network = reference.value_or(nullptr);
    QTimer::singleShot(kKept, this, [this, question = ++m_questions] {
        if (question == m_questions) m_network.reset();
    });
    return reference;
}

void InspectWorker::attention(JobId job, const std::shared_ptr<const OpenModel>& model, const TokenIds& tokens, LayerIndex layer,
                              const std::stop_token& stop) {
    if (stop.stop_requested()) return emit cancelled(job);
    auto reference = network(*model, stop);
    auto map = reference ? (*reference)->attention(tokens, layer, stop) : Result<AttentionMap>(tl::unexpected(reference.error()));
    if (stop.stop_requested()) return emit cancelled(job);
    if (!map) return emit failed(job, QString::fromStdString(map.error().message()));
    emit attentionReady(job, std::make_shared<const AttentionMap>(std::move(*map)));
}

void InspectWorker::precisions(JobId job, const std::shared_ptr<const OpenModel>& model, MlaPath path, const std::stop_token& stop) {
    if (stop.stop_requested()) return emit cancelled(job);
    auto losses = guarded([&] { return measurePrecisionsOnMadeStories(*m_engine, *model, kMeasuredStories, {.path = path}, stop); });
    if (stop.stop_requested()) return emit cancelled(job);
    if (!losses) return emit failed(job, QString::fromStdString(losses.error().message()));
    emit precisionsMeasured(job, std::make_shared<const std::vector<PrecisionLoss>>(std::move(*losses)));
}

void InspectWorker::look(JobId job, const std::shared_ptr<const OpenModel>& model, const TokenIds& tokens, const LookQuestion& question,
                         const std::stop_token& stop) {
    if (stop.stop_requested()) return emit lookFailed(job, question.look, {});
    auto answer = guarded([&] { return answerLook(*valueOrThrow(network(*model, stop)), *model, tokens, question, stop); });
    if (stop.stop_requested()) return emit lookFailed(job, question.look, {});
    if (!answer) return emit lookFailed(job, question.look, QString::fromStdString(answer.error().message()));
    emit lookReady(job, std::make_shared<const LookAnswer>(std::move(*answer)));
}

void InspectWorker::checkDevice(DeviceKind device) {
    const auto can = m_engine->canCompute(device);
    emit deviceChecked(device, can ? QString() : QString::fromStdString(can.error().message()));
}

}  // namespace loom::session
