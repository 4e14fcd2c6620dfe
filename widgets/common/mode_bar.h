// SPDX-License-Identifier: GPL-3.0-or-later
// ModeBar: the pages of the window, icon over label, at the left edge.
#pragma once

#include <QListView>
#include <QString>

class QStandardItemModel;

namespace loom::ui {

/// 72 px wide. Up and Down move, the current mode is the chosen one.
class ModeBar final : public QListView {
    Q_OBJECT
public:
    explicit ModeBar(QWidget* parent = nullptr);

    /// `iconName` as icon() takes it. The first mode added becomes the current one without a signal.
    void addMode(int id, const QString& title, const QString& iconName);
    /// The id of the current mode, -1 if there is none.
    [[nodiscard]] int mode() const;
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

public slots:
    /// Unknown ids are ignored. Emits modeChosen when the mode changes.
    void setMode(int id);

signals:
    void modeChosen(int id);

protected:
    bool event(QEvent* event) override;
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;

private:
    QStandardItemModel* m_modes;
    bool m_quiet = false;
};

}  // namespace loom::ui
