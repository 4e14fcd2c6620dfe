// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/common/message_bar.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QStyle>
#include <QToolButton>

#include "widgets/common/icons.h"
#include "widgets/common/theme.h"

namespace loom::ui {

MessageBar::MessageBar(QWidget* parent)
    : QFrame(parent), m_icon(new QLabel(this)), m_text(new QLabel(this)), m_close(new QToolButton(this)) {
    setAccessibleName(tr("Message"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    m_close->setAutoRaise(true);
    m_close->setIcon(icon(QStringLiteral("close")));
    m_close->setToolTip(tr("Put this message away (Esc)"));
    m_close->setAccessibleName(tr("Put this message away"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 8, 8, 8);
    layout->setSpacing(8);
    layout->addWidget(m_icon, 0, Qt::AlignVCenter);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_close, 0, Qt::AlignVCenter);
    connect(m_close, &QToolButton::clicked, this, &MessageBar::dismiss);
    hide();
}

QString MessageBar::text() const { return m_text->text(); }

void MessageBar::showMessage(const QString& text, Kind kind) {
    m_kind = kind;
    const int side = style()->pixelMetric(QStyle::PM_SmallIconSize, nullptr, this);
    m_icon->setPixmap(icon(QStringLiteral("info")).pixmap(QSize(side, side), devicePixelRatioF()));
    m_text->setText(text);
    m_text->setAccessibleName(text);
    show();
    update();
}

void MessageBar::dismiss() {
    if (isHidden()) return;
    hide();
    m_text->clear();
}

void MessageBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    QColor wash = m_kind == Kind::Problem ? colour(Meaning::Optimiser) : accent(palette());
    painter.fillRect(QRect(0, 0, 3, height()), wash);
    wash.setAlphaF(0.12F);
    painter.fillRect(rect(), wash);
    painter.fillRect(QRect(0, height() - 1, width(), 1), separator(palette()));
}

void MessageBar::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) return dismiss();
    QFrame::keyPressEvent(event);
}

}  // namespace loom::ui
