// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/attention_panel.h"

#include <algorithm>
#include <utility>

#include <QBoxLayout>
#include <QComboBox>
#include <QEvent>
#include <QLabel>
#include <QLocale>
#include <QStackedWidget>
#include <QStandardItemModel>

#include "widgets/common/empty_note.h"
#include "widgets/common/labels.h"
#include "widgets/common/theme.h"
#include "widgets/inside/token_line.h"
#include "widgets/inside/weight_legend.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/story_model.h"

namespace loom::ui {

namespace {
constexpr int kRoomForBars = 560;  // logical pixels of height
}

AttentionPanel::AttentionPanel(StoryModel* story, HeadsModel* heads, QWidget* parent)
    : QWidget(parent),
      m_story(story),
      m_heads(heads),
      m_content(new HeadsModel(this)),
      m_position(new HeadsModel(this)),
      m_headsMean(new HeadsModel(this)),
      m_layersMean(new HeadsModel(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 12, 16, 6);
    column->setSpacing(8);
    buildBar(*column);
    column->addWidget(buildMaps(), 1);
    m_status = mutedLabel({}, this);
    m_status->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_status->setMinimumHeight(m_status->fontMetrics().height() + 4);
    column->addWidget(m_status);
    connectViews();
    setDecoupled(false);
    applyShow();
}

void AttentionPanel::buildBar(QBoxLayout& column) {
    auto* bar = new QHBoxLayout;
    bar->setSpacing(8);
    m_title = pageTitle({}, this);
    m_subtitle = mutedLabel({}, this);
    m_subtitle->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_showChoice = new QComboBox(this);
    const std::pair<QString, QString> choices[] = {
        {tr("Weights"), tr("Shares of attention after the softmax")},
        {tr("Content part"), tr("The part of the scores that comes from what the words say")},
        {tr("Position part"), tr("The part of the scores that comes from where the words stand")},
        {tr("Side by side"), tr("Both parts of the scores on one colour scale")},
        {tr("Mean of the heads"), tr("Weights averaged over all heads of this layer")},
        {tr("Mean of all layers"), tr("Weights averaged over all heads of all layers")}};
    for (const auto& [name, tip] : choices) {
        m_showChoice->addItem(name);
        m_showChoice->setItemData(m_showChoice->count() - 1, tip, Qt::ToolTipRole);
    }
    m_showChoice->setToolTip(tr("What the map shows"));
    m_showChoice->setAccessibleName(tr("What the map shows"));
    m_mapChoice = new QComboBox(this);
    m_mapChoice->addItem(tr("Cividis"));
    m_mapChoice->addItem(tr("Viridis"));
    m_mapChoice->setToolTip(tr("Colour map of the weights"));
    m_mapChoice->setAccessibleName(tr("Colour map"));
    for (QComboBox* choice : {m_showChoice, m_mapChoice}) choice->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    m_legend = new WeightLegend(this);
    bar->addWidget(m_title);
    bar->addWidget(m_subtitle, 100);
    bar->addStretch(1);
    bar->addWidget(m_showChoice);
    bar->addWidget(m_mapChoice);
    bar->addSpacing(8);
    bar->addWidget(m_legend);
    column.addLayout(bar);
}

QWidget* AttentionPanel::buildMaps() {
    m_stack = new QStackedWidget(this);
    auto* all = new QWidget(m_stack);
    auto* row = new QHBoxLayout(all);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(16);
    m_view = new AttentionView(m_story, m_heads, all);
    m_second = new AttentionView(m_story, m_position, all);
    m_second->setAccessibleName(tr("Map of the position part"));
    m_firstName = sectionHeading(tr("Content part"), all);
    m_secondName = sectionHeading(tr("Position part"), all);
    const auto add = [&](QLabel* name, AttentionView* view) {
        auto* box = new QWidget(all);
        auto* column = new QVBoxLayout(box);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(2);
        column->addWidget(name);
        column->addWidget(view, 1);
        row->addWidget(box, 1);
        return box;
    };
    add(m_firstName, m_view);
    m_other = add(m_secondName, m_second);
    m_side = new QWidget(all);
    auto* side = new QVBoxLayout(m_side);
    side->setContentsMargins(0, 0, 0, 0);
    side->setSpacing(8);
    m_details = new CellDetails(m_story, m_side);
    side->addWidget(m_details);
    side->addSpacing(8);
    side->addWidget(sectionHeading(tr("Where does this word look?"), m_side));
    m_line = new TokenLine(m_story, m_side);
    side->addWidget(m_line, 1);
    row->addWidget(m_side);
    m_note = new EmptyNote(m_stack);
    m_stack->addWidget(all);
    m_stack->addWidget(m_note);
    return m_stack;
}

void AttentionPanel::connectViews() {
    connect(m_showChoice, &QComboBox::currentIndexChanged, this, [this](int index) { setShow(static_cast<Show>(index)); });
    connect(m_mapChoice, &QComboBox::currentIndexChanged, this,
            [this](int index) { emit colourMapChosen(index == 0 ? ColourMapKind::Cividis : ColourMapKind::Viridis); });
    const auto link = [this](AttentionView* from, AttentionView* to) {
        connect(from, &AttentionView::cellChanged, this, [this, from, to] {
            if (m_linking) return;
            if (m_show == Show::SideBySide) {
                m_linking = true;  // what the other says of it changes nothing
                to->lock(from->locked());
                to->setHovered(from->hovered());
                m_linking = false;
            }
            showCell();
        });
    };
    link(m_view, m_second);
    link(m_second, m_view);
    connect(m_line, &TokenLine::keyChosen, this, [this](int key) { m_view->lock({m_line->query(), key}); });
    connect(m_line, &TokenLine::keyHovered, this, [this](int key) {
        m_view->setHovered(key < 0 ? AttentionCell{} : AttentionCell{m_line->query(), key});
    });
    connect(m_heads, &HeadsModel::modelReset, this, [this] {
        if (m_show == Show::HeadsMean) takeMean();
        refreshTitle();
        refreshNote();
    });
    connect(m_heads, &HeadsModel::grew, this, [this](int first) {
        if (m_show == Show::HeadsMean) {
            for (int query = first; query < m_heads->tokens(); ++query)
                m_headsMean->appendRow(meanRow(m_heads->values(), m_heads->layer(), query));
        }
        refreshTitle();
    });
    connect(m_heads, &HeadsModel::dataChanged, this, [this] { refreshTitle(); });
}

void AttentionPanel::setShow(Show show) {
    if (show == m_show) return;
    m_show = show;
    m_showChoice->setCurrentIndex(static_cast<int>(show));
    m_problem.clear();
    applyShow();
    emit lookChanged();
}

void AttentionPanel::setDecoupled(bool decoupled) {
    auto* items = qobject_cast<QStandardItemModel*>(m_showChoice->model());
    for (const Show show : {Show::Content, Show::Position, Show::SideBySide}) {
        QStandardItem* item = items->item(static_cast<int>(show));
        item->setEnabled(decoupled);
        item->setToolTip(decoupled ? m_showChoice->itemData(static_cast<int>(show), Qt::ToolTipRole).toString()
                                   : tr("This network's scores have no such parts: its rotation turns whole keys. "
                                        "A joint latent with a rotary key of its own has them (MLA)."));
    }
    if (!decoupled && look() == Look::Scores) setShow(Show::Weights);
}

std::optional<Look> AttentionPanel::look() const {
    switch (m_show) {
        case Show::Weights:
        case Show::HeadsMean: return std::nullopt;
        case Show::LayersMean: return Look::Means;
        default: return Look::Scores;
    }
}

HeadsModel* AttentionPanel::source() const {
    switch (m_show) {
        case Show::Content:
        case Show::SideBySide: return m_content;
        case Show::Position: return m_position;
        case Show::HeadsMean: return m_headsMean;
        case Show::LayersMean: return m_layersMean;
        default: return m_heads;
    }
}

void AttentionPanel::takeMean() { m_headsMean->setMap(meanOfHeads(m_heads->values(), m_heads->layer())); }

void AttentionPanel::applyShow() {
    if (m_show == Show::HeadsMean) takeMean();
    m_view->setSource(source());
    m_view->setHead(source() == m_headsMean || source() == m_layersMean ? 0 : m_head);
    m_linking = true;
    m_second->setHead(m_head);
    m_second->lock(m_view->locked());
    m_linking = false;
    const bool both = m_show == Show::SideBySide;
    m_other->setVisible(both);
    m_firstName->setVisible(both);
    static constexpr const char* kNames[] = {"weights", "content", "position", "content", "mean-of-heads", "mean-of-layers"};
    m_view->setFigureName(tr("layer-%1-head-%2-%3").arg(m_layer).arg(m_head).arg(QLatin1String(kNames[static_cast<int>(m_show)])));
    m_second->setFigureName(tr("layer-%1-head-%2-%3").arg(m_layer).arg(m_head).arg(QStringLiteral("position")));
    fitSide();
    refreshLegend();
    refreshTitle();
    refreshNote();
    showCell();
}

void AttentionPanel::refreshLegend() {
    m_mapChoice->setEnabled(look() != Look::Scores);
    if (look() != Look::Scores) return m_legend->showWeights();
    m_legend->showSigned(static_cast<double>(source()->limit(m_head)), false,
                         tr("Scores before the softmax, their scale included. The two parts add up to the score.\n"
                            "Hatched: a word that comes later, which cannot be looked at."));
}

void AttentionPanel::setAnswer(const std::shared_ptr<const LookAnswer>& answer) {
    m_lookBusy = false;
    m_problem.clear();
    if (!answer) {
        m_answer.reset();
        for (HeadsModel* model : {m_content, m_position, m_layersMean}) model->clear();
    } else if (const auto* parts = std::get_if<ScoreParts>(&answer->value)) {
        m_answer = answer;
        m_linking = true;  // until both hold the same
        m_content->setScores(parts->layer, {answer, &parts->content}, parts->heads, parts->tokens);
        m_position->setScores(parts->layer, {answer, &parts->position}, parts->heads, parts->tokens);
        std::vector<float> limits;
        for (int head = 0; head < m_content->heads() && head < m_position->heads(); ++head)
            limits.push_back(std::max(m_content->limit(head), m_position->limit(head)));
        for (HeadsModel* model : {m_content, m_position}) model->setLimits(limits);
        m_second->lock(m_view->locked());
        m_linking = false;
    } else if (const auto* means = std::get_if<AttentionMeans>(&answer->value)) {
        m_answer = answer;
        m_layersMean->setMap(std::make_shared<const AttentionMap>(AttentionMap{LayerIndex{}, 1, means->tokens, means->weights}));
    }
    refreshLegend();
    refreshTitle();
    refreshNote();
    showCell();
}

void AttentionPanel::setLookBusy(bool busy) {
    m_lookBusy = busy;
    if (busy) m_problem.clear();
    refreshNote();
    showCell();
}

void AttentionPanel::setProblem(const QString& sentence) {
    m_problem = sentence;
    m_lookBusy = false;
    refreshNote();
    showCell();
}

void AttentionPanel::setPlace(std::int64_t layer, int head) {
    m_layer = layer;
    m_head = head;
    applyShow();
}

void AttentionPanel::setBusy(bool busy) {
    m_busy = busy;
    showCell();
}

void AttentionPanel::setColourMap(ColourMapKind kind) {
    m_mapChoice->setCurrentIndex(kind == ColourMapKind::Cividis ? 0 : 1);
    m_view->setColourMap(kind);
    m_second->setColourMap(kind);
    m_legend->setColourMap(kind);
}

void AttentionPanel::resizeEvent(QResizeEvent* event) {
    fitSide();
    QWidget::resizeEvent(event);
}

void AttentionPanel::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && m_secondName) {
        for (const auto& [name, meaning] : {std::pair{m_firstName, Meaning::Content}, std::pair{m_secondName, Meaning::Position}}) {
            QPalette colours = palette();
            colours.setColor(QPalette::PlaceholderText, textColour(meaning, palette()));
            name->setPalette(colours);
        }
    }
    QWidget::changeEvent(event);
}

