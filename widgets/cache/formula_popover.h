// SPDX-License-Identifier: GPL-3.0-or-later
// FormulaPopover: where a figure comes from: the equation with its numbers, and the tensors beside it.
#pragma once

#include <QFrame>

#include "core/data/cache_occupancy.h"

class QGridLayout;
class QLabel;
class QTableView;

namespace loom::ui {

class CacheLayersModel;

/// The same two quantities from two sources.
struct CacheFigures {
    std::int64_t usedFormula = 0;       ///< bytes per token × tokens
    std::int64_t usedTensors = 0;       ///< the tensors' bytes that belong to the used positions
    std::int64_t allocatedFormula = 0;  ///< bytes per token × capacity
    std::int64_t allocatedTensors = 0;  ///< sum of the sizes of all layers' buffers
    [[nodiscard]] bool agree() const { return usedFormula == usedTensors && allocatedFormula == allocatedTensors; }
};
[[nodiscard]] CacheFigures cacheFigures(const CacheUse& use);

class FormulaPopover final : public QFrame {
    Q_OBJECT

public:
    explicit FormulaPopover(QWidget* parent = nullptr);

    /// The running cache: formula beside tensors, layer by layer below. Without a title it is "This model’s cache".
    void setUse(const CacheUse& use, const QString& title = {});
    /// A form that exists as a formula only.
    void setFormula(const CacheSpec& spec, std::int64_t tokens, const QString& title);
    /// A trained network on the disk that is not loaded: its configuration says what it would keep.
    void setTwin(const CacheSpec& spec, std::int64_t tokens, const QString& name);
    /// What so many stories of `tokens` positions would take, whoever keeps them; `note` says where the shapes come from.
    void setBudget(const CacheSpec& spec, std::int64_t tokens, std::int64_t stories, const QString& title, const QString& note);
    /// Opens below `anchor`, or above it where there is no room.
    void openAt(const QWidget* anchor) { openAt(anchor, anchor->rect()); }
    /// The same for a part of `anchor`.
    void openAt(const QWidget* anchor, const QRect& part);

    [[nodiscard]] QString equation() const;
    [[nodiscard]] QString verdict() const;

protected:
    /// A pop-over takes the keyboard from the window manager; what closes a window goes on to the window.
    void keyPressEvent(QKeyEvent* event) override;

private:
    void fill(const QString& title, const CacheSpec& spec, std::int64_t tokens);
    void setRow(int row, const QString& name, std::int64_t formula, std::int64_t tensors, bool hasTensors);

    QLabel* m_title;
    QLabel* m_equation;
    QGridLayout* m_table;
    QLabel* m_cells[2][3] = {};
    QLabel* m_verdict;
    QLabel* m_note;
    QLabel* m_layersHeading;
    QTableView* m_layers;
    CacheLayersModel* m_layersModel;
};

}  // namespace loom::ui
