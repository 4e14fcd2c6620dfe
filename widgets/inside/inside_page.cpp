// SPDX-License-Identifier: GPL-3.0-or-later
// InsidePage: heads at the left, the chosen one large at the right, the other views in tabs below.
#include "widgets/inside/inside_page.h"

#include <algorithm>

#include <QBoxLayout>
#include <QDataStream>
#include <QIODevice>
#include <QLabel>
#include <QLocale>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabBar>
#include <QToolButton>

#include "widgets/common/empty_note.h"
#include "widgets/common/labels.h"
#include "widgets/inside/attention_panel.h"
#include "widgets/inside/head_grid.h"
#include "widgets/inside/look_frame.h"
#include "widgets/inside/look_tabs.h"
#include "widgets/itemmodels/head_switch_model.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/story_model.h"

namespace loom::ui {

namespace {
constexpr quint32 kStateFormat = 0x4c4c4901;  // of splitterState()
}

InsidePage::InsidePage(StoryModel* story, HeadsModel* heads, QWidget* parent) : QWidget(parent), m_story(story), m_headsModel(heads) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    m_stack = new QStackedWidget(this);
    m_empty = new EmptyNote(m_stack);
    m_rows = new QSplitter(Qt::Vertical, m_stack);
    m_splitter = new QSplitter(Qt::Horizontal, m_rows);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_rows);
    column->addWidget(m_stack);
    m_panel = new AttentionPanel(story, heads, m_splitter);
    m_splitter->addWidget(buildLeft());
    m_splitter->addWidget(m_panel);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setStretchFactor(0, 0);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setSizes({310, 1000});
    m_looks = new LookTabs(story, m_rows);
    m_rows->addWidget(m_splitter);
    m_rows->addWidget(m_looks);
    m_rows->setCollapsible(0, false);
    m_rows->setStretchFactor(0, 2);
    m_rows->setStretchFactor(1, 1);
    m_rows->setSizes({540, 230});
    connectViews();
    refreshTitle();
    refreshState();
}

QWidget* InsidePage::buildLeft() {
    auto* left = new QWidget(m_splitter);
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(16, 12, 12, 8);
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
    return left;
}

void InsidePage::connectViews() {
    connect(m_previous, &QToolButton::clicked, this, [this] { setLayer(LayerIndex(m_layer - 1)); });
    connect(m_next, &QToolButton::clicked, this, [this] { setLayer(LayerIndex(m_layer + 1)); });
    connect(m_panel, &AttentionPanel::colourMapChosen, this, &InsidePage::setColourMap);
    connect(m_panel, &AttentionPanel::lookChanged, this, &InsidePage::looksChanged);
    connect(m_looks, &LookTabs::shownChanged, this, &InsidePage::looksChanged);
    connect(m_looks, &LookTabs::stopRequested, this, &InsidePage::lookStopRequested);
    connect(m_rows, &QSplitter::splitterMoved, this, &InsidePage::looksChanged);
    connect(m_looks->tabBar(), &QTabBar::tabBarDoubleClicked, this, [this] { m_splitter->setVisible(!m_splitter->isVisible()); });
    connect(switches(), &HeadSwitchModel::offChanged, this, [this] {
        refreshPlace();
        emit looksChanged();
    });
    connect(m_grid, &HeadGrid::headChosen, this, [this] { refreshPlace(); });
    connect(m_headsModel, &HeadsModel::modelReset, this, [this] { refreshState(); });
    connect(m_story, &StoryModel::modelReset, this, [this] { refreshState(); });
    connect(m_story, &StoryModel::rowsInserted, this, [this] { refreshState(); });
}

void InsidePage::setLayers(std::int64_t layers, std::int64_t heads) {
    m_layers = std::max<std::int64_t>(layers, 0);
    m_heads = std::max<std::int64_t>(heads, 0);
    switches()->setShape(m_layers, m_heads);
    if (m_grid->current() >= m_heads) m_grid->setCurrent(0);
    setLayer(LayerIndex(m_layer));
    refreshTitle();
}