// A map is a square: what its height does not need goes to the words.
void AttentionPanel::fitSide() {
    const int maps = m_show == Show::SideBySide ? 2 : 1;
    m_side->setFixedWidth(std::clamp(width() - maps * height() - 16, std::clamp(width() / 4, 180, 260), 440));
    m_subtitle->setVisible(width() >= 980);
    m_details->setCompact(height() < kRoomForBars);
}

void AttentionPanel::refreshNote() {
    const bool ready = source()->tokens() > 0 || !look();
    if (!ready && !m_problem.isEmpty()) {
        m_note->setTexts(tr("This cannot be shown"), m_problem);
    } else if (!ready && m_lookBusy) {
        m_note->setTexts(tr("Reading the story…"), look() == Look::Means ? tr("Every layer reads it once.")
                                                                         : tr("The scores of layer %1 are being computed.").arg(m_layer));
    } else if (!ready) {
        m_note->setTexts(tr("Not read yet"), tr("This is computed as soon as the story rests."));
    }
    m_stack->setCurrentIndex(ready ? 0 : 1);
}

void AttentionPanel::refreshTitle() {
    const QLocale locale;
    switch (m_show) {
        case Show::HeadsMean: m_title->setText(tr("Layer %1, mean of %2 heads").arg(m_layer).arg(m_heads->heads())); break;
        case Show::LayersMean: m_title->setText(tr("Mean of all layers")); break;
        default: m_title->setText(tr("Layer %1, head %2").arg(m_layer).arg(m_head));
    }
    const HeadsModel& shown = weights();
    const QModelIndex index = shown.index(weightsHead());
    const QVariant entropy = index.data(HeadsModel::EntropyRole);
    if (look() && m_answer && m_answer->question.look == *look()) {
        //: %1 a number of tokens, %2 a time
        m_subtitle->setText(tr("%1 tokens, read by the reference path in %2 ms")
                                .arg(m_answer->tokens)
                                .arg(locale.toString(m_answer->milliseconds, 'f', 0)));
    } else if (entropy.isValid()) {
        m_subtitle->setText(tr("looks back %1 tokens, entropy %2 nats")
                                .arg(locale.toString(index.data(HeadsModel::DistanceRole).toDouble(), 'f', 1),
                                     locale.toString(entropy.toDouble(), 'f', 2)));
    } else {
        m_subtitle->clear();
    }
}

