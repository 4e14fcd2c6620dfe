// SPDX-License-Identifier: GPL-3.0-or-later
// PlanBox: what a run will take, and the button that begins it.
#pragma once

#include <array>
#include <optional>

#include <QWidget>

#include "core/data/training_plan.h"

class QLabel;
class QProgressBar;
class QPushButton;

namespace loom::ui {

class ByteBar;

class PlanBox final : public QWidget {
    Q_OBJECT

public:
    explicit PlanBox(QWidget* parent = nullptr);

    /// Parameters that are known before any plan; 0 = not yet.
    void setParameters(std::int64_t parameters);
    /// `final`: nothing is measured any more.
    void setPlan(const TrainingPlan& plan, bool final);
    /// Another setup: what was shown is not true any more.
    void forget();
    void setMeasuring(qint64 done, qint64 total);
    void setProblem(const QString& problem);
    /// Why a run cannot begin, whatever the plan says; empty = it can.
    void setBlocked(const QString& why);

    /// Empty where a press on Start begins a run.
    [[nodiscard]] QString whyNot() const;
    [[nodiscard]] QPushButton* startButton() const { return m_start; }
    [[nodiscard]] QString text() const;  ///< all that is said, line by line

signals:
    void startWanted();

private:
    void refresh();

    struct Row {
        QLabel *name, *value;
        ByteBar* bar;
    };
    QLabel *m_parameters, *m_parametersNote, *m_time, *m_timeNote, *m_memory, *m_memoryNote, *m_why;
    std::array<Row, 5> m_rows{};
    QProgressBar* m_progress;
    QPushButton* m_start;
    std::optional<TrainingPlan> m_plan;
    std::int64_t m_known = 0;
    bool m_final = false;
    QString m_problem, m_blocked;
};

}  // namespace loom::ui
