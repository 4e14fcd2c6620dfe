// SPDX-License-Identifier: GPL-3.0-or-later
// WritePage: see the header.
#include "widgets/write/write_page.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QInputDialog>
#include <QKeyEvent>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollBar>
#include <QSplitter>
#include <QStackedWidget>
#include <QTextCursor>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/common/empty_state.h"
#include "widgets/common/icons.h"
#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/itemmodels/story_tree_model.h"
#include "widgets/write/alternatives_popup.h"
#include "widgets/write/find_bar.h"
#include "widgets/write/prompt_edit.h"
#include "widgets/write/sampler_panel.h"
#include "widgets/write/story_start.h"
#include "widgets/write/story_tree_panel.h"
#include "widgets/write/story_view.h"
#include "widgets/write/version_switch.h"

namespace loom::ui {

namespace {
constexpr int kPanelWidth = 292;
constexpr int kTreeWidth = 250;
constexpr int kStateVersion = 1;
enum StackPage { kNoModel, kBegin, kStory };  // what the middle shows

QString tokensText(std::int64_t count) {
    return count == 1 ? WritePage::tr("1 token") : WritePage::tr("%1 tokens").arg(formatCount(count));
}
}  // namespace

QString stopSentence(const GenerateSummary& summary) {
    using P = WritePage;
    const auto count = static_cast<std::int64_t>(summary.tokens.size());
    switch (summary.stopReason) {
        case StopReason::Eos: return P::tr("The network ended the story here.");
        case StopReason::MaxTokens: return P::tr("Stopped at the limit of %1. Press Write to let it go on.").arg(tokensText(count));
        case StopReason::Context:
            return P::tr(
                       "The context is full: the network sees no more than %1 tokens. Start a new story, or open a network with a longer "
                       "context.")
                .arg(formatCount(summary.cache.capacityTokens));
        case StopReason::StopString: return P::tr("Stopped at a text that was set to end the story.");
        case StopReason::Cancelled: return P::tr("You stopped it after %1. Press Write to let it go on.").arg(tokensText(count));
    }
    return {};
}

WritePage::WritePage(StoryModel* story, StoryTreeModel* tree, QWidget* parent)
    : QWidget(parent),
      m_story(story),
      m_treeModel(tree),
      m_splitter(new QSplitter(Qt::Horizontal, this)),
      m_inner(new QSplitter(Qt::Horizontal)),
      m_tree(new StoryTreePanel(tree)),
      m_stack(new QStackedWidget(this)) {
    auto* left = new QWidget;
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(16, 12, 16, 14);
    column->setSpacing(8);
    column->addWidget(makeHeader());

    m_view = new StoryView(m_story, left);
    m_find = new FindBar(m_view, left);
    auto* empty = new EmptyState;
    m_stack->addWidget(empty);
    auto* start = new StoryStart;
    m_stack->addWidget(start);
    m_stack->addWidget(m_view);
    column->addWidget(m_find);
    column->addWidget(m_stack, 1);

    m_reason = mutedLabel({}, left);
    m_reason->setWordWrap(true);
    m_reason->setObjectName(QStringLiteral("reason"));
    m_reason->hide();
    column->addWidget(m_reason);
    m_progress = new QProgressBar(left);
    m_progress->setTextVisible(false);
    m_progress->setFixedHeight(4);
    m_progress->hide();
    column->addWidget(m_progress);
    column->addWidget(makePromptRow());
    left->setMinimumWidth(380);

    m_samplers = new SamplerPanel;
    m_side = m_samplers;
    m_tree->setMinimumWidth(130);
    m_inner->addWidget(m_tree);
    m_inner->addWidget(left);
    m_inner->setStretchFactor(0, 0);
    m_inner->setStretchFactor(1, 1);
    m_inner->setCollapsible(1, false);
    m_inner->setSizes({kTreeWidth, 1000 - kTreeWidth});
    m_splitter->addWidget(m_inner);
    m_splitter->addWidget(m_side);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setStretchFactor(1, 0);
    m_splitter->setCollapsible(0, false);
    m_splitter->setSizes({1000, kPanelWidth});
    auto* outer = new QHBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(m_splitter);
    m_popup = new AlternativesPopup(this);

    connect(empty, &EmptyState::openRequested, this, &WritePage::openRequested);
    connect(start, &StoryStart::chosen, this, [this](const QString& opening) {
        setPromptText(opening);
        m_prompt->moveCursor(QTextCursor::End);
        focusPrompt();
    });
    connect(m_view, &StoryView::findRequested, this, &WritePage::openFind);
    connect(m_view, &StoryView::inspectedChanged, this, &WritePage::showAlternatives);
    connect(m_view->verticalScrollBar(), &QScrollBar::valueChanged, this, [this] { showAlternatives(m_view->inspectedToken()); });
    connect(m_view, &StoryView::heldChanged, this, [this](bool held) {
        m_popup->setPickable(held);
        if (m_view->inspectedToken() >= 0) showAlternatives(m_view->inspectedToken());
    });
    connect(m_view, &StoryView::choiceMoved, m_popup, &AlternativesPopup::moveChoice);
    connect(m_view, &StoryView::choiceTaken, m_popup, &AlternativesPopup::choose);
    connect(m_popup, &AlternativesPopup::picked, this, [this](const Alternative& word) {
        const int row = m_view->inspectedToken();
        if (row < 0) return;
        const qint64 position = m_story->step(row).position;
        m_view->inspect(-1, false);
        emit branchRequested(position, word);
    });
    connect(m_view, &StoryView::versionWanted, this, [this](int row) { emit versionRequested(m_story->step(row).position); });
    connect(m_view, &StoryView::endWanted, this, [this](int row) { emit cutRequested(m_story->step(row).position); });
    connect(m_view, &StoryView::editWanted, this, &WritePage::askEdit);
    connect(tree, &QAbstractItemModel::modelReset, this, &WritePage::refreshVersions);
    connect(tree, &QAbstractItemModel::dataChanged, this, &WritePage::refreshVersions);
    connect(m_inner, &QSplitter::splitterMoved, this, &WritePage::settingsChanged);
    connect(m_inner, &QSplitter::splitterMoved, this, [this] {
        m_showTree->setChecked(treeVisible());
        fitTitle();
    });
    connect(m_samplers, &SamplerPanel::changed, this, &WritePage::settingsChanged);
    connect(m_splitter, &QSplitter::splitterMoved, this, &WritePage::settingsChanged);
    connect(m_splitter, &QSplitter::splitterMoved, this, [this] {
        m_showSamplers->setChecked(samplersVisible());
        fitTitle();
    });
    connect(m_story, &QAbstractItemModel::rowsInserted, this, &WritePage::refreshTitle);
    connect(m_story, &QAbstractItemModel::modelReset, this, &WritePage::refreshTitle);
    connect(m_story, &QAbstractItemModel::dataChanged, this, [this](const QModelIndex& first, const QModelIndex& last) {
        const int row = m_view->inspectedToken();
        if (row >= first.row() && row <= last.row()) showAlternatives(row);
    });
    refreshTitle();
    refreshVersions();
}

WritePage::~WritePage() = default;

void WritePage::refreshVersions() {
    const StoryTree& tree = m_treeModel->tree();
    std::vector<std::pair<int, int>> edited;
    int end = 0;
    for (const PassageId id : tree.path(tree.current())) {
        const int begin = end;
        end += static_cast<int>(tree.at(id).tokens.size());
        if (tree.at(id).origin == PassageOrigin::Edit) edited.emplace_back(begin, end);
    }
    m_view->setEdited(std::move(edited));
    if (const auto fork = tree.lastFork()) {
        const std::vector<PassageId>& all = tree.at(tree.at(*fork).parent).children;
        m_versions->setVersions(std::find(all.begin(), all.end(), *fork) - all.begin(), std::ssize(all));
    } else {
        m_versions->setVersions(0, 1);
    }
    fitTitle();  // beside it
}

void WritePage::setColouring(TokenColouring colouring) {
    m_view->setColouring(colouring);
    m_legend->setVisible(colouring == TokenColouring::Surprise);
    m_legend->setText(surpriseLegend(palette()));
    fitTitle();
}

void WritePage::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) m_legend->setText(surpriseLegend(palette()));
}