void InsidePage::setDecoupled(bool decoupled) { m_panel->setDecoupled(decoupled); }

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
    m_grid->setColourMap(kind);
    m_panel->setColourMap(kind);
    m_looks->setColourMap(kind);
}

void InsidePage::setBusy(bool busy) {
    m_busy = busy;
    m_panel->setBusy(busy);
    refreshState();
}

void InsidePage::setModelLoaded(bool loaded) {
    m_modelLoaded = loaded;
    refreshState();
}

std::vector<Look> InsidePage::shownLooks() const {
    std::vector<Look> looks;
    const bool closed = isVisible() && m_rows->sizes().value(1) == 0;  // the splitter is at its lower end
    if (!closed) looks.push_back(m_looks->shownLook());
    if (const auto look = m_panel->look()) looks.push_back(*look);
    return looks;
}

void InsidePage::setLookAnswer(const std::shared_ptr<const LookAnswer>& answer) {
    if (LookFrame* frame = m_looks->frame(answer->question.look)) {
        frame->setAnswer(answer);
    } else {
        m_panel->setAnswer(answer);
    }
}

void InsidePage::forgetLook(Look look) {
    if (LookFrame* frame = m_looks->frame(look)) {
        frame->setAnswer(nullptr);
        frame->showNote(tr("Not read yet"), tr("This is computed as soon as it is shown and the story rests."));
    } else {
        m_panel->setAnswer(nullptr);
    }
}

void InsidePage::setLookBusy(Look look, bool busy) {
    if (LookFrame* frame = m_looks->frame(look)) {
        frame->setBusy(busy);
    } else {
        m_panel->setLookBusy(busy);
    }
}

void InsidePage::setLookNote(Look look, const QString& title, const QString& sentence) {
    if (LookFrame* frame = m_looks->frame(look)) {
        frame->setAnswer(nullptr);
        frame->showNote(title, sentence);
    } else {
        m_panel->setProblem(sentence);
    }
}

HeadSwitchModel* InsidePage::switches() const { return m_looks->switches(); }

QUndoStack* InsidePage::undoStack() const { return m_looks->undoStack(); }

QByteArray InsidePage::splitterState() const {
    QByteArray state;
    QDataStream out(&state, QIODevice::WriteOnly);
    out.setVersion(QDataStream::Qt_6_0);
    out << kStateFormat << m_splitter->saveState() << m_rows->saveState() << static_cast<qint32>(m_looks->currentIndex());
    return state;
}

void InsidePage::restoreSplitter(const QByteArray& state) {
    QDataStream in(state);
    in.setVersion(QDataStream::Qt_6_0);
    quint32 format = 0;
    QByteArray columns, rows;
    qint32 tab = 0;
    in >> format >> columns >> rows >> tab;
    if (in.status() != QDataStream::Ok || format != kStateFormat) return;
    m_splitter->restoreState(columns);
    m_rows->restoreState(rows);
    if (tab >= 0 && tab < m_looks->count()) m_looks->setCurrentIndex(tab);
}

void InsidePage::refreshPlace() {
    m_panel->setPlace(m_layer, m_grid->current());
    m_looks->setCurrentHead(static_cast<int>(m_layer), m_grid->current());
    std::vector<int> off;
    for (const HeadPlace& place : switches()->off()) {
        if (place.layer.value() == m_layer) off.push_back(static_cast<int>(place.head.value()));
    }
    m_grid->setOff(std::move(off));
}

void InsidePage::refreshTitle() {
    m_layerNumber->setText(QLocale().toString(static_cast<qlonglong>(m_layer)));
    m_layerCount->setText(m_layers > 0 ? tr("0 to %1 · %2 heads").arg(m_layers - 1).arg(m_heads) : QString());
    m_previous->setEnabled(m_layer > 0);
    m_next->setEnabled(m_layer + 1 < m_layers);
    refreshPlace();
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
    m_stack->setCurrentWidget(full ? static_cast<QWidget*>(m_rows) : m_empty);
}

}  // namespace loom::ui
