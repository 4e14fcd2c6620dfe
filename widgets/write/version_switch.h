// SPDX-License-Identifier: GPL-3.0-or-later
// VersionSwitch: which of several versions of the story is shown, and the way to those beside it.
#pragma once

#include <cstdint>

#include <QWidget>

class QLabel;
class QToolButton;

namespace loom::ui {

class VersionSwitch final : public QWidget {
    Q_OBJECT
public:
    explicit VersionSwitch(QWidget* parent = nullptr);

    /// `place` from 0; hidden where there is only one.
    void setVersions(std::int64_t place, std::int64_t count);
    [[nodiscard]] QString text() const;

signals:
    void sideways(int direction);  ///< the version after (+1) or before (−1)

private:
    QLabel* m_text;
    QToolButton *m_older, *m_newer;
};

}  // namespace loom::ui
