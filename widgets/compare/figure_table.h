// SPDX-License-Identifier: GPL-3.0-or-later
// FigureTable: a quiet table of figures whose selected cells can be copied.
#pragma once

#include <QTableView>

namespace loom::ui {

class FigureTable final : public QTableView {
    Q_OBJECT

public:
    explicit FigureTable(QWidget* parent = nullptr);

    /// The first column takes the room that the others leave.
    void setFigures(QAbstractItemModel* model);
    /// The selected cells, tabs between them.
    [[nodiscard]] QString selectedText() const;

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void fitRows();
    void copy() const;
};

}  // namespace loom::ui
