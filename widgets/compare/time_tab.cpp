// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/compare/time_tab.h"

#include <algorithm>

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

#include "widgets/common/empty_note.h"
#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/compare/crossover_map.h"
#include "widgets/plot/time_plot.h"

namespace loom::ui {

TimeTab::TimeTab(QWidget* parent)
    : QWidget(parent),
      m_button(new QPushButton(this)),
      m_progress(new QProgressBar(this)),
      m_batch(new QComboBox(this)),
      m_words(mutedLabel({}, this)),
      m_plot(new TimePlot(this)),
      m_map(new CrossoverMap(this)),
      m_empty(new EmptyNote(this)) {
    m_progress->setTextVisible(false);
    m_progress->setFixedWidth(160);
    m_progress->setFixedHeight(4);
    m_progress->setAccessibleName(tr("Progress of the measurement"));
    m_batch->setToolTip(tr("How many stories get a token in one step"));
    m_batch->setAccessibleName(tr("Stories at once in the curve"));
    m_words->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* top = new QHBoxLayout;
    top->setSpacing(8);
    top->addWidget(m_button);
    top->addWidget(m_progress);
    top->addWidget(m_batch);
    top->addWidget(m_words, 1);
    auto* figures = new QHBoxLayout;
    figures->setSpacing(24);
    figures->addWidget(m_plot, 6);
    figures->addWidget(m_map, 5);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addLayout(top);
    column->addLayout(figures, 1);
    column->addWidget(m_empty, 1);
    m_empty->setTexts(
        tr("Which of the two is faster?"),
        tr("That depends on how long the text is and on how many stories are written at once: a latent is read faster, but takes more "
           "multiplications. At a short context and one story it may well be the slower one. A measurement fills a curve and a map "
           "here, and this machine remembers them."));
    connect(m_button, &QPushButton::clicked, this, [this] {
        if (m_measuring) return emit cancelWanted();
        emit measureWanted();
    });
    connect(m_batch, &QComboBox::activated, this, &TimeTab::refresh);
    connect(m_map, &CrossoverMap::described, this, [this](const QString& words) {
        if (words.isEmpty()) return refresh();
        m_words->setText(words);
    });
    refresh();
}

void TimeTab::setGrid(const TimeGrid& grid) {
    if (grid.batches != m_grid.batches) {
        m_batch->clear();
        for (const std::int64_t batch : grid.batches) {
            m_batch->addItem(batch == 1 ? tr("one story") : tr("%1 stories at once").arg(formatCount(batch)));
        }
    }
    m_grid = grid;
    m_map->setGrid(grid);
    refresh();
}

void TimeTab::setMeasuring(qint64 done, qint64 all) {
    m_measuring = true;
    m_progress->setRange(0, static_cast<int>(all));  // 0 … 0: the networks are being built
    m_progress->setValue(static_cast<int>(done));
    refresh();
}

void TimeTab::setAtRest() {
    m_measuring = false;
    refresh();
}

void TimeTab::setCanMeasure(bool can) {
    m_can = can;
    refresh();
}

QString TimeTab::words() const { return m_words->text(); }

void TimeTab::refresh() {
    const bool known = m_grid.measured() > 0;
    m_button->setText(m_measuring ? tr("C&ancel") : known ? tr("Measure aga&in") : tr("Measure on th&is machine"));
    m_button->setToolTip(m_measuring ? tr("Ends the measurement; what is measured stays")
                                     : tr("Takes about a minute for the shipped pair; the stories rest meanwhile"));
    m_button->setEnabled(m_measuring || m_can);
    m_progress->setVisible(m_measuring);
    m_batch->setVisible(!m_grid.batches.empty());
    m_plot->setGrid(m_grid, static_cast<std::size_t>(std::max(0, m_batch->currentIndex())));
    if (known) {
        m_words->setText(tr("Measured here: %1. Networks of these shapes, f32 caches.").arg(QString::fromStdString(m_grid.machine)));
        m_words->setToolTip(m_words->text());
    } else {
        m_words->setText(m_measuring ? tr("Networks of these shapes are made…") : tr("Nothing is measured yet."));
        m_words->setToolTip({});
    }
    m_empty->setVisible(m_grid.rows.empty());
    m_plot->setVisible(!m_grid.rows.empty());
    m_map->setVisible(!m_grid.rows.empty());
}

}  // namespace loom::ui
