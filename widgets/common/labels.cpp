// SPDX-License-Identifier: GPL-3.0-or-later
// Shared labels: see the header.
#include "widgets/common/labels.h"

#include <QFrame>
#include <QLabel>

#include "widgets/common/theme.h"

namespace loom::ui {

namespace {

QLabel* plain(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setTextFormat(Qt::PlainText);
    return label;
}

QFrame* line(QFrame::Shape shape, QWidget* parent) {
    auto* frame = new QFrame(parent);
    frame->setFrameShape(shape);
    frame->setFrameShadow(QFrame::Plain);
    frame->setForegroundRole(QPalette::Mid);
    return frame;
}

}  // namespace

QLabel* pageTitle(const QString& text, QWidget* parent) {
    QLabel* label = plain(text, parent);
    label->setFont(scaledFont(label->font(), 1.1, true));
    return label;
}

QLabel* sectionHeading(const QString& text, QWidget* parent) {
    QLabel* label = plain(text, parent);
    QFont font = scaledFont(label->font(), 0.88, true);
    font.setCapitalization(QFont::AllUppercase);
    font.setLetterSpacing(QFont::PercentageSpacing, 104);
    label->setFont(font);
    label->setForegroundRole(QPalette::PlaceholderText);
    return label;
}

QLabel* mutedLabel(const QString& text, QWidget* parent) {
    QLabel* label = plain(text, parent);
    label->setForegroundRole(QPalette::PlaceholderText);
    return label;
}

QFrame* horizontalSeparator(QWidget* parent) { return line(QFrame::HLine, parent); }

}  // namespace loom::ui
