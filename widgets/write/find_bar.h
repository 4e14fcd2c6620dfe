// SPDX-License-Identifier: GPL-3.0-or-later
// FindBar: find in story, a thin line above the text.
#pragma once

#include <QWidget>

class QLabel;
class QLineEdit;

namespace loom::ui {

class StoryView;

class FindBar final : public QWidget {
    Q_OBJECT
public:
    explicit FindBar(StoryView* view, QWidget* parent = nullptr);

public slots:
    void open();   ///< shows itself, takes the selected words as what to find
    void close();  ///< and gives the focus back to the story

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void find(bool backward, bool stay);

    StoryView* m_view;
    QLineEdit* m_text;
    QLabel* m_count;
};

}  // namespace loom::ui
