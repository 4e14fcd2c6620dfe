// SPDX-License-Identifier: GPL-3.0-or-later
// TabLine: tabs as words on a thin line, the current one underlined with the accent.
#pragma once

#include <QTabBar>

namespace loom::ui {

class TabLine final : public QTabBar {
    Q_OBJECT

public:
    explicit TabLine(QWidget* parent = nullptr);

protected:
    [[nodiscard]] QSize tabSizeHint(int index) const override;
    void paintEvent(QPaintEvent* event) override;
};

}  // namespace loom::ui
