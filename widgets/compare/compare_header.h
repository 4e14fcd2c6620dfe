// SPDX-License-Identifier: GPL-3.0-or-later
// CompareHeader: who is compared, from which prompt and seed, and the step clock's buttons.
#pragma once

#include <vector>

#include <QWidget>

#include "core/data/twin_update.h"

class QComboBox;
class QHBoxLayout;
class QLineEdit;
class QMenu;
class QPushButton;
class QSpinBox;
class QToolButton;

namespace loom::ui {

/// Somebody who can be chosen.
struct TwinCandidate {
    QString group;  ///< "Opened", "Shipped with the program", …
    QString title;
    TwinChoice choice;
};

/// Holds what a person has chosen; emits what is wanted of it, changes nothing else.
class CompareHeader final : public QWidget {
    Q_OBJECT

public:
    explicit CompareHeader(QWidget* parent = nullptr);

    /// In the order of groups. Asked for by candidatesWanted() each time a list opens.
    void setCandidates(std::vector<TwinCandidate> candidates);
    void setChoices(std::vector<TwinChoice> choices);
    /// Names and forms, once those chosen are opened.
    void setContestants(const std::vector<TwinContestant>& contestants);
    void setState(TwinState state);
    void setPrompt(const QString& prompt);
    void setSeed(int seed);
    /// As if chosen from the list: emits beginWanted() where that makes at least two.
    void choose(std::size_t who, const TwinChoice& choice);

    [[nodiscard]] TwinWish wish() const;
    [[nodiscard]] const std::vector<TwinChoice>& choices() const { return m_choices; }
    [[nodiscard]] QToolButton* chooser(std::size_t who) const { return m_choosers[who]; }
    [[nodiscard]] std::size_t choosers() const { return m_choosers.size(); }
    /// The list of one of them as it opens. Deletes itself when closed.
    [[nodiscard]] QMenu* menuOf(std::size_t who);
    [[nodiscard]] QPushButton* playButton() const { return m_play; }
    [[nodiscard]] QPushButton* stepButton() const { return m_step; }
    [[nodiscard]] QPushButton* restartButton() const { return m_restart; }
    [[nodiscard]] QPushButton* swapButton() const { return m_swap; }
    [[nodiscard]] QPushButton* addButton() const { return m_add; }
    [[nodiscard]] QPushButton* presentButton() const { return m_present; }
    [[nodiscard]] QComboBox* paceBox() const { return m_pace; }
    [[nodiscard]] QLineEdit* promptEdit() const { return m_prompt; }

signals:
    void candidatesWanted();
    /// Another pair, prompt or seed, or the same from the beginning.
    void beginWanted();
    void playWanted();
    void pauseWanted();
    void stepWanted();
    /// Tokens per second; 0 = as fast as they compute.
    void paceChosen(int tokensPerSecond);
    /// Large, for a projector.
    void presentToggled(bool on);
    /// A file dialog for this one.
    void folderWanted(int who);

private:
    void rebuildChoosers();
    void refresh();
    [[nodiscard]] QString titleOf(const TwinChoice& choice) const;

    std::vector<TwinCandidate> m_candidates;
    std::vector<TwinChoice> m_choices;
    std::vector<TwinContestant> m_contestants;  ///< of m_choices, or empty
    TwinState m_state = TwinState::Empty;
    QHBoxLayout* m_choiceRow;
    std::vector<QToolButton*> m_choosers;
    QPushButton *m_add, *m_swap, *m_restart, *m_play, *m_step, *m_present;
    QLineEdit* m_prompt;
    QSpinBox* m_seed;
    QComboBox* m_pace;
};

}  // namespace loom::ui
