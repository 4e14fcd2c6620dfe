// SPDX-License-Identifier: GPL-3.0-or-later
// AlternativesPopup: see the header.
#include "widgets/write/alternatives_popup.h"

#include <algorithm>

#include <QMouseEvent>
#include <QPainter>

#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
#include "widgets/itemmodels/alternatives_model.h"

namespace loom::ui {

namespace {

constexpr int kShadow = 10;  // drawn inside the widget, around the card
constexpr int kPad = 12;
constexpr int kBarWidth = 96;
constexpr int kGap = 4;  // between the line and the card

QString quoted(const QString& text) { return QObject::tr("“%1”").arg(text); }

QString explanationOf(const TokenStep& step, const QString& word) {
    using P = AlternativesPopup;
    if (step.origin == TokenOrigin::Special) return P::tr("A mark for the network; it adds no text.");
    if (step.origin == TokenOrigin::Prompt) {
        if (step.alternatives.empty()) return P::tr("You wrote %1.").arg(quoted(word));
        //: %1 the word, %2 a probability
        return P::tr("What the network expected here. You wrote %1; it gave that %2.")
            .arg(quoted(word), formatPercent(static_cast<double>(step.probability)));
    }
    if (step.alternatives.empty()) return P::tr("The network wrote %1; nothing was kept about the other words.").arg(quoted(word));
    if (step.reread) {
        //: %1 the word, %2 a probability
        return P::tr("What this network expects here, now that it has read the story again. It gives %1 %2.")
            .arg(quoted(word), formatPercent(static_cast<double>(step.probability)));
    }
    return P::tr("Probability before → after the samplers. The marked word was drawn; bars show after, ticks before.");
}

}  // namespace

QRect popupPlace(const QSize& size, const QRect& anchor, const QRect& bounds) {
    QRect place(QPoint(anchor.left(), anchor.bottom() + 1 + kGap), size);
    const int below = bounds.bottom() - place.top() + 1;
    const int above = anchor.top() - kGap - bounds.top();
    if (below < size.height() && above > below) place.moveBottom(anchor.top() - kGap - 1);
    if (place.right() > bounds.right()) place.moveRight(bounds.right());
    if (place.left() < bounds.left()) place.moveLeft(bounds.left());
    return place;
}

AlternativesPopup::AlternativesPopup(QWidget* page) : QFrame(page), m_model(new AlternativesModel(this)) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAttribute(Qt::WA_NoSystemBackground);
    setFocusPolicy(Qt::NoFocus);
    setMouseTracking(true);
    hide();
}

void AlternativesPopup::setPickable(bool pickable) {
    if (m_pickable == pickable) return;
    m_pickable = pickable;
    setAttribute(Qt::WA_TransparentForMouseEvents, !pickable);
    mark(-1);
}

bool AlternativesPopup::canBeChosen(int row) const {
    const QModelIndex at = m_model->index(row, 0);
    const QString text = at.data(AlternativesModel::TextRole).toString();
    const bool named = text.startsWith(u'<') && text.endsWith(u'>');  // a mark, or a byte that is no text alone
    return at.isValid() && !text.isEmpty() && !named && !at.data(AlternativesModel::ChosenRole).toBool();
}

void AlternativesPopup::mark(int row) {
    if (row >= 0 && !canBeChosen(row)) row = -1;
    if (row == m_marked) return;
    m_marked = row;
    row >= 0 ? setCursor(Qt::PointingHandCursor) : unsetCursor();
    update();
}

void AlternativesPopup::moveChoice(int direction) {
    if (!m_pickable) return;
    int row = m_marked < 0 && direction < 0 ? m_model->rowCount() : m_marked;
    for (row += direction; row >= 0 && row < m_model->rowCount(); row += direction)
        if (canBeChosen(row)) return mark(row);
}

bool AlternativesPopup::choose() {
    if (!m_pickable || m_marked < 0) return false;
    emit picked(m_model->alternative(m_marked));
    return true;
}

