// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/without_view.h"

#include <algorithm>

#include <QBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QTableView>
#include <QToolButton>
#include <QUndoStack>

#include "widgets/common/labels.h"
#include "widgets/inside/cell_details.h"
#include "widgets/inside/share_delegate.h"
#include "widgets/inside/table_figure.h"
#include "widgets/itemmodels/head_switch_model.h"
#include "widgets/itemmodels/shift_model.h"

namespace loom::ui {

namespace {
constexpr int kSwitchWidth = 34;  // logical pixels of a head's box
}

WithoutView::WithoutView(const StoryModel* story, QWidget* parent)
    : LookFrame(Look::Without, parent),
      m_story(story),
      m_undo(new QUndoStack(this)),
      m_switches(new HeadSwitchModel(m_undo, this)),
      m_shifts(new ShiftModel(this)) {
    m_this = new QPushButton(this);
    m_all = new QPushButton(tr("All on"), this);
    m_all->setToolTip(tr("Switch all heads on again"));
    bar()->insertWidget(0, m_this);
    bar()->insertWidget(1, m_all);
    auto* undo = new QToolButton(this);
    undo->setText(tr("Undo"));
    auto* redo = new QToolButton(this);
    redo->setText(tr("Redo"));
    bar()->insertWidget(2, undo);
    bar()->insertWidget(3, redo);
    const auto refresh = [this, undo, redo] {
        undo->setEnabled(m_undo->canUndo());
        undo->setToolTip(m_undo->canUndo() ? tr("Undo: %1").arg(m_undo->undoText()) : tr("Nothing to undo"));
        redo->setEnabled(m_undo->canRedo());
        redo->setToolTip(m_undo->canRedo() ? tr("Redo: %1").arg(m_undo->redoText()) : tr("Nothing to redo"));
    };
    connect(m_undo, &QUndoStack::indexChanged, this, refresh);
    connect(undo, &QToolButton::clicked, m_undo, &QUndoStack::undo);
    connect(redo, &QToolButton::clicked, m_undo, &QUndoStack::redo);
    refresh();
    m_summary = new QLabel(this);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_summary->setWordWrap(true);
    m_summary->setToolTip(
        tr("Kullback–Leibler divergence of the next word's probabilities with all heads from those without: 0 = nothing "
           "changes. In nats."));
    m_table = new QTableView(this);
    prepareTable(m_table, tr("The likeliest next words with and without the heads"));
    m_table->setModel(m_shifts);
    m_table->setItemDelegate(new ShareDelegate(m_table));
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_table->verticalHeader()->hide();
    auto* content = new QWidget(this);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addWidget(m_summary);
    column->addWidget(m_table, 1);
    setContent(content, buildSwitches());
    setSentence(tr("Only this table is computed without those heads. What writes your story keeps them all."));
    connect(m_this, &QPushButton::clicked, this, [this] { m_switches->setOff(m_layer, m_head, !m_switches->isOff(m_layer, m_head)); });
    connect(m_all, &QPushButton::clicked, m_switches, &HeadSwitchModel::switchAllOn);
    connect(m_switches, &HeadSwitchModel::offChanged, this, [this] { refreshButtons(); });
    connect(m_switches, &HeadSwitchModel::modelReset, this, [this] { refreshButtons(); });
    refreshButtons();
}

// The stack clears itself when it goes, and who listens may be gone by then.
WithoutView::~WithoutView() { m_undo->disconnect(); }

QWidget* WithoutView::buildSwitches() {
    m_grid = new QTableView(this);
    prepareTable(m_grid, tr("Heads that are on"));
    m_grid->setModel(m_switches);
    m_grid->horizontalHeader()->setMinimumSectionSize(kSwitchWidth);
    m_grid->horizontalHeader()->setDefaultSectionSize(kSwitchWidth);
    m_grid->horizontalHeader()->setDefaultAlignment(Qt::AlignCenter);
    m_grid->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Expanding);
    m_grid->setMinimumWidth(220);
    m_grid->setMaximumWidth(420);
    return m_grid;
}

void WithoutView::setCurrentHead(int layer, int head) {
    m_layer = layer;
    m_head = head;
    refreshButtons();
}

void WithoutView::refreshButtons() {
    const bool there = m_layer < m_switches->rowCount() && m_head < m_switches->columnCount();
    m_this->setEnabled(there);
    m_this->setText(m_switches->isOff(m_layer, m_head) ? tr("Switch on layer %1, head %2").arg(m_layer).arg(m_head)
                                                       : tr("Switch off layer %1, head %2").arg(m_layer).arg(m_head));
    m_this->setToolTip(tr("The head that is shown large above"));
    m_all->setEnabled(!m_switches->off().empty());
}

void WithoutView::take(const std::shared_ptr<const LookAnswer>& answer) {
    m_shifts->setAnswer(answer);
    const auto* result = answer ? std::get_if<Ablation>(&answer->value) : nullptr;
    if (!result || result->kl.empty()) return m_summary->clear();
    const QLocale locale;
    const auto most = std::max_element(result->kl.begin(), result->kl.end());
    const auto where = static_cast<int>(most - result->kl.begin());
    //: %1 to %3 numbers, %4 a word, %5 its position
    m_summary->setText(
        tr("After the last word the prediction moves by KL %1 nats, over the story by %2 on average, most after %4 (%5) by %3.")
            .arg(locale.toString(result->kl.back(), 'f', 3), locale.toString(result->meanKl, 'f', 3), locale.toString(*most, 'f', 3),
                 quotedToken(*m_story, where), QString::number(where)));
}

QString WithoutView::summary() const { return m_summary->text(); }

Figure WithoutView::figure() const {
    if (!answer()) return {};
    Figure saved = tableFigure(m_table, tr("without-heads"), colourMap());
    const auto cells = saved.draw;
    saved.draw = [this, cells](QPainter& painter, const QPalette& colours) {
        double y = m_table->horizontalHeader()->height();
        for (int row = 0; row < m_shifts->rowCount(); ++row) {
            double x = 0;
            for (int column = 0; column < ShiftModel::ColumnCount; ++column) {
                const QRectF cell(x, y, m_table->columnWidth(column), m_table->rowHeight(row));
                paintShareBar(painter, cell, m_shifts->index(row, column), colours);
                x += m_table->columnWidth(column);
            }
            y += m_table->rowHeight(row);
        }
        if (cells) cells(painter, colours);
    };
    return saved;
}

}  // namespace loom::ui
