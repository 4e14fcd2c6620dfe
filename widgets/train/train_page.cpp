// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/train/train_page.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <QBoxLayout>
#include <QDateTime>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QMenu>
#include <QSplitter>
#include <QStackedWidget>

#include "widgets/common/theme.h"
#include "widgets/itemmodels/run_list_model.h"
#include "widgets/train/run_header.h"
#include "widgets/train/run_list_panel.h"
#include "widgets/train/run_view.h"
#include "widgets/train/setup_view.h"
#include "widgets/train/stories_strip.h"

namespace loom::ui {
namespace {

constexpr std::size_t kManyPoints = 20'000;  ///< from here on curves are drawn twice a second
constexpr std::chrono::milliseconds kDrawManyEvery{500};

/// A run has the colour of its form where no other has it, so that MHA and MLA look as everywhere else.
QColor colourFor(const RunSummary& run, const QList<QColor>& taken) {
    QList<QColor> wishes;
    const QString form = QString::fromStdString(run.form);
    if (form.startsWith(QLatin1String("MLA"))) wishes += colour(Meaning::Latent);
    if (form.startsWith(QLatin1String("MHA"))) wishes += colour(Meaning::FullCache);
    for (const Meaning meaning :
         {Meaning::Weights, Meaning::Optimiser, Meaning::RotaryKey, Meaning::Content, Meaning::Latent, Meaning::FullCache})
        wishes += colour(meaning);
    for (const QColor& wish : wishes)
        if (!taken.contains(wish)) return wish;
    return colour(Meaning::Other);
}

/// New points behind the old ones; a step that is there already begins again there.
void append(std::vector<TrainPoint>& points, const std::vector<TrainPoint>& more) {
    for (const TrainPoint& point : more) {
        while (!points.empty() && points.back().step >= point.step) points.pop_back();
        points.push_back(point);
    }
}

void append(std::vector<StepStories>& stories, const std::vector<StepStories>& more) {
    for (const StepStories& step : more) {
        while (!stories.empty() && stories.back().step >= step.step) stories.pop_back();
        stories.push_back(step);
    }
}

}  // namespace

TrainPage::TrainPage(RunListModel* runs, QWidget* parent)
    : QWidget(parent),
      m_runs(runs),
      m_list(new RunListPanel(runs, this)),
      m_splitter(new QSplitter(Qt::Horizontal, this)),
      m_stack(new QStackedWidget(this)),
      m_setup(new SetupView(m_stack)),
      m_run(new RunView(m_stack)) {
    m_stack->addWidget(m_setup);
    m_stack->addWidget(m_run);
    m_list->setMinimumWidth(200);
    m_splitter->addWidget(m_list);
    m_splitter->addWidget(m_stack);
    m_splitter->setStretchFactor(0, 0);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setSizes({260, 1000});
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_splitter);
    m_later.setSingleShot(true);
    m_later.setInterval(kDrawManyEvery);
    connect(&m_later, &QTimer::timeout, this, &TrainPage::refreshCurves);

    connect(m_list, &RunListPanel::newRunWanted, this, &TrainPage::showSetup);
    connect(m_list, &RunListPanel::chosen, this, &TrainPage::showRun);
    connect(m_list, &RunListPanel::menuWanted, this, [this](const QString& folder, QPoint at) { runMenu(folder)->popup(at); });
    connect(m_list, &RunListPanel::trashWanted, this, [this](const QString& folder) {
        if (!isGoing(folder)) emit trashWanted(folder);
    });
    connect(m_runs, &RunListModel::tickedChanged, this, [this] {
        refreshCurves();
        refreshStories(false);
    });
    connect(m_setup, &SetupView::startWanted, this, [this](const TrainSetup& setup) {
        m_startedName = setup.name;
        emit startWanted(setup);
    });
    RunHeader* header = m_run->header();
    connect(header, &RunHeader::pauseWanted, this, &TrainPage::pauseWanted);
    connect(header, &RunHeader::resumeWanted, this, [this] {
        const int row = m_runs->rowOf(m_shown);
        const QString group = row < 0 ? QString() : QString::fromStdString(m_runs->run(row).twinGroup);
        emit resumeWanted(group.isEmpty() ? m_shown : group);
    });
    connect(header, &RunHeader::openWanted, this, [this] { emit openWanted(m_shown, false); });
    connect(header, &RunHeader::insideWanted, this, [this] { emit openWanted(m_shown, true); });
    connect(header, &RunHeader::moreWanted, this, [this](QPoint at) { runMenu(m_shown)->popup(at); });
    connect(header, &RunHeader::answered, this, [this](TrainAnswer answer) {
        m_question.reset();
        refreshHeader();
        emit answered(answer);
    });
    showSetup();
}

