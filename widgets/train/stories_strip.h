// SPDX-License-Identifier: GPL-3.0-or-later
// StoriesStrip: the stories that a run wrote at each measurement, on a slider.
#pragma once

#include <vector>

#include <QWidget>

#include "core/data/train_update.h"

class QHBoxLayout;
class QLabel;
class QScrollArea;
class QSlider;
class QToolButton;

namespace loom::ui {

/// Follows the newest measurement until a person has moved to an older one. The prompts are the same each time, so that what changes is
/// what the network has learnt.
class StoriesStrip final : public QWidget {
    Q_OBJECT

public:
    explicit StoriesStrip(QWidget* parent = nullptr);

    /// `begins`: another run, so the newest is shown.
    void setStories(std::vector<StepStories> stories, bool begins);
    /// The measurement next to this step, as the curve's pointer goes along.
    void showStep(std::int64_t step);
    [[nodiscard]] std::int64_t shownStep() const;  ///< −1 where there is none
    [[nodiscard]] QString shownText() const;       ///< of all stories in view
    [[nodiscard]] QSlider* slider() const { return m_slider; }

protected:
    void changeEvent(QEvent* event) override;

private:
    void refresh();

    std::vector<StepStories> m_stories;
    QLabel* m_title;
    QLabel* m_note;
    QSlider* m_slider;
    QToolButton *m_older, *m_newer;
    QScrollArea* m_area;
    QHBoxLayout* m_row;
    std::vector<QLabel*> m_texts;
    bool m_follows = true;
    bool m_quiet = false;
};

}  // namespace loom::ui