const HeadsModel& AttentionPanel::weights() const {
    return m_show == Show::HeadsMean ? *m_headsMean : m_show == Show::LayersMean ? *m_layersMean : *m_heads;
}

int AttentionPanel::weightsHead() const { return &weights() == m_heads ? m_head : 0; }

std::optional<CellDetails::Parts> AttentionPanel::parts(AttentionCell cell) const {
    // One after the other is replaced by a new answer.
    const auto holds = [&](const HeadsModel* part) {
        return part->layer() == m_heads->layer() && m_head < part->heads() && cell.query < part->tokens();
    };
    const bool known = &weights() == m_heads && cell.isValid() && holds(m_content) && holds(m_position);
    if (!known) return std::nullopt;
    return CellDetails::Parts{m_content->at(m_head, cell.query, cell.key), m_position->at(m_head, cell.query, cell.key)};
}

void AttentionPanel::showCell() {
    using Source = CellDetails::Source;
    const AttentionCell cell = m_view->shown();
    const Source from = m_view->locked().isValid() ? Source::Locked : m_view->hovered().isValid() ? Source::Hovered : Source::Newest;
    const HeadsModel& all = weights();
    const int head = weightsHead();
    const auto knows = [&](AttentionCell each) { return each.isValid() && head < all.heads() && each.query < all.tokens(); };
    m_details->showCell(all, head, cell, from, parts(cell));
    if (knows(cell)) {
        const float* row = all.row(head, cell.query);
        m_line->setWeights({row, row + cell.query + 1}, cell.key);
    } else {
        m_line->setWeights({}, -1);
    }
    m_line->setArcs(from != Source::Newest);
    const AttentionCell named = m_view->hovered().isValid() ? m_view->hovered() : m_view->locked();
    if (m_busy) {
        m_status->setText(tr("Reading layer %1…").arg(m_layer));
    } else if (knows(named)) {
        QString text = tr("query %1 (%2) → key %3 (%4): weight %5")
                           .arg(quotedToken(*m_story, named.query), QString::number(named.query), quotedToken(*m_story, named.key),
                                QString::number(named.key), weightText(all.at(head, named.query, named.key)));
        if (const auto two = parts(named)) {
            text += tr(", score %1 = content %2 + position %3")
                        .arg(scoreText(two->content + two->position), scoreText(two->content), scoreText(two->position));
        }
        m_status->setText(text);
    } else {
        m_status->setText(
            tr("Each row is a word that looks, each column a word it looks at. Point at a cell, click to lock it, Esc to unlock."));
    }
}

}  // namespace loom::ui
