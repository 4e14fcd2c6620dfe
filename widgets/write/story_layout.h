// SPDX-License-Identifier: GPL-3.0-or-later
// StoryLayout: plain text with room between the lines, which QPlainTextEdit does not offer by itself.
#pragma once

#include <QPlainTextDocumentLayout>

namespace loom::ui {

class StoryLayout final : public QPlainTextDocumentLayout {
    Q_OBJECT
public:
    explicit StoryLayout(QTextDocument* document);
    [[nodiscard]] QRectF blockBoundingRect(const QTextBlock& block) const override;
};

}  // namespace loom::ui
