// SPDX-License-Identifier: GPL-3.0-or-later
// ModeBar: see the header.
#include "widgets/common/mode_bar.h"

#include <QEvent>
#include <QPainter>
#include <QStandardItemModel>
#include <QStyledItemDelegate>

#include "widgets/common/icons.h"
#include "widgets/common/theme.h"

namespace loom::ui {

namespace {

constexpr int kWidth = 72;
constexpr int kIdRole = Qt::UserRole + 1;

class ModeDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
        return {kWidth, 24 + 2 * 10 + 6 + QFontMetrics(labelFont(option.font)).height()};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const QPalette& p = option.palette;
        const bool current = option.state.testFlag(QStyle::State_Selected);
        const bool hover = option.state.testFlag(QStyle::State_MouseOver);
        painter->save();
        if (current) painter->fillRect(option.rect, tint(p));
        if (current) painter->fillRect(QRect(option.rect.topLeft(), QSize(3, option.rect.height())), accent(p));
        if (hover && !current) {
            QColor veil = p.color(QPalette::Text);
            veil.setAlphaF(0.05F);
            painter->fillRect(option.rect, veil);
        }
        if (option.state.testFlag(QStyle::State_HasFocus) && option.state.testFlag(QStyle::State_KeyboardFocusChange)) {
            painter->setPen(QPen(accent(p), 1));
            painter->drawRect(QRectF(option.rect).adjusted(3.5, 0.5, -0.5, -0.5));
        }
        const QRect picture(option.rect.center().x() - 12, option.rect.top() + 10, 24, 24);
        index.data(Qt::DecorationRole)
            .value<QIcon>()
            .paint(painter, picture, Qt::AlignCenter, QIcon::Normal, current ? QIcon::On : QIcon::Off);
        painter->setFont(labelFont(option.font));
        painter->setPen(current ? accent(p) : mutedText(p));
        const QRect label(option.rect.left() + 2, picture.bottom() + 6, option.rect.width() - 4, painter->fontMetrics().height());
        painter->drawText(label, Qt::AlignHCenter | Qt::AlignTop,
                          painter->fontMetrics().elidedText(index.data(Qt::DisplayRole).toString(), Qt::ElideRight, label.width()));
        painter->restore();
    }

private:
    static QFont labelFont(const QFont& font) { return scaledFont(font, 0.88); }
};

}  // namespace

ModeBar::ModeBar(QWidget* parent) : QListView(parent), m_modes(new QStandardItemModel(this)) {
    setModel(m_modes);
    setItemDelegate(new ModeDelegate(this));
    setFrameShape(QFrame::NoFrame);
    setFixedWidth(kWidth + 1);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    setEditTriggers(NoEditTriggers);
    setUniformItemSizes(true);
    setMouseTracking(true);
    setTabKeyNavigation(false);
    viewport()->setBackgroundRole(QPalette::Window);
    setViewportMargins(0, 8, 1, 0);
    setAccessibleName(tr("Modes"));
}

void ModeBar::addMode(int id, const QString& title, const QString& iconName) {
    auto* item = new QStandardItem(icon(iconName), title);
    item->setData(id, kIdRole);
    item->setToolTip(title);
    item->setAccessibleText(title);
    m_modes->appendRow(item);
    if (m_modes->rowCount() > 1) return;
    m_quiet = true;
    setCurrentIndex(item->index());
    m_quiet = false;
}

int ModeBar::mode() const { return currentIndex().isValid() ? currentIndex().data(kIdRole).toInt() : -1; }

void ModeBar::setMode(int id) {
    for (int row = 0; row < m_modes->rowCount(); ++row)
        if (m_modes->index(row, 0).data(kIdRole).toInt() == id) setCurrentIndex(m_modes->index(row, 0));
}

void ModeBar::currentChanged(const QModelIndex& current, const QModelIndex& previous) {
    QListView::currentChanged(current, previous);
    if (current.isValid() && !m_quiet) emit modeChosen(current.data(kIdRole).toInt());
}

// The margin beside the viewport is ours: a thin line parts the bar from the page.
bool ModeBar::event(QEvent* event) {
    const bool done = QListView::event(event);
    if (event->type() == QEvent::Paint) {
        QPainter painter(this);
        painter.fillRect(QRect(width() - 1, 0, 1, height()), separator(palette()));
    }
    return done;
}

QSize ModeBar::sizeHint() const { return {kWidth + 1, 400}; }
QSize ModeBar::minimumSizeHint() const { return {kWidth + 1, 120}; }

}  // namespace loom::ui
