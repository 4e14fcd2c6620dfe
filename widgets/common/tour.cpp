// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/common/tour.h"

#include <algorithm>
#include <array>

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QPainterPath>
#include <QPushButton>
#include <QShortcut>
#include <QVBoxLayout>

#include "widgets/common/labels.h"
#include "widgets/common/theme.h"

namespace loom::ui {
namespace {

constexpr int kArrow = 8;       // room around the card, of which the arrow takes one side
constexpr int kGap = 2;         // between target and arrow
constexpr int kRing = 4;        // around the target
constexpr int kTextWidth = 54;  // in average characters
constexpr qreal kRadius = 6;

/// A frame around the target; the mouse goes through.
class Ring final : public QWidget {
public:
    explicit Ring(QWidget* window) : QWidget(window) { setAttribute(Qt::WA_TransparentForMouseEvents); }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(accent(palette()), 2));
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), kRadius, kRadius);
    }
};

}  // namespace

QRect tourPlace(const QSize& size, const QRect& target, const QRect& bounds) {
    const int x = target.center().x() - size.width() / 2;
    const int y = target.center().y() - size.height() / 2;
    const std::array<QPoint, 4> corners{QPoint(x, target.bottom() + 1 + kGap), QPoint(x, target.top() - kGap - size.height()),
                                        QPoint(target.right() + 1 + kGap, y), QPoint(target.left() - kGap - size.width(), y)};
    const auto inside = [&](QRect place) {  // moved along the target where that is enough
        place.moveLeft(std::clamp(place.left(), bounds.left(), std::max(bounds.left(), bounds.right() + 1 - place.width())));
        place.moveTop(std::clamp(place.top(), bounds.top(), std::max(bounds.top(), bounds.bottom() + 1 - place.height())));
        return place;
    };
    for (const QPoint& corner : corners) {
        const QRect place = inside(QRect(corner, size));
        if (!place.intersects(target)) return place;
    }
    return inside(QRect(QPoint(x, y), size));  // a target as large as the window: on top of it
}

Tour::Tour(std::vector<TourStep> steps, QWidget* window) : QFrame(window), m_steps(std::move(steps)) {
    std::erase_if(m_steps, [](const TourStep& step) { return !step.target || !step.target->isVisible(); });
    setObjectName(QStringLiteral("tour"));
    setFocusPolicy(Qt::StrongFocus);
    setAutoFillBackground(false);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16 + kArrow, 14 + kArrow, 16 + kArrow, 12 + kArrow);
    column->setSpacing(8);
    m_title = pageTitle({}, this);
    m_text = new QLabel(this);
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setFixedWidth(fontMetrics().averageCharWidth() * kTextWidth);
    m_count = mutedLabel({}, this);
    m_skip = new QPushButton(tr("Skip"), this);
    m_back = new QPushButton(tr("Back"), this);
    m_next = new QPushButton(this);
    column->addWidget(m_title);
    column->addWidget(m_text);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(m_count);
    row->addStretch(1);
    for (QPushButton* button : {m_skip, m_back, m_next}) {
        button->setAutoDefault(true);  // Enter presses the button that has the focus
        row->addWidget(button);
    }
    column->addLayout(row);
    connect(m_skip, &QPushButton::clicked, this, &Tour::leave);
    connect(m_back, &QPushButton::clicked, this, &Tour::back);
    connect(m_next, &QPushButton::clicked, this, &Tour::next);
    auto* escape = new QShortcut(QKeySequence(Qt::Key_Escape), this);
    connect(escape, &QShortcut::activated, this, &Tour::leave);
    m_ring = new Ring(window);
    window->installEventFilter(this);
    for (const TourStep& step : m_steps) step.target->installEventFilter(this);
    m_ring->hide();
    hide();
}

Tour::~Tour() { delete m_ring; }

void Tour::start() {
    if (m_steps.empty()) return leave();
    showStep(0);
    m_next->setFocus();
}

QString Tour::title() const { return m_title->text(); }

void Tour::next() {
    if (m_step + 1 >= steps()) return leave();
    showStep(m_step + 1);
}

void Tour::back() {
    if (m_step > 0) showStep(m_step - 1);
}

void Tour::leave() {
    if (m_ring) m_ring->hide();
    hide();
    emit ended();
    deleteLater();
}

