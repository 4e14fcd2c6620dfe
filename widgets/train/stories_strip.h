// SPDX-License-Identifier: GPL-3.0-or-later
// StoriesStrip: the stories that runs wrote at each measurement, on a slider.
#pragma once

#include <vector>

#include <QColor>
#include <QString>
#include <QWidget>

#include "core/data/train_update.h"

class QGridLayout;
class QLabel;
class QScrollArea;
class QSlider;
class QToolButton;

namespace loom::ui {

/// What one run wrote.
struct RunStories {
    QString name;
    QColor colour;  ///< of its curve
    std::vector<StepStories> steps;
};

/// The first run decides which measurements there are; of each other one, what it wrote next to that step stands below. Follows the newest
/// measurement until a person has moved to an older one. The prompts are the same each time, so that what changes is what the network has
/// learnt.
class StoriesStrip final : public QWidget {
    Q_OBJECT

public:
    explicit StoriesStrip(QWidget* parent = nullptr);

    /// `begins`: another first run, so the newest is shown.
    void setStories(std::vector<RunStories> runs, bool begins);
    /// The measurement next to this step, as the curve's pointer goes along.
    void showStep(std::int64_t step);
    [[nodiscard]] std::int64_t shownStep() const;  ///< −1 where there is none
    [[nodiscard]] QString shownText() const;       ///< of all stories in view
    [[nodiscard]] QSlider* slider() const { return m_slider; }

protected:
    void changeEvent(QEvent* event) override;

private:
    void refresh();

    /// Of the first run.
    [[nodiscard]] const std::vector<StepStories>& steps() const;
    [[nodiscard]] const StepStories* shownOf(const RunStories& run) const;
    [[nodiscard]] QLabel* newText();

    std::vector<RunStories> m_runs;
    QLabel* m_title;
    QLabel* m_note;
    QSlider* m_slider;
    QToolButton *m_older, *m_newer;
    QScrollArea* m_area;
    QGridLayout* m_grid;
    std::vector<QLabel*> m_names;               ///< a line above each run's stories, where there are several
    std::vector<std::vector<QLabel*>> m_texts;  ///< [run][story]
    bool m_follows = true;
    bool m_quiet = false;
};

}  // namespace loom::ui
