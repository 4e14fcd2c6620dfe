// SPDX-License-Identifier: GPL-3.0-or-later
// StoryLayout: see the header.
#include "widgets/write/story_layout.h"

#include <QTextBlock>
#include <QTextLayout>

namespace loom::ui {

namespace {
constexpr qreal kExtra = 0.4;  // of a line's height, half above and half below
}

StoryLayout::StoryLayout(QTextDocument* document) : QPlainTextDocumentLayout(document) {}

QRectF StoryLayout::blockBoundingRect(const QTextBlock& block) const {
    const QRectF plain = QPlainTextDocumentLayout::blockBoundingRect(block);  // lays the block out if that is due
    QTextLayout* lines = block.isValid() ? block.layout() : nullptr;
    if (lines == nullptr || lines->lineCount() == 0) return plain;
    if (lines->lineAt(0).y() <= 0) {  // as the base class left it
        qreal y = 0;
        for (int i = 0; i < lines->lineCount(); ++i) {
            QTextLine line = lines->lineAt(i);
            const qreal extra = qRound(line.height() * kExtra / 2);
            line.setPosition(QPointF(line.x(), y + extra));
            y += line.height() + 2 * extra;
        }
    }
    QRectF spaced = QPlainTextDocumentLayout::blockBoundingRect(block);
    spaced.setHeight(spaced.height() + lines->lineAt(0).y());  // the room below the last line
    return spaced;
}

}  // namespace loom::ui
