// SPDX-License-Identifier: GPL-3.0-or-later
// LaneLegend: a chip per lane with its name and width; while norms are shown, its range of norms.
#pragma once

#include <QWidget>

#include "widgets/cache/occupancy_view.h"

namespace loom::ui {

class LaneLegend final : public QWidget {
    Q_OBJECT

public:
    explicit LaneLegend(CacheModel* cache, QWidget* parent = nullptr);
    void setValue(OccupancyView::Value value);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {60, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    CacheModel* m_cache;
    OccupancyView::Value m_value = OccupancyView::Value::Filled;
};

}  // namespace loom::ui
