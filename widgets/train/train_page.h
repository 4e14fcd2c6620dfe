// SPDX-License-Identifier: GPL-3.0-or-later
// TrainPage: runs at the left; at the right a new one being set up, or one of them with its curves and stories.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <QHash>
#include <QTimer>
#include <QWidget>

#include "core/data/train_setup.h"
#include "core/data/train_update.h"
#include "core/data/training_plan.h"
#include "widgets/plot/run_curves.h"

class QMenu;
class QSplitter;
class QStackedWidget;

namespace loom::ui {

class RunListModel;
class RunListPanel;
class RunView;
class SetupView;

/// Knows the runs as values; whoever trains and reads them is elsewhere. The RunListModel is fed by its owner and by addUpdate().
class TrainPage final : public QWidget {
    Q_OBJECT

public:
    explicit TrainPage(RunListModel* runs, QWidget* parent = nullptr);

    void setGhosts(std::vector<GhostCurve> ghosts);
    /// What is on the disk; answers runWanted().
    void setDetail(const RunDetail& detail);
    /// A run has been begun or is resumed, or twins, of which `runs` are the folders: shows it, or the first twin with all curves.
    void setStarted(const QString& folder, const QStringList& runs);
    /// Of one of the runs that go on, or of their group.
    void addUpdate(const TrainUpdate& update);
    void setStopping();
    void setQuestion(const TrainQuestion& question);
    /// What was going on is not any more; `note` says why where that is not plain.
    void setEnded(const QString& folder, const QString& note);
    /// The list has been read anew.
    void runsChanged();

    void showSetup();
    void showRun(const QString& folder);
    /// The run that is shown; empty = a new one is being set up.
    [[nodiscard]] QString shown() const { return m_shown; }
    /// The run or the group that is going on; empty = none.
    [[nodiscard]] QString training() const { return m_training; }
    [[nodiscard]] bool isGoing(const QString& run) const { return m_live.contains(run); }
    [[nodiscard]] SetupView* setupView() const { return m_setup; }
    [[nodiscard]] RunView* runView() const { return m_run; }
    [[nodiscard]] RunListPanel* list() const { return m_list; }
    [[nodiscard]] QByteArray splitterState() const;
    void restoreSplitter(const QByteArray& state);
    /// The menu of a run: rename, notes, export, trash. Deletes itself when closed.
    [[nodiscard]] QMenu* runMenu(const QString& folder);

signals:
    void startWanted(const loom::TrainSetup& setup);
    void pauseWanted();
    /// A run's folder, or its group's.
    void resumeWanted(const QString& folder);
    void answered(loom::TrainAnswer answer);
    void runWanted(const QString& folder);
    void notesWanted(const QString& folder, const QString& notes);
    void trashWanted(const QString& folder);
    /// `inside`: to look inside, else to write.
    void openWanted(const QString& folder, bool inside);
    void exportWanted(const QStringList& folders, const QString& file);

protected:
    void showEvent(QShowEvent* event) override;

private:
    /// What is known of a run.
    struct Known {
        std::shared_ptr<std::vector<TrainPoint>> points = std::make_shared<std::vector<TrainPoint>>();
        std::vector<StepStories> stories;
        RunSettings settings;
        QString note;
        bool asked = false;  ///< for what is on the disk
    };
    Known& known(const QString& folder);
    void refreshHeader();
    void refreshCurves();
    void refreshStories(bool begins);
    void addGroupUpdate(const TrainUpdate& update);
    void curvesChanged(std::size_t points);
    void askNotes(const QString& folder);
    void askExport(const QString& folder);
    [[nodiscard]] QStringList drawn() const;
    /// The twins of a run that are listed, itself among them; only itself where it has none.
    [[nodiscard]] QStringList twinsOf(const QString& folder) const;

    RunListModel* m_runs;
    RunListPanel* m_list;
    QSplitter* m_splitter;
    QStackedWidget* m_stack;
    SetupView* m_setup;
    RunView* m_run;
    QHash<QString, std::shared_ptr<Known>> m_known;
    QHash<QString, QColor> m_colours;  ///< of the runs that are drawn
    QString m_shown;
    QString m_training;
    QHash<QString, TrainUpdate> m_live;  ///< of each run that goes on: the last update, without its points
    std::optional<TrainQuestion> m_question;
    bool m_stopping = false;
    std::string m_startedName;
    QTimer m_later;  ///< long curves are drawn less often
};

}  // namespace loom::ui
