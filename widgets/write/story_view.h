// SPDX-License-Identifier: GPL-3.0-or-later
// StoryView: the story as text. Selection and copying work as everywhere; tokens are known behind the text.
#pragma once

#include <vector>

#include <QPlainTextEdit>
#include <QRectF>

#include "widgets/write/token_colours.h"

class QTimer;

namespace loom::ui {

class StoryModel;

/// Read-only. Follows the model; scrolls along only while the end is in view. Document positions equal offsets in
/// StoryModel::storyText().
class StoryView final : public QPlainTextEdit {
    Q_OBJECT
public:
    explicit StoryView(StoryModel* model, QWidget* parent = nullptr);

    void setWriting(bool writing);  ///< shows the caret mark at the end
    /// Tokens that a person put in place of others: rows [first, second), underlined.
    void setEdited(std::vector<std::pair<int, int>> rows);
    void setColouring(TokenColouring colouring);
    [[nodiscard]] TokenColouring colouring() const { return m_colouring; }
    /// Whether the inspected token stays so until it is let go.
    [[nodiscard]] bool isHeld() const { return m_held; }
    void letGo();
    /// The token whose alternatives are shown, -1 for none.
    [[nodiscard]] int inspectedToken() const { return m_inspected; }
    void inspect(int row, bool reveal);  ///< `reveal` scrolls to it; -1 ends it
    /// The parts of the viewport the token covers, one per line; empty for tokens without text.
    [[nodiscard]] std::vector<QRectF> tokenRects(int row) const;
    /// The token under a viewport position, or -1.
    [[nodiscard]] int tokenAt(const QPoint& position) const;
    struct Matches {
        int current = 0;  ///< 1-based number of the selected match, 0 if there is none
        int all = 0;
    };
    /// Marks all matches, whatever their case, and selects the next one after the selection, before it if `backward`,
    /// or from its beginning on if `stay`. Wraps around. Empty text clears the marks.
    Matches findText(const QString& text, bool backward, bool stay);

signals:
    /// Alternatives of this row are wanted (-1: not any more).
    void inspectedChanged(int row);
    void findRequested();
    /// The inspected token is held, or let go: then its alternatives can be chosen.
    void heldChanged(bool held);
    /// While a token is held: up and down in its alternatives (−1, +1), and Enter.
    void choiceMoved(int direction);
    void choiceTaken();
    // From the menu of a word, with its row.
    void versionWanted(int row);
    void editWanted(int row);
    void endWanted(int row);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void takeText();
    void fitColumn();
    void paintTokens(QPainter& painter, const QRect& area) const;
    [[nodiscard]] std::vector<QRectF> rangeRects(int start, int end) const;
    void step(int direction);
    void hold(int row);

    StoryModel* m_model;
    QTimer* m_dwell;
    int m_hovered = -1;
    int m_inspected = -1;
    bool m_writing = false;
    bool m_held = false;
    QPoint m_pressed;
    std::vector<std::pair<int, int>> m_edited;
    TokenColouring m_colouring = TokenColouring::Origin;
    bool m_byKeyboard = false;  // the pointer does not end what the keyboard began
};

}  // namespace loom::ui
