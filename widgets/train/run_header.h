// SPDX-License-Identifier: GPL-3.0-or-later
// RunHeader: which run this is, how far it is, what can be done with it, and what it asks.
#pragma once

#include <memory>
#include <vector>

#include <QWidget>

#include "core/data/run_summary.h"
#include "core/data/train_update.h"

class QLabel;
class QHBoxLayout;
class QProgressBar;
class QPushButton;

namespace loom::ui {

class RunHeader final : public QWidget {
    Q_OBJECT

public:
    explicit RunHeader(QWidget* parent = nullptr);

    void setRun(const RunSummary& run);
    /// Of the run that is going on here: its last update. Null = it is not going on.
    void setLive(const TrainUpdate* update);
    /// The run has been asked to stop and has not ended yet.
    void setStopping(bool stopping);
    /// Whether another run is going on, so that this one cannot be resumed.
    void setOtherRuns(bool other);
    /// How many runs of its group there are, itself included; 1 = it has no twin.
    void setTwins(int twins);
    /// A line about what happened; empty = none.
    void setNote(const QString& note);
    void setQuestion(const TrainQuestion* question);

    [[nodiscard]] QString statusText() const;
    [[nodiscard]] QString questionText() const;
    [[nodiscard]] QPushButton* pauseButton() const { return m_pause; }
    [[nodiscard]] QPushButton* resumeButton() const { return m_resume; }
    [[nodiscard]] QPushButton* openButton() const { return m_open; }
    [[nodiscard]] QPushButton* insideButton() const { return m_inside; }
    /// In the order of the question's answers.
    [[nodiscard]] const std::vector<QPushButton*>& answerButtons() const { return m_answers; }
    [[nodiscard]] static QString answerText(TrainAnswer answer);

signals:
    void pauseWanted();
    void resumeWanted();
    void openWanted();
    void insideWanted();
    void moreWanted(const QPoint& globalPos);
    void answered(loom::TrainAnswer answer);

private:
    void refresh();
    [[nodiscard]] QString progressText() const;

    QLabel *m_name, *m_facts, *m_status, *m_note;
    QProgressBar* m_progress;
    QPushButton *m_pause, *m_resume, *m_open, *m_inside, *m_more;
    QWidget* m_questionBar;
    QLabel* m_question;
    QHBoxLayout* m_answerRow;
    std::vector<QPushButton*> m_answers;
    RunSummary m_run;
    bool m_live = false;
    bool m_stopping = false;
    bool m_other = false;
    int m_twins = 1;
    QString m_phase;
    double m_phaseShare = 0;
    double m_secondsLeft = 0;
    double m_tokensPerSecond = 0;
};

}  // namespace loom::ui