void Tour::showStep(int step) {
    m_step = step;
    const TourStep& now = m_steps[static_cast<std::size_t>(step)];
    m_title->setText(now.title);
    m_text->setText(now.text);
    m_count->setText(tr("%1 of %2").arg(step + 1).arg(steps()));
    m_back->setEnabled(step > 0);
    m_next->setText(step + 1 < steps() ? tr("Next") : tr("Done"));
    setAccessibleName(now.title);
    setAccessibleDescription(now.text);
    place();
    if (!m_back->isEnabled() && m_back->hasFocus()) m_next->setFocus();
}

QRect Tour::targetRect() const {
    const QWidget* window = parentWidget();
    const QPointer<QWidget>& target = m_steps[static_cast<std::size_t>(m_step)].target;
    if (!target || !target->isVisible()) return QRect(window->rect().center(), QSize(1, 1));
    return QRect(target->mapTo(window, QPoint(0, 0)), target->size()).intersected(window->rect());
}

void Tour::place() {
    m_text->setFixedHeight(m_text->heightForWidth(m_text->width()));
    layout()->invalidate();
    layout()->activate();
    const QRect target = targetRect().adjusted(-kRing, -kRing, kRing, kRing).intersected(parentWidget()->rect());
    m_ring->setGeometry(target);
    m_ring->setVisible(target.width() > 2 * kRing + 1);
    m_ring->raise();
    setGeometry(tourPlace(sizeHint(), target, parentWidget()->rect().adjusted(8, 8, -8, -8)));
    show();
    raise();
    update();
}

bool Tour::eventFilter(QObject* watched, QEvent* event) {
    switch (event->type()) {
        case QEvent::Resize:
        case QEvent::Move:
        case QEvent::Show:
        case QEvent::Hide:
            // After the layouts have settled.
            if (isVisible())
                QMetaObject::invokeMethod(
                    this,
                    [this] {
                        if (isVisible()) place();
                    },
                    Qt::QueuedConnection);
            break;
        default: break;
    }
    return QFrame::eventFilter(watched, event);
}

void Tour::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
        case Qt::Key_Return:
        case Qt::Key_Enter:
        case Qt::Key_Right: return next();
        case Qt::Key_Left: return back();
        case Qt::Key_Escape: return leave();
        default: QFrame::keyPressEvent(event);
    }
}

void Tour::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF card = QRectF(rect()).adjusted(kArrow + 0.5, kArrow + 0.5, -kArrow - 0.5, -kArrow - 0.5);
    QPainterPath shape;
    shape.addRoundedRect(card, kRadius, kRadius);
    const QRectF target = QRectF(targetRect()).translated(-pos());
    if (!card.intersects(target)) {
        // A triangle on the side of the card that faces the target, opposite the target's middle as far as the card reaches.
        const QPointF middle(std::clamp(target.center().x(), card.left() + 2 * kArrow, card.right() - 2 * kArrow),
                             std::clamp(target.center().y(), card.top() + 2 * kArrow, card.bottom() - 2 * kArrow));
        QPolygonF arrow;
        if (target.top() >= card.bottom())
            arrow << QPointF(middle.x() - kArrow, card.bottom()) << QPointF(middle.x() + kArrow, card.bottom())
                  << QPointF(middle.x(), rect().bottom());
        else if (target.bottom() <= card.top())
            arrow << QPointF(middle.x() - kArrow, card.top()) << QPointF(middle.x() + kArrow, card.top())
                  << QPointF(middle.x(), rect().top());
        else if (target.left() >= card.right())
            arrow << QPointF(card.right(), middle.y() - kArrow) << QPointF(card.right(), middle.y() + kArrow)
                  << QPointF(rect().right(), middle.y());
        else
            arrow << QPointF(card.left(), middle.y() - kArrow) << QPointF(card.left(), middle.y() + kArrow)
                  << QPointF(rect().left(), middle.y());
        QPainterPath tip;
        tip.addPolygon(arrow);
        tip.closeSubpath();
        shape = shape.united(tip);
    }
    painter.setPen(QPen(accent(palette()), 1));
    painter.setBrush(palette().color(QPalette::Base));
    painter.drawPath(shape);
}

}  // namespace loom::ui
