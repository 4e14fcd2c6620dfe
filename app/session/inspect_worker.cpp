// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/inspect_worker.h"

#include <chrono>
#include <utility>

#include <QTimer>

#include "app/session/limits.h"
#include "core/data/error_guard.h"
#include "core/engine/evaluate/precision_loss.h"

namespace loom::session {

namespace {

/// The reference network is dropped when nobody has asked for so long: the fast path writes without it.
constexpr std::chrono::seconds kKept{60};

}  // namespace

InspectWorker::InspectWorker(std::shared_ptr<Engine> engine) : m_engine(std::move(engine)) {}

void InspectWorker::attention(JobId job, const std::shared_ptr<const OpenModel>& model, const TokenIds& tokens, LayerIndex layer,
                              const std::stop_token& stop) {
    if (stop.stop_requested()) return emit cancelled(job);
    auto network = m_engine->reference(*model, stop);
    auto map = network ? (*network)->attention(tokens, layer, stop) : Result<AttentionMap>(tl::unexpected(network.error()));
    if (stop.stop_requested()) return emit cancelled(job);
    m_network = network.value_or(nullptr);
    QTimer::singleShot(kKept, this, [this, question = ++m_questions] {
        if (question == m_questions) m_network.reset();
    });
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

void InspectWorker::checkDevice(DeviceKind device) {
    const auto can = m_engine->canCompute(device);
    emit deviceChecked(device, can ? QString() : QString::fromStdString(can.error().message()));
}

}  // namespace loom::session
