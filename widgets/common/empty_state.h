// SPDX-License-Identifier: GPL-3.0-or-later
// EmptyState: what a page shows before a checkpoint is open: how to get one and how to open it.
#pragma once

#include <QWidget>

class QPushButton;

namespace loom::ui {

/// Drops are accepted by the window; this only says so.
class EmptyState final : public QWidget {
    Q_OBJECT
public:
    explicit EmptyState(QWidget* parent = nullptr);

signals:
    void openRequested();

private:
    QPushButton* m_open;
};

}  // namespace loom::ui