QString WritePage::versionText() const { return m_versions->text(); }

void WritePage::askEdit(int row) {
    if (row < 0 || row >= m_story->rowCount()) return;
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setOption(QInputDialog::UsePlainTextEditForTextInput);
    dialog->setWindowTitle(tr("Edit the story"));
    dialog->setLabelText(tr("From here to the end. The old version stays beside the new one."));
    dialog->setTextValue(m_story->storyText().mid(m_story->start(row)));
    dialog->resize(560, 320);
    const qint64 position = m_story->step(row).position;
    connect(dialog, &QInputDialog::textValueSelected, this, [this, position](const QString& text) { emit editRequested(position, text); });
    dialog->open();
}

QByteArray WritePage::treeSplitterState() const { return QByteArray(1, static_cast<char>(kStateVersion)) + m_inner->saveState(); }

bool WritePage::restoreTreeSplitterState(const QByteArray& state) {
    if (state.isEmpty() || state.at(0) != kStateVersion || !m_inner->restoreState(state.mid(1))) return false;
    m_showTree->setChecked(treeVisible());
    return true;
}

bool WritePage::treeVisible() const { return !m_tree->isHidden() && m_inner->sizes().value(0) > 0; }

void WritePage::setTreeVisible(bool visible) {
    m_tree->setVisible(visible);
    if (visible && m_inner->sizes().value(0) == 0) m_inner->setSizes({kTreeWidth, std::max(1, m_inner->width() - kTreeWidth)});
    m_showTree->setChecked(visible);
}

