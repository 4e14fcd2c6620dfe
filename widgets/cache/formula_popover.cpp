// SPDX-License-Identifier: GPL-3.0-or-later
// FormulaPopover: a popup frame; a click elsewhere or Esc closes it.
#include "widgets/cache/formula_popover.h"

#include <algorithm>

#include <QGridLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QScreen>
#include <QTableView>

#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/itemmodels/cache_layers_model.h"

namespace loom::ui {

CacheFigures cacheFigures(const CacheUse& use) {
    CacheFigures figures;
    figures.usedFormula = use.spec.bytesPerToken() * use.usedTokens;
    figures.allocatedFormula = use.spec.bytesPerToken() * use.capacityTokens;
    for (const LayerUse& layer : use.layers) {
        figures.allocatedTensors += layer.bytes;
        if (use.capacityTokens <= 0) continue;
        // Every position takes the same share of a buffer.
        figures.usedTensors +=
            layer.bytes / use.capacityTokens * use.usedTokens + layer.bytes % use.capacityTokens * use.usedTokens / use.capacityTokens;
    }
    return figures;
}

FormulaPopover::FormulaPopover(QWidget* parent) : QFrame(parent, Qt::Popup) {
    setFrameShape(QFrame::StyledPanel);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 12, 16, 12);
    column->setSpacing(8);
    m_title = sectionHeading({}, this);
    m_equation = new QLabel(this);
    m_equation->setTextFormat(Qt::PlainText);
    m_equation->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(m_title);
    column->addWidget(m_equation);

    m_table = new QGridLayout;
    m_table->setHorizontalSpacing(24);
    m_table->setVerticalSpacing(4);
    auto* formula = mutedLabel(tr("formula"), this);
    formula->setToolTip(tr("Computed from the shapes: bytes per token × tokens"));
    auto* tensors = mutedLabel(tr("tensors"), this);
    tensors->setToolTip(tr("Read from the buffers that are in memory now, summed over all layers"));
    m_table->addWidget(formula, 0, 1, Qt::AlignRight);
    m_table->addWidget(tensors, 0, 2, Qt::AlignRight);
    m_table->addWidget(horizontalSeparator(this), 1, 0, 1, 3);
    for (int row = 0; row < 2; ++row) {
        for (int cell = 0; cell < 3; ++cell) {
            m_cells[row][cell] = new QLabel(this);
            m_cells[row][cell]->setTextInteractionFlags(Qt::TextSelectableByMouse);
            m_table->addWidget(m_cells[row][cell], row + 2, cell, cell == 0 ? Qt::AlignLeft : Qt::AlignRight);
        }
    }
    m_table->setColumnStretch(0, 1);
    column->addLayout(m_table);
    m_verdict = new QLabel(this);
    m_verdict->setTextFormat(Qt::PlainText);
    column->addWidget(m_verdict);
    m_note = mutedLabel({}, this);
    m_note->setWordWrap(true);
    m_note->setMinimumWidth(380);
    column->addWidget(m_note);

    m_layersHeading = sectionHeading(tr("Layer by layer"), this);
    column->addWidget(m_layersHeading);
    m_layersModel = new CacheLayersModel(this);
    m_layers = new QTableView(this);
    m_layers->setModel(m_layersModel);
    m_layers->setFrameShape(QFrame::NoFrame);
    m_layers->setShowGrid(false);
    m_layers->setSelectionMode(QAbstractItemView::ContiguousSelection);
    m_layers->verticalHeader()->hide();
    m_layers->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
    m_layers->verticalHeader()->setMinimumSectionSize(fontMetrics().height() + 4);
    m_layers->horizontalHeader()->setStretchLastSection(true);
    m_layers->horizontalHeader()->setHighlightSections(false);
    m_layers->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    column->addWidget(m_layers);
}

QString FormulaPopover::equation() const { return m_equation->text(); }

QString FormulaPopover::verdict() const { return m_verdict->text(); }

void FormulaPopover::fill(const QString& title, const CacheSpec& spec, std::int64_t tokens) {
    m_title->setText(title);
    m_equation->setText(tr("%1 = %2 per token\n%2 × %3 tokens = %4")
                            .arg(QString::fromStdString(spec.equation()), formatBytesExact(spec.bytesPerToken()), formatCount(tokens),
                                 formatBytesExact(spec.bytesPerToken() * tokens)));
}

