// SPDX-License-Identifier: GPL-3.0-or-later
// InsidePage: heads at the left, the chosen one large, its cell and its words at the right.
#include "widgets/inside/inside_page.h"

#include <algorithm>

#include <QBoxLayout>
#include <QComboBox>
#include <QEvent>
#include <QLabel>
#include <QLocale>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>

#include "widgets/common/empty_note.h"
#include "widgets/common/labels.h"
#include "widgets/inside/attention_view.h"
#include "widgets/inside/cell_details.h"
#include "widgets/inside/head_grid.h"
#include "widgets/inside/token_line.h"
#include "widgets/inside/weight_legend.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/story_model.h"

namespace loom::ui {

InsidePage::InsidePage(StoryModel* story, HeadsModel* heads, QWidget* parent) : QWidget(parent), m_story(story), m_headsModel(heads) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    m_stack = new QStackedWidget(this);
    m_empty = new EmptyNote(m_stack);
    m_splitter = new QSplitter(Qt::Horizontal, m_stack);
    m_splitter->setChildrenCollapsible(false);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_splitter);
    column->addWidget(m_stack);
    buildLeft();
    buildRight();
    m_splitter->setStretchFactor(0, 0);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setSizes({310, 1000});
    connectViews();
    refreshTitle();
    refreshState();
}

void InsidePage::buildLeft() {
    auto* left = new QWidget(m_splitter);
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(16, 12, 12, 12);
    column->setSpacing(8);
    auto* row = new QHBoxLayout;
    row->setSpacing(4);
    m_previous = new QToolButton(left);
    m_previous->setArrowType(Qt::LeftArrow);
    m_previous->setAutoRaise(true);
    m_previous->setToolTip(tr("Layer before"));
    m_previous->setAccessibleName(tr("Layer before"));
    m_next = new QToolButton(left);
    m_next->setArrowType(Qt::RightArrow);
    m_next->setAutoRaise(true);
    m_next->setToolTip(tr("Next layer"));
    m_next->setAccessibleName(tr("Next layer"));
    m_layerNumber = pageTitle({}, left);
    m_layerNumber->setAlignment(Qt::AlignCenter);
    m_layerCount = mutedLabel({}, left);
    row->addWidget(pageTitle(tr("Layer"), left));
    row->addWidget(m_previous);
    row->addWidget(m_layerNumber);
    row->addWidget(m_next);
    row->addStretch(1);
    row->addWidget(m_layerCount);
    column->addLayout(row);
    m_grid = new HeadGrid(m_headsModel, left);
    column->addWidget(m_grid, 1);
    m_splitter->addWidget(left);
}

void InsidePage::buildRight() {
    auto* right = new QWidget(m_splitter);
    m_right = right;
    auto* column = new QVBoxLayout(right);
    column->setContentsMargins(16, 12, 16, 8);
    column->setSpacing(8);

    auto* bar = new QHBoxLayout;
    bar->setSpacing(8);
    m_title = pageTitle({}, right);
    m_subtitle = mutedLabel({}, right);
    m_subtitle->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_mapChoice = new QComboBox(right);
    m_mapChoice->addItem(tr("Cividis"));
    m_mapChoice->addItem(tr("Viridis"));
    m_mapChoice->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    m_mapChoice->setToolTip(tr("Colour map of the weights"));
    m_mapChoice->setAccessibleName(tr("Colour map"));
    m_legend = new WeightLegend(right);
    bar->addWidget(m_title);
    bar->addWidget(m_subtitle, 100);
    bar->addStretch(1);
    bar->addWidget(m_mapChoice);
    bar->addSpacing(8);
    bar->addWidget(m_legend);
    column->addLayout(bar);

    auto* row = new QHBoxLayout;
    row->setSpacing(16);
    m_view = new AttentionView(m_story, m_headsModel, right);
    row->addWidget(m_view, 1);
    auto* side = new QVBoxLayout;
    side->setSpacing(8);
    m_details = new CellDetails(m_story, m_headsModel, right);
    side->addWidget(m_details);
    side->addSpacing(8);
    side->addWidget(sectionHeading(tr("Where does this word look?"), right));
    m_line = new TokenLine(m_story, right);
    side->addWidget(m_line, 1);
    row->addLayout(side);
    column->addLayout(row, 1);

    m_status = mutedLabel({}, right);
    m_status->setTextFormat(Qt::PlainText);
    m_status->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_status->setMinimumHeight(m_status->fontMetrics().height() + 4);
    column->addWidget(m_status);
    m_splitter->addWidget(right);
    right->installEventFilter(this);
}

void InsidePage::connectViews() {
    connect(m_previous, &QToolButton::clicked, this, [this] { setLayer(LayerIndex(m_layer - 1)); });
    connect(m_next, &QToolButton::clicked, this, [this] { setLayer(LayerIndex(m_layer + 1)); });
    connect(m_mapChoice, &QComboBox::currentIndexChanged, this,
            [this](int index) { setColourMap(index == 0 ? ColourMapKind::Cividis : ColourMapKind::Viridis); });
    connect(m_grid, &HeadGrid::headChosen, this, [this](int head) {
        m_view->setHead(head);
        refreshTitle();
    });
    connect(m_view, &AttentionView::cellChanged, this, [this] { showCell(); });
    connect(m_line, &TokenLine::keyChosen, this, [this](int key) { m_view->lock({m_line->query(), key}); });
    connect(m_headsModel, &HeadsModel::modelReset, this, [this] {
        refreshTitle();
        refreshState();
    });
    connect(m_headsModel, &HeadsModel::grew, this, [this] { refreshTitle(); });
    connect(m_story, &StoryModel::modelReset, this, [this] { refreshState(); });
    connect(m_story, &StoryModel::rowsInserted, this, [this] { refreshState(); });
}

