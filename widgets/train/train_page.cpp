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
        if (folder != m_training) emit trashWanted(folder);
    });
    connect(m_runs, &RunListModel::tickedChanged, this, &TrainPage::refreshCurves);
    connect(m_setup, &SetupView::startWanted, this, [this](const TrainSetup& setup) {
        m_startedName = setup.name;
        emit startWanted(setup);
    });
    RunHeader* header = m_run->header();
    connect(header, &RunHeader::pauseWanted, this, &TrainPage::pauseWanted);
    connect(header, &RunHeader::resumeWanted, this, [this] { emit resumeWanted(m_shown); });
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
    if (folder != m_training || run.points->empty()) {
        // What has come from the run itself meanwhile goes behind what was on the disk.
        std::vector<TrainPoint> points = detail.points;
        std::vector<StepStories> stories = detail.stories;
        if (folder == m_training) {
            append(points, *run.points);
            append(stories, run.stories);
        }
        *run.points = std::move(points);
        run.stories = std::move(stories);
    }
    if (m_runs->rowOf(folder) >= 0 && folder != m_training) m_runs->updateRun(detail.summary);
    if (folder == m_shown) {
        refreshHeader();
        m_run->stories()->setStories(run.stories, true);
    }
    refreshCurves();
}

void TrainPage::setStarted(const QString& folder) {
    m_training = folder;
    m_live = {};
    m_live.folder = folder.toStdString();
    m_question.reset();
    m_stopping = false;
    known(folder).note.clear();
    const int row = m_runs->rowOf(folder);
    RunSummary run;
    if (row >= 0) {
        run = m_runs->run(row);
    } else {
        run.folder = m_live.folder;
        run.name = m_startedName.empty() ? QFileInfo(folder).fileName().toStdString() : m_startedName;
        run.started = QDateTime::currentSecsSinceEpoch();
    }
    run.state = RunState::Running;
    m_runs->updateRun(run);
    m_setup->setBusy(tr("A run is going on. Pause it before another begins."));
    showRun(folder);
}

void TrainPage::addUpdate(const TrainUpdate& update) {
    const QString folder = QString::fromStdString(update.folder);
    Known& run = known(folder);
    append(*run.points, update.points);
    append(run.stories, update.stories);
    for (const std::string& note : update.notes) run.note = QString::fromStdString(note);
    m_live = update;
    m_live.points.clear();
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
    if (folder == m_shown) {
        refreshHeader();
        if (!update.stories.empty()) m_run->stories()->setStories(run.stories, false);
    }
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
    if (m_shown != m_training) showRun(m_training);
    refreshHeader();
}

void TrainPage::setEnded(const QString& folder, const QString& note) {
    m_training.clear();
    m_question.reset();
    m_stopping = false;
    known(folder).note = note;
    known(folder).asked = false;  // the disk knows more now
    m_setup->setBusy({});
    if (const int row = m_runs->rowOf(folder); row >= 0) {
        RunSummary run = m_runs->run(row);
        run.state = run.steps > 0 && run.step >= run.steps ? RunState::Finished : RunState::Stopped;
        m_runs->updateRun(run);
    }
    if (folder == m_shown) {
        refreshHeader();
        known(folder).asked = true;
        emit runWanted(folder);
    }
}

void TrainPage::runsChanged() {
    if (!m_shown.isEmpty() && m_runs->rowOf(m_shown) < 0 && m_shown != m_training) showSetup();
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
    m_run->stories()->setStories(known(folder).stories, true);
    refreshCurves();
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
    const bool live = m_shown == m_training;
    header->setLive(live ? &m_live : nullptr);
    header->setStopping(live && m_stopping);
    header->setOtherRuns(!m_training.isEmpty() && !live);
    header->setNote(known(m_shown).note);
    header->setQuestion(live && m_question ? &*m_question : nullptr);
}

void TrainPage::refreshCurves() {
    std::vector<RunCurve> curves;
    QHash<QString, QColor> colours;
    QList<QColor> taken;
    for (const QString& folder : drawn()) {
        const int row = m_runs->rowOf(folder);
        if (row < 0) continue;
        Known& run = known(folder);
        if (!run.asked && folder != m_training) {
            run.asked = true;
            emit runWanted(folder);
        }
        const RunSummary& summary = m_runs->run(row);
        const QColor colour = colourFor(summary, taken);
        taken += colour;
        colours.insert(folder, colour);
        curves.push_back({folder, QString::fromStdString(summary.name), colour, run.points});
    }
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