TrainPage::Known& TrainPage::known(const QString& folder) {
    auto& entry = m_known[folder];
    if (!entry) entry = std::make_shared<Known>();
    return *entry;
}

void TrainPage::setGhosts(std::vector<GhostCurve> ghosts) { m_run->setGhosts(ghosts); }

void TrainPage::setDetail(const RunDetail& detail) {
    const QString folder = QString::fromStdString(detail.summary.folder);
    Known& run = known(folder);
    run.asked = true;
    run.settings = detail.settings;
    if (!isGoing(folder) || run.points->empty()) {
        // What has come from the run itself meanwhile goes behind what was on the disk.
        std::vector<TrainPoint> points = detail.points;
        std::vector<StepStories> stories = detail.stories;
        if (isGoing(folder)) {
            append(points, *run.points);
            append(stories, run.stories);
        }
        *run.points = std::move(points);
        run.stories = std::move(stories);
    }
    if (m_runs->rowOf(folder) >= 0 && !isGoing(folder)) m_runs->updateRun(detail.summary);
    if (folder == m_shown) refreshHeader();
    refreshCurves();
    refreshStories(folder == m_shown);
}

void TrainPage::setStarted(const QString& folder, const QStringList& runs) {
    m_training = folder;
    m_live.clear();
    m_question.reset();
    m_stopping = false;
    const std::string name = m_startedName.empty() ? QFileInfo(folder).fileName().toStdString() : m_startedName;
    for (auto it = runs.crbegin(); it != runs.crend(); ++it) {  // new ones go to the front of the list
        m_live[*it].folder = it->toStdString();
        known(*it).note.clear();
        RunSummary run;
        if (const int row = m_runs->rowOf(*it); row >= 0) {
            run = m_runs->run(row);
        } else {
            run.folder = it->toStdString();
            run.name = *it == folder ? name : name + ", " + QFileInfo(*it).fileName().toStdString();
            run.started = QDateTime::currentSecsSinceEpoch();
            if (*it != folder) run.twinGroup = folder.toStdString();
        }
        run.state = RunState::Running;
        m_runs->updateRun(run);
    }
    m_setup->setBusy(tr("A run is going on. Pause it before another begins."));
    if (!runs.contains(m_shown) && !runs.isEmpty()) m_shown = runs.front();
    if (runs.size() > 1)
        for (const QString& run : runs) m_runs->setTicked(run, true);
    showRun(m_shown);
}

void TrainPage::addGroupUpdate(const TrainUpdate& update) {
    for (auto it = m_live.begin(); it != m_live.end(); ++it) {
        it->phase = update.phase;
        it->phaseDone = update.phaseDone;
        it->phaseTotal = update.phaseTotal;
        for (const std::string& note : update.notes) known(it.key()).note = QString::fromStdString(note);
    }
    refreshHeader();
}

void TrainPage::addUpdate(const TrainUpdate& update) {
    const QString folder = QString::fromStdString(update.folder);
    if (folder == m_training && !isGoing(folder)) return addGroupUpdate(update);
    Known& run = known(folder);
    append(*run.points, update.points);
    append(run.stories, update.stories);
    for (const std::string& note : update.notes) run.note = QString::fromStdString(note);
    if (const auto live = m_live.find(folder); live != m_live.end()) {
        *live = update;
        live->points.clear();
    }
    const int row = m_runs->rowOf(folder);
    if (row >= 0) {
        RunSummary summary = m_runs->run(row);
        summary.state = RunState::Running;
        if (update.steps > 0) summary.steps = update.steps;
        summary.tokensPerSecond = update.tokensPerSecond;
        for (const TrainPoint& point : update.points) {
            summary.step = point.step;
            summary.tokens = point.tokens;
            summary.seconds = point.seconds;
            summary.loss = point.loss;
            if (!point.validationLoss) continue;
            summary.validationLoss = point.validationLoss;
            if (summary.bestLoss && *summary.bestLoss <= *point.validationLoss) continue;
            summary.bestLoss = point.validationLoss;
            summary.bestStep = point.step;
        }
        m_runs->updateRun(summary);
    }
    if (folder == m_shown || isGoing(m_shown)) refreshHeader();  // twins share the time that is left
    if (!update.stories.empty()) refreshStories(false);
    if (!update.points.empty() && drawn().contains(folder)) curvesChanged(run.points->size());
}

