// SPDX-License-Identifier: GPL-3.0-or-later
// StoryStart: what the Write page shows between opening a checkpoint and the first word: beginnings to choose from.
#pragma once

#include <QWidget>

namespace loom::ui {

class StoryStart final : public QWidget {
    Q_OBJECT
public:
    explicit StoryStart(QWidget* parent = nullptr);

signals:
    /// A beginning was chosen, to be written or changed.
    void chosen(const QString& opening);
};

}  // namespace loom::ui
