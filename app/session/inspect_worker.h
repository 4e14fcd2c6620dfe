// SPDX-License-Identifier: GPL-3.0-or-later
// InspectWorker: computes what views ask about a finished text, in the Background lane.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include <QObject>
#include <QString>

#include "core/data/attention_map.h"
#include "core/data/device_kind.h"
#include "core/data/look.h"
#include "core/engine/api/engine.h"

namespace loom::session {

/// Runs in the lane's thread. A job ends with attentionReady(), failed(), or, if it was stopped, with cancelled().
class InspectWorker final : public QObject {
    Q_OBJECT
public:
    explicit InspectWorker(std::shared_ptr<Engine> engine);

    void attention(JobId job, const std::shared_ptr<const OpenModel>& model, const TokenIds& tokens, LayerIndex layer,
                   const std::stop_token& stop);

    /// What the precisions of the fast path cost, on stories of the story maker. Ends with precisionsMeasured(), failed() or cancelled().
    void precisions(JobId job, const std::shared_ptr<const OpenModel>& model, MlaPath path, const std::stop_token& stop);

    /// Ends with lookReady() or lookFailed(), which says nothing if the job was stopped.
    void look(JobId job, const std::shared_ptr<const OpenModel>& model, const TokenIds& tokens, const LookQuestion& question,
              const std::stop_token& stop);

    /// Ends with deviceChecked().
    void checkDevice(DeviceKind device);

signals:
    /// An empty `why` = networks can be computed there.
    void deviceChecked(loom::DeviceKind device, const QString& why);
    void attentionReady(loom::JobId job, std::shared_ptr<const loom::AttentionMap> map);
    void precisionsMeasured(loom::JobId job, std::shared_ptr<const std::vector<loom::PrecisionLoss>> losses);
    void lookReady(loom::JobId job, std::shared_ptr<const loom::LookAnswer> answer);
    void lookFailed(loom::JobId job, loom::Look look, const QString& message);
    void failed(loom::JobId job, const QString& message);
    void cancelled(loom::JobId job);

private:
    /// The reference network, kept for a while in case another question follows.
    [[nodiscard]] Result<std::shared_ptr<ReferenceModel>> network(const OpenModel& model, const std::stop_token& stop);

    std::shared_ptr<Engine> m_engine;
    std::shared_ptr<ReferenceModel> m_network;  ///< of the last question, while another may follow soon
    std::int64_t m_questions = 0;
};

}  // namespace loom::session
