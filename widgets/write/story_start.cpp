// SPDX-License-Identifier: GPL-3.0-or-later
// StoryStart: a title, a sentence, and a button for each beginning.
#include "widgets/write/story_start.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "widgets/common/labels.h"

namespace loom::ui {
namespace {

// What small story models have read most of. Not translated: they know English only.
const char* const kOpenings[] = {
    "Once upon a time, there was a little girl named Lily.",
    "One day, a brave dog found a red kite in the park.",
    "Tom and his mom wanted to bake a big cake.",
};

}  // namespace

StoryStart::StoryStart(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(4, 0, 4, 0);
    column->setSpacing(8);
    column->addStretch(2);
    column->addWidget(pageTitle(tr("How does the story begin?"), this));
    auto* sentence =
        mutedLabel(tr("Type a beginning below and press Enter, or take one of these. With an empty line the network begins "
                      "by itself. Small networks write simple stories and lose the thread: that is part of what there is to see."),
                   this);
    sentence->setWordWrap(true);
    sentence->setMaximumWidth(560);
    column->addWidget(sentence);
    column->addSpacing(8);
    for (const char* opening : kOpenings) {
        const QString text = QString::fromLatin1(opening);
        auto* button = new QPushButton(text, this);
        button->setAutoDefault(false);
        column->addWidget(button, 0, Qt::AlignLeft);
        connect(button, &QPushButton::clicked, this, [this, text] { emit chosen(text); });
    }
    column->addStretch(3);
}

}  // namespace loom::ui
