// SPDX-License-Identifier: GPL-3.0-or-later
// PromptEdit: where a person types what happens next. Grows to four lines; Enter submits, Shift+Enter breaks the line.
#pragma once

#include <QPlainTextEdit>

namespace loom::ui {

class PromptEdit final : public QPlainTextEdit {
    Q_OBJECT
public:
    explicit PromptEdit(QWidget* parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

signals:
    void submitted();

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    [[nodiscard]] bool canInsertFromMimeData(const QMimeData* source) const override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void fitHeight();
    [[nodiscard]] int lines() const;  ///< as wrapped now
    [[nodiscard]] int heightForLines(int lines) const;
};

}  // namespace loom::ui
