// SPDX-License-Identifier: GPL-3.0-or-later
// LookFrame: what every view inside the network has: its controls and what it cost above, a note instead of nothing, values below.
#pragma once

#include <functional>
#include <memory>

#include <QWidget>

#include "core/data/look.h"
#include "widgets/inside/colour_map.h"
#include "widgets/plot/figure_menu.h"

class QHBoxLayout;
class QLabel;
class QStackedWidget;
class QToolButton;

namespace loom::ui {

class EmptyNote;

class LookFrame : public QWidget {
    Q_OBJECT

public:
    explicit LookFrame(Look look, QWidget* parent = nullptr);

    [[nodiscard]] Look look() const { return m_look; }
    /// An answer to this view's question; null = nothing is known any more, and a note says why.
    void setAnswer(const std::shared_ptr<const LookAnswer>& answer);
    [[nodiscard]] bool hasAnswer() const { return m_answer != nullptr; }
    /// What is said instead of a picture.
    void showNote(const QString& title, const QString& sentence);
    [[nodiscard]] QString note() const;
    /// The question is being answered. What is shown stays meanwhile.
    void setBusy(bool busy);
    virtual void setColourMap(ColourMapKind kind) { m_colourMap = kind; }
    /// Values under the pointer or the keyboard; empty = what the view shows, in a sentence.
    void setStatus(const QString& text);
    [[nodiscard]] QString status() const;
    [[nodiscard]] QString cost() const;

signals:
    void stopRequested();

protected:
    /// Controls go to the left end of this.
    [[nodiscard]] QHBoxLayout* bar() const { return m_bar; }
    /// `side` stays beside the picture and its note; may be null.
    void setContent(QWidget* content, QWidget* side = nullptr);
    void setSentence(const QString& sentence);
    /// What is saved; nothing while its size is empty.
    virtual Figure figure() const = 0;
    /// Shows the answer, which is of the right kind and new; null clears.
    virtual void take(const std::shared_ptr<const LookAnswer>& answer) = 0;
    [[nodiscard]] ColourMapKind colourMap() const { return m_colourMap; }
    [[nodiscard]] const std::shared_ptr<const LookAnswer>& answer() const { return m_answer; }
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void refreshCost();

    Look m_look;
    ColourMapKind m_colourMap = ColourMapKind::Cividis;
    std::shared_ptr<const LookAnswer> m_answer;
    bool m_busy = false;
    QString m_sentence;
    QHBoxLayout* m_bar;
    QHBoxLayout* m_middle;
    QStackedWidget* m_stack;
    EmptyNote* m_note;
    QLabel* m_cost;
    QLabel* m_status;
    QToolButton* m_stop;
    QToolButton* m_save;
};

}  // namespace loom::ui
