// SPDX-License-Identifier: GPL-3.0-or-later
// TwinSwitch: two buttons side by side, the attention form of the loaded network and that of its twin.
#pragma once

#include <QWidget>

#include "core/data/model_summary.h"

class QToolButton;

namespace loom::ui {

/// Hidden without a twin. The form that runs is the pressed one; a press on the other asks for it and changes nothing by itself.
class TwinSwitch final : public QWidget {
    Q_OBJECT
public:
    explicit TwinSwitch(QWidget* parent = nullptr);

    void setModel(const ModelSummary& model);
    /// Not while a model is being opened.
    void setSwitchEnabled(bool enabled);
    /// MLA stands before the forms with full keys and values, whichever runs.
    [[nodiscard]] QToolButton* latentButton() const { return m_latent; }
    [[nodiscard]] QToolButton* fullButton() const { return m_full; }

signals:
    void twinRequested();

private:
    void press(QToolButton* button);
    void showCurrent();

    QToolButton* m_latent;
    QToolButton* m_full;
    bool m_latentRuns = true;
};

}  // namespace loom::ui