int AlternativesPopup::rowAt(const QPoint& position) const {
    const QFontMetrics fm(font());
    const int top = kShadow + kPad + fm.height() + 6;
    const int row = position.y() < top ? -1 : (position.y() - top) / (fm.height() + 3);
    return row < m_model->rowCount() ? row : -1;
}

void AlternativesPopup::mouseMoveEvent(QMouseEvent* event) { mark(rowAt(event->position().toPoint())); }

void AlternativesPopup::mouseReleaseEvent(QMouseEvent* event) {
    mark(rowAt(event->position().toPoint()));
    if (event->button() == Qt::LeftButton) choose();
}

void AlternativesPopup::leaveEvent(QEvent*) { mark(-1); }

void AlternativesPopup::showStep(const TokenStep& step, const QString& before, const QRect& anchor) {
    m_model->setStep(step);
    m_marked = -1;
    const QString word = visibleText(QString::fromStdString(step.label)).trimmed();
    const QString context = before.simplified().section(QLatin1Char(' '), -3);
    m_title = context.isEmpty() ? tr("at the beginning") : tr("after %1").arg(quoted(context));
    m_explanation = explanationOf(step, word);
    if (!step.alternatives.empty())
        m_explanation += u' ' + (m_pickable ? tr("Click a word to go on with it instead; this version stays.")
                                            : tr("Click the word in the story to choose another."));
    setAccessibleName(m_title);
    QStringList rows;
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const auto cell = [this, row](int column) { return m_model->index(row, column).data().toString(); };
        const QString after = cell(AlternativesModel::AfterColumn);
        rows << (after.isEmpty() ? QStringLiteral("%1 %2").arg(cell(0), cell(1))
                                 : QStringLiteral("%1 %2 → %3").arg(cell(0), cell(1), after));
    }
    setAccessibleDescription((rows << m_explanation).join(QLatin1Char('\n')));

    // The shadow may overlap the line; the card may not.
    const QSize card = sizeHint() - QSize(2 * kShadow, 2 * kShadow);
    const QRect place = popupPlace(card, anchor, parentWidget()->rect().adjusted(8, 8, -8, -8));
    setGeometry(place.adjusted(-kShadow, -kShadow, kShadow, kShadow));
    show();
    raise();
    update();
}

QRect AlternativesPopup::explanationRect(int width) const {
    const QFontMetrics small(scaledFont(font(), 0.88));
    return small.boundingRect(QRect(0, 0, width, 1000), Qt::TextWordWrap, m_explanation);
}

QSize AlternativesPopup::sizeHint() const {
    const QFontMetrics fm(font());
    const int numbers = fm.horizontalAdvance(QStringLiteral("99.9 % → ")) +
                        std::max(fm.horizontalAdvance(tr("removed")), fm.horizontalAdvance(QStringLiteral("99.9 %")));
    const int width = std::max(230, fm.horizontalAdvance(QStringLiteral("mmmmmmmm")) + 16 + kBarWidth + 12 + numbers);
    const int line = fm.height() + 3;
    const int height = fm.height() + 6 + m_model->rowCount() * line + (m_model->rowCount() > 0 ? 6 : 0) + explanationRect(width).height();
    return {width + 2 * (kPad + kShadow), height + 2 * (kPad + kShadow)};
}

