// SPDX-License-Identifier: GPL-3.0-or-later
// EmptyNote: a page that has nothing to show yet says what will be here.
#pragma once

#include <QWidget>

class QLabel;

namespace loom::ui {

class EmptyNote final : public QWidget {
    Q_OBJECT

public:
    explicit EmptyNote(QWidget* parent = nullptr);
    void setTexts(const QString& title, const QString& sentence);
    [[nodiscard]] QString title() const;

private:
    QLabel* m_title;
    QLabel* m_sentence;
};

}  // namespace loom::ui