QWidget* WritePage::makeHeader() {
    auto* header = new QWidget;
    auto* row = new QHBoxLayout(header);
    row->setContentsMargins(4, 0, 0, 0);
    row->setSpacing(8);
    m_title = pageTitle({}, header);
    m_count = mutedLabel({}, header);
    m_newStory = new QToolButton(header);
    m_newStory->setText(tr("New story"));
    m_newStory->setIcon(icon(QStringLiteral("new-story")));
    m_newStory->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_newStory->setToolTip(tr("Clear the page and begin again with an empty cache"));
    m_showTree = new QToolButton(header);
    m_showTree->setIcon(icon(QStringLiteral("tree")));
    m_showTree->setCheckable(true);
    m_showTree->setChecked(true);
    m_showTree->setToolTip(tr("Show or hide the versions of the story"));
    m_showTree->setAccessibleName(tr("Versions"));
    m_showSamplers = new QToolButton(header);
    m_showSamplers->setIcon(icon(QStringLiteral("sliders")));
    m_showSamplers->setCheckable(true);
    m_showSamplers->setChecked(true);
    m_showSamplers->setToolTip(tr("Show or hide the samplers"));
    m_showSamplers->setAccessibleName(tr("Samplers"));
    for (QToolButton* button : {m_newStory, m_showTree, m_showSamplers}) {
        button->setAutoRaise(true);
        button->setIconSize(QSize(18, 18));
    }
    row->addWidget(m_showTree);
    row->addWidget(m_title);
    m_legend = mutedLabel({}, header);
    m_legend->setTextFormat(Qt::RichText);
    m_legend->setToolTip(
        tr("The stronger the colour behind a word, the less the network expected it: −log2 of its probability, full at 8 bits."));
    m_legend->hide();
    m_versions = new VersionSwitch(header);
    row->addWidget(m_versions);
    row->addWidget(m_count);
    row->addStretch(1);
    row->addWidget(m_legend);
    row->addWidget(m_newStory);
    row->addWidget(m_showSamplers);
    connect(m_versions, &VersionSwitch::sideways, this, &WritePage::sidewaysRequested);
    connect(m_newStory, &QToolButton::clicked, this, &WritePage::newStory);
    connect(m_showTree, &QToolButton::clicked, this, [this](bool on) {
        setTreeVisible(on);
        emit settingsChanged();
    });
    connect(m_showSamplers, &QToolButton::clicked, this, [this](bool on) {
        setSamplersVisible(on);
        emit settingsChanged();
    });
    return header;
}

