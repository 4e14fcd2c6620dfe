// SPDX-License-Identifier: GPL-3.0-or-later
// CacheHeader: the title line of the Cache page: how many positions, which lanes, and what the map shows.
#pragma once

#include <QWidget>

#include "core/data/cache_occupancy.h"
#include "widgets/cache/occupancy_view.h"

class QLabel;
class QToolButton;

namespace loom::ui {

class LaneLegend;

class CacheHeader final : public QWidget {
    Q_OBJECT

public:
    explicit CacheHeader(CacheModel* cache, QWidget* parent = nullptr);

    void setUse(const CacheUse& use);
    [[nodiscard]] QString positions() const;
    [[nodiscard]] QToolButton* filledButton() const { return m_filled; }
    [[nodiscard]] QToolButton* normButton() const { return m_norm; }

signals:
    void valueChosen(loom::ui::OccupancyView::Value value);

private:
    QLabel* m_positions;
    LaneLegend* m_legend;
    QToolButton* m_filled;
    QToolButton* m_norm;
};

}  // namespace loom::ui