void FormulaPopover::setRow(int row, const QString& name, std::int64_t formula, std::int64_t tensors, bool hasTensors) {
    m_cells[row][0]->setText(name);
    m_cells[row][1]->setText(formatBytesExact(formula));
    m_cells[row][2]->setText(hasTensors ? formatBytesExact(tensors) : QStringLiteral("–"));
    for (QLabel* label : m_cells[row]) label->setVisible(!name.isEmpty());
}

void FormulaPopover::setUse(const CacheUse& use, const QString& title) {
    const CacheFigures figures = cacheFigures(use);
    const bool tensors = !use.layers.empty();
    fill(title.isEmpty() ? tr("This model’s cache") : title, use.spec, use.usedTokens);
    setRow(0, tr("used, %1 tokens").arg(formatCount(use.usedTokens)), figures.usedFormula, figures.usedTensors, tensors);
    setRow(1, tr("allocated, %1 tokens").arg(formatCount(use.capacityTokens)), figures.allocatedFormula, figures.allocatedTensors, tensors);
    if (!tensors) {
        m_verdict->setText(tr("Nothing is allocated yet."));
    } else if (figures.agree()) {
        m_verdict->setText(tr("✓ Formula and tensors agree to the byte."));
    } else {
        m_verdict->setText(tr("✗ Formula and tensors differ by %1 used and %2 allocated.")
                               .arg(formatBytesExact(figures.usedTensors - figures.usedFormula),
                                    formatBytesExact(figures.allocatedTensors - figures.allocatedFormula)));
    }
    m_note->setText(tr("Formula: from the model’s shapes. Tensors: the sizes of the buffers in memory, summed over %1 layers; "
                       "used is their share for the positions in use.")
                        .arg(use.layers.size()));
    m_layersModel->setUse(use);
    m_layersHeading->setVisible(tensors);
    m_layers->setVisible(tensors);
    const int rows = std::min(m_layersModel->rowCount(), 8);
    m_layers->resizeColumnsToContents();
    int width = 24;  // the scroll bar
    for (int column = 0; column < m_layersModel->columnCount(); ++column) width += m_layers->columnWidth(column) + 4;
    m_layers->setMinimumWidth(width);
    m_layers->setFixedHeight(m_layers->horizontalHeader()->sizeHint().height() + rows * m_layers->verticalHeader()->defaultSectionSize() +
                             4);
}

void FormulaPopover::setFormula(const CacheSpec& spec, std::int64_t tokens, const QString& title) {
    fill(title, spec, tokens);
    setRow(0, tr("used, %1 tokens").arg(formatCount(tokens)), spec.bytesPerToken() * tokens, 0, false);
    setRow(1, {}, 0, 0, false);
    m_verdict->setText(tr("Formula, not a trained model."));
    m_note->setText(tr("The same size of network with the other attention form. It is not loaded, so there are no tensors to compare."));
    m_layersModel->clear();
    m_layersHeading->hide();
    m_layers->hide();
}

void FormulaPopover::setTwin(const CacheSpec& spec, std::int64_t tokens, const QString& name) {
    setFormula(spec, tokens, name);
    m_verdict->setText(tr("From the configuration of the trained twin."));
    m_note->setText(
        tr("%1 lies on your disk. It is not loaded, so there are no tensors to compare; switch to it and there are.").arg(name));
}

void FormulaPopover::setBudget(const CacheSpec& spec, std::int64_t tokens, std::int64_t stories, const QString& title,
                               const QString& note) {
    setFormula(spec, tokens, title);
    setRow(1, tr("%1 stories").arg(formatCount(stories)), spec.bytesPerToken() * tokens * stories, 0, false);
    m_verdict->setText(tr("Formula: nothing of it is allocated here."));
    m_note->setText(note);
}

void FormulaPopover::openAt(const QWidget* anchor, const QRect& part) {
    adjustSize();
    const QRect around(anchor->mapToGlobal(part.topLeft()), part.size());
    QPoint place(around.left(), around.bottom() + 4);
    if (const QScreen* screen = anchor->screen()) {
        const QRect room = screen->availableGeometry();
        if (place.y() + height() > room.bottom()) place.setY(around.top() - height() - 4);
        place.setX(std::clamp(place.x(), room.left(), std::max(room.left(), room.right() - width())));
        place.setY(std::max(place.y(), room.top()));
    }
    move(place);
    show();
}

void FormulaPopover::keyPressEvent(QKeyEvent* event) {
    const bool closes = event->key() == Qt::Key_F4 && event->modifiers() == Qt::AltModifier;
    if (closes || event->key() == Qt::Key_Escape) hide();
    if (closes && parentWidget() != nullptr) parentWidget()->window()->close();
    if (!closes) QFrame::keyPressEvent(event);
}

}  // namespace loom::ui