void TrainPage::curvesChanged(std::size_t points) {
    if (points < kManyPoints) return refreshCurves();
    if (!m_later.isActive()) m_later.start();
}

void TrainPage::setStopping() {
    m_stopping = true;
    refreshHeader();
}

void TrainPage::setQuestion(const TrainQuestion& question) {
    m_question = question;
    if (const QString asks = QString::fromStdString(question.folder); m_shown != asks) showRun(asks);
    refreshHeader();
}

void TrainPage::setEnded(const QString& folder, const QString& note) {
    QStringList ended = m_live.keys();
    if (ended.isEmpty()) ended += folder;
    m_training.clear();
    m_live.clear();
    m_question.reset();
    m_stopping = false;
    m_setup->setBusy({});
    for (const QString& each : ended) {
        known(each).note = note;
        known(each).asked = false;  // the disk knows more now
        const int row = m_runs->rowOf(each);
        if (row < 0) continue;
        RunSummary run = m_runs->run(row);
        run.state = run.steps > 0 && run.step >= run.steps ? RunState::Finished : RunState::Stopped;
        m_runs->updateRun(run);
    }
    if (ended.contains(m_shown)) refreshHeader();
    refreshCurves();  // asks for what is drawn
}

void TrainPage::runsChanged() {
    if (!m_shown.isEmpty() && m_runs->rowOf(m_shown) < 0 && !isGoing(m_shown)) showSetup();
    m_list->setCurrent(m_shown);
    refreshHeader();
    refreshCurves();
}

void TrainPage::showSetup() {
    m_shown.clear();
    m_stack->setCurrentWidget(m_setup);
    m_list->setCurrent({});
    if (isVisible() && !m_setup->isKnown()) m_setup->ask();
}

void TrainPage::showRun(const QString& folder) {
    if (folder.isEmpty()) return showSetup();
    m_shown = folder;
    m_stack->setCurrentWidget(m_run);
    m_list->setCurrent(folder);
    refreshHeader();
    refreshCurves();
    refreshStories(true);
}

QStringList TrainPage::twinsOf(const QString& folder) const {
    const int row = m_runs->rowOf(folder);
    const std::string group = row < 0 ? std::string() : m_runs->run(row).twinGroup;
    QStringList twins;
    for (int i = 0; !group.empty() && i < m_runs->rowCount(); ++i)
        if (m_runs->run(i).twinGroup == group) twins += QString::fromStdString(m_runs->run(i).folder);
    return twins.isEmpty() ? QStringList{folder} : twins;
}

void TrainPage::refreshStories(bool begins) {
    if (m_shown.isEmpty()) return;
    std::vector<RunStories> runs;
    for (const QString& folder : drawn()) {
        const int row = m_runs->rowOf(folder);
        const std::string name = row < 0 ? std::string() : m_runs->run(row).name;
        if (folder == m_shown || !known(folder).stories.empty())
            runs.push_back({QString::fromStdString(name), m_colours.value(folder), known(folder).stories});
    }
    m_run->stories()->setStories(std::move(runs), begins);
}

QStringList TrainPage::drawn() const {
    QStringList folders = m_runs->ticked();
    if (!m_shown.isEmpty()) {
        folders.removeAll(m_shown);
        folders.prepend(m_shown);
    }
    return folders;
}

void TrainPage::refreshHeader() {
    if (m_shown.isEmpty()) return;
    RunHeader* header = m_run->header();
    const int row = m_runs->rowOf(m_shown);
    if (row >= 0) header->setRun(m_runs->run(row));
    const auto live = m_live.constFind(m_shown);
    const bool going = live != m_live.constEnd();
    TrainUpdate shown;
    if (going) {
        shown = *live;
        shown.secondsLeft = 0;  // twins take turns
        for (const TrainUpdate& each : m_live) shown.secondsLeft += each.secondsLeft;
    }
    header->setLive(going ? &shown : nullptr);
    header->setStopping(going && m_stopping);
    header->setOtherRuns(!m_training.isEmpty() && !going);
    header->setTwins(static_cast<int>(twinsOf(m_shown).size()));
    header->setNote(known(m_shown).note);
    header->setQuestion(m_question && m_question->folder == m_shown.toStdString() ? &*m_question : nullptr);
}

