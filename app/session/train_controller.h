// SPDX-License-Identifier: GPL-3.0-or-later
// TrainController: the window's side of training. Every call returns at once; what happens comes back as signals.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <QObject>
#include <QString>
#include <QStringList>

#include "core/data/error.h"
#include "core/data/ids.h"
#include "core/data/model_card.h"
#include "core/data/overlay_data.h"
#include "core/data/train_setup.h"
#include "core/data/train_update.h"
#include "core/data/training_plan.h"

namespace loom::session {

class TrainingBackend;
struct TrainPrivate;
/// As in training_backend.h.
using TrainingFactory = std::function<std::unique_ptr<TrainingBackend>()>;

/// Lives in the GUI thread and owns three lanes: Training, where one run at a time may take hours at a lower priority than everything else;
/// Runs, where lists and curves are read; Planning, where a few seconds are measured. None of them shares a thread with writing.
///
/// The destructor asks the run to stop, which saves a checkpoint, and waits for that: at most one micro-batch and one file.
class TrainController : public QObject {
    Q_OBJECT
public:
    explicit TrainController(QObject* parent = nullptr);
    explicit TrainController(const TrainingFactory& factory, QObject* parent = nullptr);
    ~TrainController() override;

    /// Configurations known by name.
    [[nodiscard]] std::vector<TrainChoice> choices() const;
    /// Reads the curves of the networks in a folder of models; ends with referencesRead().
    void readReferences(const QString& models);

    /// Begins a run, or twins, in a folder of its own; started() follows at once. Does nothing and returns an empty text while a run is
    /// going on.
    QString start(const TrainSetup& setup);
    /// Goes on with a run or a group of twins; otherwise as start().
    void resume(const QString& folder);
    /// Ends the run after the current micro-batch with a checkpoint; ended() follows.
    void stop();
    /// To the last asked().
    void answer(TrainAnswer answer);
    [[nodiscard]] bool isTraining() const;
    /// Of the run or the group that is going on; empty = none.
    [[nodiscard]] QString folder() const;
    /// That are going on: the run itself, or the twins of the group.
    [[nodiscard]] QStringList runs() const;
    /// Training, Runs and Planning, for the debug overlay.
    [[nodiscard]] std::vector<LaneState> lanes() const;

    /// What a setup takes: planned(), twice where time must be measured, or planFailed(). A later call replaces an earlier one.
    void plan(const TrainSetup& setup);
    /// What its stories look like: looked() or lookFailed(). A later call replaces an earlier one.
    void look(const TrainSetup& setup);

    /// Ends with runsListed().
    void refreshRuns();
    /// Ends with runRead().
    void readRun(const QString& folder);
    /// Each ends with runsListed(), or with failed().
    void rename(const QString& folder, const QString& name);
    void setNotes(const QString& folder, const QString& notes);
    void moveToTrash(const QString& folder);
    /// Ends with said() or failed(). The file's ending decides: .csv, .jsonl, .html.
    void exportRuns(const QStringList& folders, const QString& file);

signals:
    /// `runs`: the folder itself, or where it is a group those of its twins.
    void started(const QString& folder, const QStringList& runs);
    /// Of a run, of one of the twins, or (phases and notes) of their group. At most 10 a second, the last ones always.
    void updated(std::shared_ptr<const loom::TrainUpdate> update);
    /// The run waits for answer().
    void asked(std::shared_ptr<const loom::TrainQuestion> question);
    void ended(std::shared_ptr<const loom::TrainEnd> end);
    /// The run ended with an error; what was saved stays.
    void trainingFailed(const QString& folder, const QString& message);
    /// `final`: with the measurement; nothing follows.
    void planned(std::shared_ptr<const loom::TrainingPlan> plan, bool final);
    void measuring(qint64 done, qint64 total);
    void planFailed(const QString& message);
    void looked(std::shared_ptr<const loom::DataLook> look);
    void lookFailed(const QString& message);
    void runsListed(std::shared_ptr<const std::vector<loom::RunSummary>> runs);
    void runRead(std::shared_ptr<const loom::RunDetail> record);
    void referencesRead(std::shared_ptr<const std::vector<loom::ReferenceCurve>> references);
    /// Something that was done, in a sentence.
    void said(const QString& message);
    void failed(const QString& message);

private:
    void begin(const QString& folder, const TrainSetup* setup);

    std::unique_ptr<TrainPrivate> d;
};

}  // namespace loom::session
