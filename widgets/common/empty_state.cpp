// SPDX-License-Identifier: GPL-3.0-or-later
// EmptyState: see the header.
#include "widgets/common/empty_state.h"

#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "widgets/common/icons.h"
#include "widgets/common/labels.h"
#include "widgets/common/theme.h"

namespace loom::ui {

namespace {

QLabel* paragraph(const QString& html, QWidget* parent) {
    auto* label = new QLabel(html, parent);
    label->setTextFormat(Qt::RichText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    return label;
}

}  // namespace

EmptyState::EmptyState(QWidget* parent) : QWidget(parent) {
    auto* middle = new QWidget(this);
    middle->setMaximumWidth(fontMetrics().averageCharWidth() * 84);
    auto* column = new QVBoxLayout(middle);
    column->setContentsMargins(24, 24, 24, 24);
    column->setSpacing(12);
    column->addStretch(2);

    auto* picture = new QLabel(middle);
    picture->setPixmap(appIcon().pixmap(64, 64));
    column->addWidget(picture);
    QLabel* title = pageTitle(tr("Open a checkpoint to write a story"), middle);
    title->setFont(scaledFont(font(), 1.5, true));
    title->setWordWrap(true);
    column->addWidget(title);
    column->addWidget(paragraph(
        tr("A checkpoint is a trained network on your disk. While it writes, you see what it keeps in memory and where it looks."),
        middle));

    m_open = new QPushButton(tr("&Open a checkpoint…"), middle);
    m_open->setDefault(true);
    auto* buttonRow = new QHBoxLayout;
    buttonRow->setSpacing(12);
    buttonRow->addWidget(m_open);
    buttonRow->addWidget(mutedLabel(tr("or drop a file or a folder on this window"), middle), 1);
    column->addSpacing(4);
    column->addLayout(buttonRow);
    column->addSpacing(16);

    column->addWidget(sectionHeading(tr("What can be opened"), middle));
    column->addWidget(
        paragraph(tr("<b>A Hugging Face folder</b> of a Llama or DeepSeek-V3 network: <tt>config.json</tt>, <tt>model.safetensors</tt> and "
                     "<tt>tokenizer.json</tt>. Small ones of a few million parameters write simple stories and fit in any memory."),
                  middle));
    column->addWidget(
        paragraph(tr("<b>A llama2.c file</b> such as <tt>stories15M.bin</tt>, with its <tt>tokenizer.bin</tt> beside it."), middle));
    column->addWidget(paragraph(tr("<b>A GGUF file</b> of a Llama or DeepSeek network in F32, F16, BF16 or Q8_0."), middle));
    column->addSpacing(4);
    column->addWidget(sectionHeading(tr("Where to get one"), middle));
    column->addWidget(
        paragraph(tr("Both are found on huggingface.co; the author of llama2.c keeps <tt>stories15M.bin</tt> there in the repository "
                     "<tt>karpathy/tinyllamas</tt>. "
                     "A <tt>tokenizer.bin</tt> for it lies in the llama2.c repository on GitHub. Download them in your browser, or copy "
                     "them from another machine: on a memory stick, over the local network, any way you like. "
                     "LatentLoom itself needs no network and sends nothing."),
                  middle));

    column->addStretch(3);

    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto* content = new QWidget(this);
    auto* row = new QHBoxLayout(content);
    row->setContentsMargins(0, 0, 0, 0);
    row->addStretch(1);
    row->addWidget(middle, 100);
    row->addStretch(1);
    auto* scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->viewport()->setBackgroundRole(QPalette::Window);
    scroll->setWidget(content);
    outer->addWidget(scroll);
    setFocusProxy(m_open);
    connect(m_open, &QPushButton::clicked, this, &EmptyState::openRequested);
}

}  // namespace loom::ui
