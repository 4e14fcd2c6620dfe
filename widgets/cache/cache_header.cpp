// SPDX-License-Identifier: GPL-3.0-or-later
// CacheHeader: title, figures, lane chips and the switch between filled and norm.
#include "widgets/cache/cache_header.h"

#include <QBoxLayout>
#include <QButtonGroup>
#include <QLabel>
#include <QToolButton>

#include "widgets/cache/lane_legend.h"
#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"

namespace loom::ui {

CacheHeader::CacheHeader(CacheModel* cache, QWidget* parent) : QWidget(parent) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    row->addWidget(pageTitle(tr("What the model keeps"), this));
    m_positions = mutedLabel({}, this);
    row->addWidget(m_positions);
    row->addSpacing(8);
    m_legend = new LaneLegend(cache, this);
    row->addWidget(m_legend, 1);
    row->addWidget(mutedLabel(tr("Show"), this));
    auto* group = new QButtonGroup(this);
    const auto button = [&](const QString& text, const QString& tip) {
        auto* tool = new QToolButton(this);
        tool->setText(text);
        tool->setToolTip(tip);
        tool->setCheckable(true);
        group->addButton(tool);
        row->addWidget(tool);
        return tool;
    };
    m_filled = button(tr("filled"), tr("Which positions hold something"));
    m_norm = button(tr("norm"), tr("How large the kept vectors are: their L2 norm, per lane from its smallest to its largest"));
    m_filled->setChecked(true);
    connect(m_filled, &QToolButton::clicked, this, [this] {
        m_legend->setValue(OccupancyView::Value::Filled);
        emit valueChosen(OccupancyView::Value::Filled);
    });
    connect(m_norm, &QToolButton::clicked, this, [this] {
        m_legend->setValue(OccupancyView::Value::Norm);
        emit valueChosen(OccupancyView::Value::Norm);
    });
}

void CacheHeader::setUse(const CacheUse& use) {
    m_positions->setText(tr("%1 positions of %2").arg(formatCount(use.usedTokens), formatCount(use.capacityTokens)));
}

QString CacheHeader::positions() const { return m_positions->text(); }

}  // namespace loom::ui