void AlternativesPopup::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QPalette& p = palette();
    const QRectF card = QRectF(rect()).adjusted(kShadow, kShadow, -kShadow, -kShadow);
    painter.setPen(Qt::NoPen);
    for (int i = kShadow; i > 0; --i) {
        painter.setBrush(QColor(0, 0, 0, isDark(p) ? 9 : 3));
        painter.drawRoundedRect(card.adjusted(-i, -i + 3, i, i - 1), 6 + i, 6 + i);
    }
    painter.setPen(QPen(separator(p), 1));
    painter.setBrush(p.color(QPalette::Base));
    painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);

    const QRect inner = card.toRect().adjusted(kPad, kPad, -kPad, -kPad);
    const QFontMetrics fm(font());
    const int line = fm.height() + 3;
    int y = inner.top();
    painter.setFont(font());
    painter.setPen(mutedText(p));
    painter.drawText(QRect(inner.left(), y, inner.width(), fm.height()), Qt::AlignLeft,
                     fm.elidedText(m_title, Qt::ElideLeft, inner.width()));
    y += fm.height() + 6;

    const int numbers = fm.horizontalAdvance(QStringLiteral("99.9 % → ")) +
                        std::max(fm.horizontalAdvance(tr("removed")), fm.horizontalAdvance(QStringLiteral("99.9 %")));
    const int barLeft = inner.right() + 1 - numbers - 12 - kBarWidth;
    double most = 0.01;
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const QModelIndex at = m_model->index(row, 0);
        most = std::max({most, at.data(AlternativesModel::BeforeRole).toDouble(), at.data(AlternativesModel::AfterRole).toDouble()});
    }
    for (int row = 0; row < m_model->rowCount(); ++row, y += line) {
        const QModelIndex at = m_model->index(row, AlternativesModel::WordColumn);
        const bool chosen = at.data(AlternativesModel::ChosenRole).toBool();
        const QVariant afterValue = at.data(AlternativesModel::AfterRole);
        const double before = at.data(AlternativesModel::BeforeRole).toDouble();
        const double after = afterValue.isValid() ? afterValue.toDouble() : before;
        const QRect area(inner.left(), y, inner.width(), line);
        if (row == m_marked) {
            painter.setPen(QPen(accent(p), 1));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(QRectF(area).adjusted(-5, 0, 5, 0), 4, 4);
        }
        if (chosen) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(tint(p));
            painter.drawRoundedRect(QRectF(area).adjusted(-5, 0, 5, 0), 4, 4);
        }
        painter.setFont(scaledFont(font(), 1.0, chosen));
        const bool gone = afterValue.isValid() && after <= 0;
        painter.setPen(gone ? mutedText(p) : p.color(QPalette::Text));
        const QRect wordRect(area.left(), y, barLeft - area.left() - 8, line);
        painter.drawText(wordRect, Qt::AlignLeft | Qt::AlignVCenter,
                         painter.fontMetrics().elidedText(at.data().toString(), Qt::ElideRight, wordRect.width()));

        const qreal middle = y + line / 2.0;
        painter.setPen(Qt::NoPen);
        painter.setBrush(accent(p));
        if (after > 0) painter.drawRoundedRect(QRectF(barLeft, middle - 4, std::max(2.0, kBarWidth * after / most), 8), 2, 2);
        if (afterValue.isValid())
            painter.fillRect(QRectF(barLeft + std::max(1.0, kBarWidth * before / most) - 1, middle - 6, 1.5, 12), mutedText(p));

        painter.setFont(font());
        painter.setPen(mutedText(p));
        const QString beforeText = at.siblingAtColumn(AlternativesModel::BeforeColumn).data().toString();
        const QString afterText = at.siblingAtColumn(AlternativesModel::AfterColumn).data().toString();
        const int split = inner.right() + 1 - numbers + fm.horizontalAdvance(QStringLiteral("99.9 %"));
        const QRect left(inner.right() + 1 - numbers, y, split - (inner.right() + 1 - numbers), line);
        painter.drawText(afterText.isEmpty() ? area : left, Qt::AlignRight | Qt::AlignVCenter, beforeText);
        if (afterText.isEmpty()) continue;
        painter.drawText(QRect(split, y, inner.right() + 1 - split, line), Qt::AlignLeft | Qt::AlignVCenter, QStringLiteral(" →"));
        if (!gone) painter.setPen(p.color(QPalette::Text));
        painter.drawText(area, Qt::AlignRight | Qt::AlignVCenter, afterText);
    }
    if (m_model->rowCount() > 0) y += 6;
    painter.setFont(scaledFont(font(), 0.88));
    painter.setPen(mutedText(p));
    painter.drawText(QRect(inner.left(), y, inner.width(), inner.bottom() - y + 4), Qt::TextWordWrap, m_explanation);
}

}  // namespace loom::ui