QWidget* WritePage::makePromptRow() {
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    m_prompt = new PromptEdit(bar);
    m_prompt->setPlaceholderText(tr("What happens next? Leave empty to let it go on"));
    m_prompt->setAccessibleName(tr("What happens next"));
    m_write = new QPushButton(tr("Write"), bar);
    m_write->setDefault(true);
    m_write->setToolTip(tr("Let the network go on (Enter in the line at the left)"));
    m_stop = new QPushButton(tr("Stop"), bar);
    m_stop->setToolTip(tr("Stop after this token (Esc)"));
    row->addWidget(m_prompt, 1);
    row->addWidget(m_write, 0, Qt::AlignBottom);
    row->addWidget(m_stop, 0, Qt::AlignBottom);
    connect(m_prompt, &PromptEdit::submitted, this, &WritePage::write);
    connect(m_prompt, &PromptEdit::textChanged, this, [this] {
        if (!promptText().isEmpty()) emit promptTyped();
    });
    connect(m_write, &QPushButton::clicked, this, &WritePage::write);
    connect(m_stop, &QPushButton::clicked, this, &WritePage::stop);
    return bar;
}

SamplerSettings WritePage::samplers() const { return m_samplers->samplers(); }
void WritePage::setSamplers(const SamplerSettings& settings) { m_samplers->setSamplers(settings); }
QString WritePage::seedText() const { return m_samplers->seedText(); }
void WritePage::setSeedText(const QString& text) { m_samplers->setSeedText(text); }
bool WritePage::newSeedEachTime() const { return m_samplers->newSeedEachTime(); }
void WritePage::setNewSeedEachTime(bool on) { m_samplers->setNewSeedEachTime(on); }
std::int64_t WritePage::maxTokens() const { return m_samplers->maxTokens(); }
void WritePage::setMaxTokens(std::int64_t tokens) { m_samplers->setMaxTokens(tokens); }
void WritePage::setContextLimit(std::int64_t tokens) { m_samplers->setContextLimit(tokens); }

QByteArray WritePage::splitterState() const { return QByteArray(1, static_cast<char>(kStateVersion)) + m_splitter->saveState(); }

bool WritePage::restoreSplitterState(const QByteArray& state) {
    if (state.isEmpty() || state.at(0) != kStateVersion || !m_splitter->restoreState(state.mid(1))) return false;
    m_showSamplers->setChecked(samplersVisible());
    return true;
}

bool WritePage::samplersVisible() const { return !m_side->isHidden() && m_splitter->sizes().value(1) > 0; }

void WritePage::setSamplersVisible(bool visible) {
    m_side->setVisible(visible);
    if (visible && m_splitter->sizes().value(1) == 0) m_splitter->setSizes({std::max(1, width() - kPanelWidth), kPanelWidth});
    m_showSamplers->setChecked(visible);
}

QString WritePage::promptText() const { return m_prompt->toPlainText(); }
QWidget* WritePage::promptLine() const { return m_prompt; }
void WritePage::setPromptText(const QString& text) { m_prompt->setPlainText(text); }

WriteInput WritePage::input() const {
    WriteInput wanted{m_prompt->toPlainText(), samplers(), m_samplers->seed(), maxTokens(), m_samplers->beams()};
    // What a person types goes on after a word; only the gap between the two is added.
    const QString& text = m_story->storyText();
    if (!wanted.prompt.isEmpty() && !text.isEmpty() && !text.back().isSpace() &&
        (wanted.prompt.front().isLetterOrNumber() || wanted.prompt.front().isSurrogate()))
        wanted.prompt.prepend(QLatin1Char(' '));
    return wanted;
}

void WritePage::setReady(bool modelLoaded) {
    m_ready = modelLoaded;
    refresh();
}

void WritePage::setWriting(bool writing) {
    if (writing && !m_writing) {
        if (m_sent) m_prompt->clear();
        m_reason->hide();
    }
    m_sent = false;
    m_writing = writing;
    m_view->setWriting(writing);
    if (!writing) showProgress(0, 0);
    refresh();
}

void WritePage::showProgress(std::int64_t done, std::int64_t total) {
    const bool reading = m_writing && done < total;
    if (reading) {
        m_progress->setRange(0, 1000);
        m_progress->setValue(static_cast<int>(done * 1000 / total));
        m_reason->setText(tr("Reading the prompt: %1 of %2 tokens").arg(formatCount(done), formatCount(total)));
        m_reason->show();
    } else if (m_progress->isVisibleTo(this)) {
        m_reason->hide();
    }
    m_progress->setVisible(reading);
}

