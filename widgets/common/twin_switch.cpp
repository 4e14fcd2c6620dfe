// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/common/twin_switch.h"

#include <QHBoxLayout>
#include <QToolButton>

namespace loom::ui {
namespace {

QString formName(const ModelConfig& config) { return QString::fromStdString(attentionShortName(config.attention)); }

}  // namespace

TwinSwitch::TwinSwitch(QWidget* parent) : QWidget(parent), m_latent(new QToolButton(this)), m_full(new QToolButton(this)) {
    setAccessibleName(tr("Attention form of the pair"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(2);
    for (QToolButton* button : {m_latent, m_full}) {
        button->setCheckable(true);
        button->setFocusPolicy(Qt::TabFocus);
        row->addWidget(button);
        connect(button, &QToolButton::clicked, this, [this, button] { press(button); });
    }
    hide();
}

void TwinSwitch::setModel(const ModelSummary& model) {
    setVisible(model.twin.has_value());
    if (!model.twin) return;
    m_latentRuns = model.config.attention.latent != Latent::None || model.twin->config.attention.latent == Latent::None;
    const QString name = QString::fromStdString(model.name), twin = QString::fromStdString(model.twin->name);
    m_latent->setText(formName(m_latentRuns ? model.config : model.twin->config));
    m_full->setText(formName(m_latentRuns ? model.twin->config : model.config));
    QToolButton* mine = m_latentRuns ? m_latent : m_full;
    QToolButton* other = m_latentRuns ? m_full : m_latent;
    mine->setToolTip(tr("%1 runs now").arg(name));
    mine->setAccessibleName(mine->toolTip());
    other->setToolTip(tr("Let its twin, %1, go on with this story (Ctrl+T)").arg(twin));
    other->setAccessibleName(tr("Switch to %1").arg(twin));
    showCurrent();
}

void TwinSwitch::setSwitchEnabled(bool enabled) {
    for (QToolButton* button : {m_latent, m_full}) button->setEnabled(enabled);
}

void TwinSwitch::press(QToolButton* button) {
    showCurrent();
    if (button != (m_latentRuns ? m_latent : m_full)) emit twinRequested();
}

void TwinSwitch::showCurrent() {
    m_latent->setChecked(m_latentRuns);
    m_full->setChecked(!m_latentRuns);
}

}  // namespace loom::ui