void InsidePage::setLayers(std::int64_t layers, std::int64_t heads) {
    m_layers = std::max<std::int64_t>(layers, 0);
    m_heads = std::max<std::int64_t>(heads, 0);
    if (m_grid->current() >= m_heads) m_grid->setCurrent(0);
    setLayer(LayerIndex(m_layer));
    refreshTitle();
}

void InsidePage::setLayer(LayerIndex layer) {
    const std::int64_t wanted = std::clamp<std::int64_t>(layer.value(), 0, std::max<std::int64_t>(m_layers - 1, 0));
    if (wanted == m_layer) return;
    m_layer = wanted;
    refreshTitle();
    emit layerChanged(LayerIndex(m_layer));
}

int InsidePage::head() const { return m_grid->current(); }

void InsidePage::setHead(int head) {
    if (head >= 0 && (m_heads == 0 || head < m_heads)) m_grid->setCurrent(head);
}

void InsidePage::setColourMap(ColourMapKind kind) {
    if (kind == m_colourMap) return;
    m_colourMap = kind;
    m_mapChoice->setCurrentIndex(kind == ColourMapKind::Cividis ? 0 : 1);
    m_grid->setColourMap(kind);
    m_view->setColourMap(kind);
    m_legend->setColourMap(kind);
}

void InsidePage::setBusy(bool busy) {
    m_busy = busy;
    showCell();
    refreshState();
}

void InsidePage::setModelLoaded(bool loaded) {
    m_modelLoaded = loaded;
    refreshState();
}

QByteArray InsidePage::splitterState() const { return m_splitter->saveState(); }

void InsidePage::restoreSplitter(const QByteArray& state) { m_splitter->restoreState(state); }

bool InsidePage::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_right && event->type() == QEvent::Resize) fitSide();
    return QWidget::eventFilter(watched, event);
}

// The map is a square: what its height does not need goes to the panel.
void InsidePage::fitSide() {
    const int room = m_right->width();
    const int side = std::clamp(room - m_right->height() - 16, std::clamp(room / 4, 180, 260), 440);
    m_details->setFixedWidth(side);
    m_line->setFixedWidth(side);
    m_subtitle->setVisible(room >= 860);
}

void InsidePage::refreshTitle() {
    m_layerNumber->setText(QLocale().toString(static_cast<qlonglong>(m_layer)));
    m_layerCount->setText(m_layers > 0 ? tr("0 to %1 · %2 heads").arg(m_layers - 1).arg(m_heads) : QString());
    m_previous->setEnabled(m_layer > 0);
    m_next->setEnabled(m_layer + 1 < m_layers);
    const int head = m_grid->current();
    m_title->setText(tr("Layer %1, head %2").arg(m_layer).arg(head));
    const QModelIndex index = m_headsModel->index(head);
    if (!index.isValid()) {
        m_subtitle->clear();
        return;
    }
    const QLocale locale;
    m_subtitle->setText(tr("looks back %1 tokens, entropy %2 nats")
                            .arg(locale.toString(index.data(HeadsModel::DistanceRole).toDouble(), 'f', 1),
                                 locale.toString(index.data(HeadsModel::EntropyRole).toDouble(), 'f', 2)));
}

void InsidePage::refreshState() {
    if (!m_modelLoaded) {
        m_empty->setTexts(tr("No model yet"), tr("Open a checkpoint, and this page shows where each word of its story looks."));
    } else if (m_story->rowCount() == 0) {
        m_empty->setTexts(tr("No story yet"),
                          tr("Write on the Write page. Every word that appears there is drawn here with the words it looks at."));
    } else if (m_busy) {
        m_empty->setTexts(tr("Reading the story…"), tr("The attention of layer %1 is being computed.").arg(m_layer));
    } else {
        m_empty->setTexts(tr("Not read yet"), tr("The attention of this story appears as soon as the model has read it."));
    }
    const bool full = m_modelLoaded && m_headsModel->tokens() > 0;
    m_stack->setCurrentWidget(full ? static_cast<QWidget*>(m_splitter) : m_empty);
    showCell();
}

void InsidePage::showCell() {
    using Source = CellDetails::Source;
    const AttentionCell cell = m_view->shown();
    const Source source = m_view->locked().isValid() ? Source::Locked : m_view->hovered().isValid() ? Source::Hovered : Source::Newest;
    m_details->showCell(m_view->head(), cell, source);
    const bool known = cell.isValid() && m_view->head() < m_headsModel->heads() && cell.query < m_headsModel->tokens();
    if (known) {
        const float* weights = m_headsModel->row(m_view->head(), cell.query);
        m_line->setWeights({weights, weights + cell.query + 1}, cell.key);
    } else {
        m_line->setWeights({}, -1);
    }
    const AttentionCell named = m_view->hovered().isValid() ? m_view->hovered() : m_view->locked();
    if (m_busy) {
        m_status->setText(tr("Reading layer %1…").arg(m_layer));
    } else if (named.isValid() && m_view->head() < m_headsModel->heads() && named.query < m_headsModel->tokens()) {
        m_status->setText(tr("query %1 (%2) → key %3 (%4): weight %5")
                              .arg(quotedToken(*m_story, named.query), QString::number(named.query), quotedToken(*m_story, named.key),
                                   QString::number(named.key), weightText(m_headsModel->at(m_view->head(), named.query, named.key))));
    } else {
        m_status->setText(
            tr("Each row is a word that looks, each column a word it looks at. Point at a cell, click to lock it, Esc to unlock."));
    }
}

}  // namespace loom::ui
