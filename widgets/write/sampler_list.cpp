// SPDX-License-Identifier: GPL-3.0-or-later
// SamplerList: see the header.
#include "widgets/write/sampler_list.h"

#include <algorithm>
#include <cmath>

#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/common/icons.h"
#include "widgets/write/sampler_row.h"

namespace loom::ui {

SamplerList::SamplerList(QWidget* parent) : QWidget(parent), m_column(new QVBoxLayout), m_more(new QToolButton(this)) {
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(6);
    m_column->setSpacing(6);
    outer->addLayout(m_column);
    outer->addWidget(m_more, 0, Qt::AlignLeft);
    m_more->setAutoRaise(true);
    m_more->setCheckable(true);
    m_more->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_more->setToolTip(tr("Show or fold away the samplers that are off"));
    connect(m_more, &QToolButton::toggled, this, &SamplerList::refreshShown);
    for (const SamplerStage stage : kSamplerOrder) {
        auto* row = new SamplerRow(stage, this);
        m_rows.at(static_cast<std::size_t>(stage)) = row;
        connect(row, &SamplerRow::edited, this, [this, row, stage](const SamplerParameter& parameter, double value) {
            parameter.set(m_settings, value);
            m_kept.at(static_cast<std::size_t>(stage)) = true;  // it must not vanish from under the hand
            row->setSettings(m_settings);
            emit changed();
        });
        connect(row, &SamplerRow::breakersEdited, this, [this](const QString& characters) {
            m_settings.dryBreakers = characters.toStdString();
            emit changed();
        });
        connect(row, &SamplerRow::moveWanted, this, [this, stage](int rows) { move(stage, rows); });
        connect(row, &SamplerRow::dragged, this, [this, stage](int globalY) { drag(stage, globalY); });
    }
    setSettings({});
}

void SamplerList::setSettings(const SamplerSettings& settings) {
    m_settings = settings;
    const SamplerSettings usual;
    for (const SamplerParameter& parameter : samplerParameters()) {
        const double value = parameter.of(settings);
        parameter.set(m_settings, std::isfinite(value) ? std::clamp(value, parameter.least, parameter.most) : parameter.of(usual));
    }
    if (problemWith(m_settings)) m_settings.order = kSamplerOrder;
    if (problemWith(m_settings)) m_settings.dryBreakers = usual.dryBreakers;
    m_kept.fill(false);
    for (const SamplerStage always : {SamplerStage::Temperature, SamplerStage::TopP}) m_kept.at(static_cast<std::size_t>(always)) = true;
    for (SamplerRow* row : m_rows) row->setSettings(m_settings);
    layOut();
    emit changed();
}

void SamplerList::showTrace(const SamplerTrace& trace) {
    for (SamplerRow* row : m_rows) {
        const StageTrace* did = trace.of(row->stage());
        row->showTrace(did ? std::optional(*did) : std::nullopt);
    }
}

std::vector<SamplerStage> SamplerList::shownStages() const {
    std::vector<SamplerStage> shown;
    for (const SamplerStage stage : m_settings.order)
        if (!row(stage)->isHidden()) shown.push_back(stage);
    return shown;
}

void SamplerList::setAllShown(bool all) { m_more->setChecked(all); }

void SamplerList::move(SamplerStage stage, int rows) {
    const std::vector<SamplerStage> shown = shownStages();
    const auto at = std::find(shown.begin(), shown.end(), stage) - shown.begin();
    const auto to = std::clamp<std::ptrdiff_t>(at + rows, 0, std::ssize(shown) - 1);
    if (at == std::ssize(shown) || at == to) return;
    SamplerOrder& order = m_settings.order;
    const auto from = std::find(order.begin(), order.end(), stage);
    const auto target = std::find(order.begin(), order.end(), shown[static_cast<std::size_t>(to)]);
    if (from < target)
        std::rotate(from, from + 1, target + 1);
    else
        std::rotate(target, from, from + 1);
    layOut();
    emit changed();
}

void SamplerList::drag(SamplerStage stage, int globalY) {
    const std::vector<SamplerStage> shown = shownStages();
    const int y = mapFromGlobal(QPoint(0, globalY)).y();
    int above = 0;  // rows whose middle lies above the hand
    for (const SamplerStage other : shown)
        if (other != stage && row(other)->geometry().center().y() < y) ++above;
    move(stage, above - static_cast<int>(std::find(shown.begin(), shown.end(), stage) - shown.begin()));
}

void SamplerList::layOut() {
    for (SamplerRow* row : m_rows) m_column->removeWidget(row);
    for (const SamplerStage stage : m_settings.order) m_column->addWidget(row(stage));
    refreshShown();
    m_column->activate();
}

void SamplerList::refreshShown() {
    int folded = 0;
    for (SamplerRow* row : m_rows) {
        const bool wanted = isOn(m_settings, row->stage()) || m_kept.at(static_cast<std::size_t>(row->stage()));
        if (!wanted) ++folded;
        row->setVisible(wanted || m_more->isChecked());
    }
    m_more->setVisible(folded > 0);
    m_more->setText(m_more->isChecked() ? tr("Fewer samplers") : tr("More samplers (%1)…").arg(folded));
    m_more->setIcon(icon(m_more->isChecked() ? QStringLiteral("chevron-up") : QStringLiteral("chevron-down")));
}

}  // namespace loom::ui