void TrainPage::refreshCurves() {
    std::vector<RunCurve> curves;
    QHash<QString, QColor> colours;
    QList<QColor> taken;
    for (const QString& folder : drawn()) {
        const int row = m_runs->rowOf(folder);
        if (row < 0) continue;
        Known& run = known(folder);
        if (!run.asked && !isGoing(folder)) {
            run.asked = true;
            emit runWanted(folder);
        }
        const RunSummary& summary = m_runs->run(row);
        const QColor colour = colourFor(summary, taken);
        taken += colour;
        colours.insert(folder, colour);
        curves.push_back({folder, QString::fromStdString(summary.name), colour, run.points});
    }
    m_colours = colours;
    m_runs->setColours(colours);
    if (!m_shown.isEmpty()) m_run->setCurves(curves);
}

QMenu* TrainPage::runMenu(const QString& folder) {
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    const int row = m_runs->rowOf(folder);
    const bool there = row >= 0;
    const bool broken = there && m_runs->run(row).state == RunState::Broken;
    const bool going = there && m_runs->run(row).state == RunState::Running;
    const auto add = [&](const QString& text, bool enabled, auto what, const QString& why = {}) {
        QAction* action = menu->addAction(text, this, what);
        action->setEnabled(there && enabled);
        action->setToolTip(enabled ? QString() : why);
        return action;
    };
    const QString unreadable = tr("This run cannot be read.");
    add(
        tr("Open in &Write"), !broken, [this, folder] { emit openWanted(folder, false); }, unreadable);
    add(
        tr("Look &inside"), !broken, [this, folder] { emit openWanted(folder, true); }, unreadable);
    menu->addSeparator();
    add(
        tr("Re&name"), !broken, [this, folder] { m_list->rename(folder); }, unreadable);
    add(
        tr("No&tes…"), !broken, [this, folder] { askNotes(folder); }, unreadable);
    add(
        tr("E&xport…"), !broken, [this, folder] { askExport(folder); }, unreadable)
        ->setStatusTip(tr("This run and the ticked ones, as a report or a table"));
    menu->addSeparator();
    add(
        tr("Move to &trash"), !going, [this, folder] { emit trashWanted(folder); }, tr("This run is going on."));
    return menu;
}

void TrainPage::askNotes(const QString& folder) {
    const int row = m_runs->rowOf(folder);
    if (row < 0) return;
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setOption(QInputDialog::UsePlainTextEditForTextInput);
    dialog->setWindowTitle(tr("Notes"));
    dialog->setLabelText(tr("What you want to remember of %1").arg(QString::fromStdString(m_runs->run(row).name)));
    dialog->setTextValue(QString::fromStdString(m_runs->run(row).notes));
    connect(dialog, &QInputDialog::textValueSelected, this, [this, folder](const QString& notes) { emit notesWanted(folder, notes); });
    dialog->open();
}

void TrainPage::askExport(const QString& folder) {
    QStringList folders = m_runs->ticked();
    folders.removeAll(folder);
    folders.prepend(folder);
    const int row = m_runs->rowOf(folder);
    const QString name = row < 0 ? QString() : QFileInfo(folder).fileName();
    auto* dialog = new QFileDialog(this, folders.size() > 1 ? tr("Export this run and the ticked ones") : tr("Export this run"),
                                   name + QStringLiteral(".html"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    const std::array filters{std::pair{tr("Report for any browser (*.html)"), QStringLiteral("html")},
                             std::pair{tr("Table (*.csv)"), QStringLiteral("csv")},
                             std::pair{tr("JSON lines (*.jsonl)"), QStringLiteral("jsonl")}};
    QStringList names;
    for (const auto& filter : filters) names += filter.first;
    dialog->setNameFilters(names);
    dialog->setDefaultSuffix(QStringLiteral("html"));
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog, filters](const QString& chosen) {
        for (const auto& filter : filters)
            if (filter.first == chosen) dialog->setDefaultSuffix(filter.second);
    });
    connect(dialog, &QFileDialog::fileSelected, this, [this, folders](const QString& file) { emit exportWanted(folders, file); });
    dialog->open();
}

void TrainPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (m_shown.isEmpty() && !m_setup->isKnown()) m_setup->ask();
}

QByteArray TrainPage::splitterState() const { return m_splitter->saveState(); }

void TrainPage::restoreSplitter(const QByteArray& state) {
    if (!state.isEmpty()) m_splitter->restoreState(state);
}

}  // namespace loom::ui