void WritePage::showSummary(const GenerateSummary& summary) {
    const bool searched = summary.beamScore != 0;  // nothing was drawn
    const QString rate = formatRate(summary.decodeTokensPerSecond);
    const QString how = searched ? tr("Beam search") : tr("Seed %1").arg(summary.seed);
    showMessage(QStringLiteral("%1 %2.").arg(stopSentence(summary), rate.isEmpty() ? how : QStringLiteral("%1, %2").arg(how, rate)));
    if (!searched) m_samplers->showUsedSeed(summary.seed);
}

void WritePage::showMessage(const QString& text) {
    m_reason->setText(text);
    m_reason->setVisible(!text.isEmpty());
}

void WritePage::write() {
    if (!m_ready) return;
    if (m_writing) return emit writeHeldBack();
    m_sent = true;
    emit writeRequested(input());
}

void WritePage::stop() {
    if (m_writing) emit stopRequested();
}

void WritePage::newStory() {
    showMessage({});
    emit newStoryRequested();
    if (promptText().isEmpty()) m_prompt->insertPlainText(m_samplers->opening());
    m_prompt->setFocus();
}

void WritePage::openFind() {
    if (m_stack->currentWidget() == m_view) m_find->open();
}

void WritePage::focusPrompt() {
    if (isVisible()) m_prompt->setFocus();  // a line that nobody sees must not take what is typed
}

void WritePage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (m_prompt->isEnabled()) m_prompt->setFocus();
}

void WritePage::refresh() {
    const bool text = m_story->rowCount() > 0;
    m_stack->setCurrentIndex(text || m_writing ? kStory : m_ready ? kBegin : kNoModel);
    m_write->setEnabled(m_ready && !m_writing);
    m_stop->setEnabled(m_writing);
    m_prompt->setEnabled(m_ready);
    m_newStory->setEnabled(text || m_writing);
}

// The story's first line, as much of it as the header has room for.
void WritePage::fitTitle() {
    const QString line = m_story->storyText().left(400).trimmed().section(QLatin1Char('\n'), 0, 0).simplified();
    const int others = m_newStory->sizeHint().width() + m_showTree->sizeHint().width() + m_showSamplers->sizeHint().width() +
                       (m_versions->isHidden() ? 0 : m_versions->sizeHint().width()) +
                       (m_legend->isHidden() ? 0 : m_legend->sizeHint().width()) +
                       fontMetrics().horizontalAdvance(QStringLiteral("00,000 tokens")) + 80;
    const int room = std::clamp(m_inner->sizes().value(1) - others, 60, 480);
    m_title->setText(line.isEmpty() ? tr("New story") : m_title->fontMetrics().elidedText(line, Qt::ElideRight, room));
}

void WritePage::refreshTitle() {
    fitTitle();
    const int tokens = m_story->rowCount();
    m_count->setText(tokens > 0 ? tokensText(tokens) : QString());
    // The last word written shows what the samplers left, until another is looked at.
    if (m_view->inspectedToken() < 0) {
        if (tokens > 0)
            m_samplers->showStep(m_story->step(tokens - 1));
        else
            m_samplers->clearStep();
    }
    refresh();
}

void WritePage::showAlternatives(int row) {
    const std::vector<QRectF> rects = m_view->tokenRects(row);
    QRect seen;
    for (const QRectF& rect : rects) {
        seen = rect.toAlignedRect();
        if (m_view->viewport()->rect().intersects(seen)) break;
    }
    if (row >= 0)
        m_samplers->showStep(m_story->step(row));
    else
        refreshTitle();
    if (rects.empty() || !m_view->viewport()->rect().intersects(seen)) {
        m_popup->hide();
        return;
    }
    const QPoint corner = m_view->viewport()->mapTo(this, seen.topLeft());
    const int start = m_story->start(row);
    m_popup->showStep(m_story->step(row), m_story->storyText().mid(std::max(0, start - 60), std::min(start, 60)),
                      QRect(corner, seen.size()));
}

void WritePage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fitTitle();
    if (m_popup->isVisible()) showAlternatives(m_view->inspectedToken());
}

void WritePage::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape && m_writing) return stop();
    if (event->matches(QKeySequence::Find)) return openFind();
    QWidget::keyPressEvent(event);
}

}  // namespace loom::ui
