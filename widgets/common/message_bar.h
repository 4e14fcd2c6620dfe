// SPDX-License-Identifier: GPL-3.0-or-later
// MessageBar: one message above the pages that waits for nobody: what went wrong and what to do about it.
#pragma once

#include <QFrame>
#include <QString>

class QLabel;
class QToolButton;

namespace loom::ui {

/// Hidden until there is something to say; a later message replaces the one shown. The text can be selected and copied;
/// the cross or Esc puts it away.
class MessageBar final : public QFrame {
    Q_OBJECT
public:
    enum class Kind { Problem, Notice };

    explicit MessageBar(QWidget* parent = nullptr);
    [[nodiscard]] QString text() const;

public slots:
    void showMessage(const QString& text, loom::ui::MessageBar::Kind kind = Kind::Problem);
    void dismiss();

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QLabel* m_icon;
    QLabel* m_text;
    QToolButton* m_close;
    Kind m_kind = Kind::Problem;
};

}  // namespace loom::ui
