// SPDX-License-Identifier: GPL-3.0-or-later
// LoomStyle: see the header.
#include "widgets/common/loom_style.h"

#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>
#include <QSlider>
#include <QStyleFactory>
#include <QStyleOption>
#include <QToolButton>

#include "widgets/common/theme.h"

namespace loom::ui {

namespace {

constexpr qreal kRadius = 6;

bool enabled(const QStyleOption& option) { return option.state.testFlag(QStyle::State_Enabled); }
bool hovered(const QStyleOption& option) { return enabled(option) && option.state.testFlag(QStyle::State_MouseOver); }

QColor mixed(const QColor& a, const QColor& b, double share) {
    const auto part = [share](int x, int y) { return qRound(x * (1 - share) + y * share); };
    return QColor(part(a.red(), b.red()), part(a.green(), b.green()), part(a.blue(), b.blue()));
}

// A rounded panel with a border of one device pixel at any scale.
void panel(QPainter& painter, const QRectF& rect, const QColor& fill, const QColor& border, qreal width = 1, qreal radius = kRadius) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(border.isValid() ? QPen(border, width) : QPen(Qt::NoPen));
    painter.setBrush(fill.isValid() ? QBrush(fill) : QBrush(Qt::NoBrush));
    const qreal inset = width / 2;
    painter.drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), radius - inset, radius - inset);
    painter.restore();
}

void chevron(QPainter& painter, const QRectF& rect, bool up, const QColor& colour) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colour, 1.4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    const QPointF c = rect.center();
    const qreal dy = up ? -1.5 : 1.5;
    const QPointF points[] = {c + QPointF(-3, -dy), c + QPointF(0, dy), c + QPointF(3, -dy)};
    painter.drawPolyline(points, 3);
    painter.restore();
}

void buttonPanel(const QStyleOption& option, QPainter& painter, bool primary, bool flat) {
    const QPalette& p = option.palette;
    const bool down = option.state.testFlag(QStyle::State_Sunken);
    const bool on = option.state.testFlag(QStyle::State_On);
    if (primary && enabled(option)) {
        const QColor fill = accent(p);
        panel(painter, option.rect,
              down              ? mixed(fill, p.color(QPalette::Text), 0.2)
              : hovered(option) ? mixed(fill, p.color(QPalette::Base), 0.12)
                                : fill,
              {});
        return;
    }
    if (flat && !on && !down && !hovered(option)) return;
    const QColor plain = flat ? p.color(QPalette::Window) : p.color(QPalette::Button);
    QColor fill = enabled(option) ? plain : p.color(QPalette::Window);
    if (on) fill = mixed(plain, accent(p), isDark(p) ? 0.22 : 0.13);
    if (down)
        fill = mixed(fill, p.color(QPalette::Text), 0.12);
    else if (hovered(option))
        fill = mixed(fill, p.color(QPalette::Text), 0.05);
    panel(painter, option.rect, fill, flat ? QColor() : on ? mixed(p.color(QPalette::Mid), accent(p), 0.4) : p.color(QPalette::Mid));
}

void fieldPanel(const QStyleOption& option, QPainter& painter) {
    const QPalette& p = option.palette;
    const bool focus = option.state.testFlag(QStyle::State_HasFocus) && enabled(option);
    panel(painter, option.rect, enabled(option) ? p.color(QPalette::Base) : p.color(QPalette::Window),
          focus ? accent(p) : p.color(QPalette::Mid), focus ? 1.5 : 1);
}

void indicator(const QStyleOption& option, QPainter& painter, bool round) {
    const QPalette& p = option.palette;
    const bool on = option.state.testFlag(QStyle::State_On);
    const bool partly = option.state.testFlag(QStyle::State_NoChange);
    const QRectF rect = option.rect;
    const QColor fill = (on || partly) && enabled(option) ? accent(p) : on ? p.color(QPalette::Mid) : p.color(QPalette::Base);
    const QColor border = (on || partly) && enabled(option) ? accent(p) : hovered(option) ? mutedText(p) : p.color(QPalette::Mid);
    panel(painter, rect, fill, border, 1.2, round ? rect.width() / 2 : 4);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor mark = enabled(option) ? p.color(QPalette::HighlightedText) : p.color(QPalette::Window);
    const QPointF c = rect.center();
    const qreal u = rect.width() / 14;
    if (on && round) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(mark);
        painter.drawEllipse(c, 2.6 * u, 2.6 * u);
    } else if (on || partly) {
        painter.setPen(QPen(mark, 1.7 * u, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        const QPointF tick[] = {c + QPointF(-3.4, 0.2) * u, c + QPointF(-1, 2.6) * u, c + QPointF(3.4, -2.6) * u};
        if (on)
            painter.drawPolyline(tick, 3);
        else
            painter.drawLine(c + QPointF(-3, 0) * u, c + QPointF(3, 0) * u);
    }
    painter.restore();
}

}  // namespace

LoomStyle::LoomStyle() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

void LoomStyle::polish(QWidget* widget) {
    QProxyStyle::polish(widget);
    if (qobject_cast<QAbstractButton*>(widget) || qobject_cast<QAbstractSpinBox*>(widget) || qobject_cast<QComboBox*>(widget) ||
        qobject_cast<QScrollBar*>(widget) || qobject_cast<QSlider*>(widget))
        widget->setAttribute(Qt::WA_Hover);
}

void LoomStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const {
    const QPalette& p = option->palette;
    switch (element) {
        case PE_PanelButtonCommand: {
            const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option);
            buttonPanel(*option, *painter, button && button->features.testFlag(QStyleOptionButton::DefaultButton),
                        button && button->features.testFlag(QStyleOptionButton::Flat));
            return;
        }
        case PE_PanelButtonTool: buttonPanel(*option, *painter, false, option->state.testFlag(State_AutoRaise)); return;
        case PE_FrameDefaultButton: return;
        case PE_PanelLineEdit: {
            const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
            if (frame && frame->lineWidth > 0) fieldPanel(*option, *painter);
            return;
        }
        case PE_FrameLineEdit: return;
        case PE_Frame:
            if (const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option); frame && frame->lineWidth > 0) {
                const bool focus = option->state.testFlag(State_HasFocus) && enabled(*option);
                panel(*painter, option->rect, {}, focus ? accent(p) : p.color(QPalette::Mid), focus ? 1.5 : 1);
            }
            return;
        case PE_FrameFocusRect:
            if (option->state.testFlag(State_KeyboardFocusChange)) {
                QColor line = accent(p);
                panel(*painter, QRectF(option->rect), {}, line, 1.5, 4);
            }
            return;
        case PE_IndicatorCheckBox: indicator(*option, *painter, false); return;
        case PE_IndicatorRadioButton: indicator(*option, *painter, true); return;
        case PE_PanelTipLabel:
        case PE_FrameMenu:
            painter->fillRect(option->rect, p.color(QPalette::Base));
            panel(*painter, option->rect, {}, p.color(QPalette::Mid), 1, 1);
            return;
        case PE_PanelMenu: painter->fillRect(option->rect, p.color(QPalette::Base)); return;
        case PE_PanelStatusBar:
        case PE_FrameStatusBarItem:
        case PE_PanelMenuBar: return;
        default: QProxyStyle::drawPrimitive(element, option, painter, widget);
    }
}

void LoomStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const {
    const QPalette& p = option->palette;
    switch (element) {
        case CE_PushButtonLabel:
            if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option);
                button && button->features.testFlag(QStyleOptionButton::DefaultButton) && enabled(*option)) {
                QStyleOptionButton copy = *button;
                copy.palette.setColor(QPalette::ButtonText, p.color(QPalette::HighlightedText));
                QProxyStyle::drawControl(element, &copy, painter, widget);
                return;
            }
            break;
        case CE_Splitter: {
            const bool vertical = option->state.testFlag(State_Horizontal);
            const QRectF r = option->rect;
            const QRectF line = vertical ? QRectF(r.center().x(), r.top(), 1, r.height()) : QRectF(r.left(), r.center().y(), r.width(), 1);
            painter->fillRect(line, hovered(*option) ? accent(p) : p.color(QPalette::Mid));
            return;
        }
        case CE_HeaderSection:
        case CE_HeaderEmptyArea:
        case CE_MenuBarEmptyArea: painter->fillRect(option->rect, p.color(QPalette::Window)); return;
        case CE_MenuBarItem:
            if (const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(option)) {
                painter->fillRect(option->rect, p.color(QPalette::Window));
                if (option->state.testFlag(State_Selected) && enabled(*option))
                    panel(*painter, option->rect.adjusted(1, 2, -1, -2), tint(p), {}, 1, 4);
                const bool hide = !proxy()->styleHint(SH_UnderlineShortcut, option, widget, nullptr);
                proxy()->drawItemText(painter, option->rect,
                                      Qt::AlignCenter | (hide ? Qt::TextHideMnemonic : Qt::TextShowMnemonic) | Qt::TextSingleLine, p,
                                      enabled(*option), item->text, QPalette::WindowText);
                return;
            }
            break;
        case CE_ProgressBarGroove: panel(*painter, option->rect, p.color(QPalette::Mid), {}, 1, 3); return;
        case CE_ProgressBarContents:
            if (const auto* bar = qstyleoption_cast<const QStyleOptionProgressBar*>(option); bar && bar->maximum > bar->minimum) {
                QRectF r = option->rect;
                const double share = double(bar->progress - bar->minimum) / (double(bar->maximum) - bar->minimum);
                r.setWidth(r.width() * std::clamp(share, 0.0, 1.0));
                if (bar->direction == Qt::RightToLeft) r.moveRight(option->rect.right() + 1);
                if (r.width() >= 1) panel(*painter, r, accent(p), {}, 1, 3);
                return;
            }
            break;
        default: break;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

void LoomStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                                   const QWidget* widget) const {
    if (control == CC_Slider)
        if (const auto* slider = qstyleoption_cast<const QStyleOptionSlider*>(option)) return drawSlider(*slider, *painter);
    if (control == CC_ScrollBar)
        if (const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option)) return drawScrollBar(*bar, *painter);
    if (control == CC_SpinBox)
        if (const auto* box = qstyleoption_cast<const QStyleOptionSpinBox*>(option)) return drawSpinBox(*box, *painter, widget);
    if (control == CC_ComboBox)
        if (const auto* box = qstyleoption_cast<const QStyleOptionComboBox*>(option); box && !box->editable)
            return drawComboBox(*box, *painter);
    QProxyStyle::drawComplexControl(control, option, painter, widget);
}

void LoomStyle::drawSlider(const QStyleOptionSlider& slider, QPainter& painter) const {
    const QPalette& p = slider.palette;
    const bool horizontal = slider.orientation == Qt::Horizontal;
    const QRectF handle = proxy()->subControlRect(CC_Slider, &slider, SC_SliderHandle, nullptr);
    const QRectF r = slider.rect;
    const QRectF groove = horizontal ? QRectF(r.left() + 2, r.center().y() - 1.5, r.width() - 4, 3)
                                     : QRectF(r.center().x() - 1.5, r.top() + 2, 3, r.height() - 4);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(p.color(QPalette::Mid));
    painter.drawRoundedRect(groove, 1.5, 1.5);
    const QColor line = enabled(slider) ? accent(p) : p.color(QPalette::Disabled, QPalette::Text);
    const bool focus = slider.state.testFlag(State_HasFocus) && slider.state.testFlag(State_KeyboardFocusChange);
    const bool strong = focus || hovered(slider) || slider.state.testFlag(State_Sunken);
    const qreal radius = std::min({handle.width(), handle.height(), 16.0}) / 2 - 1;
    if (focus) {
        painter.setBrush(tint(p));
        painter.drawEllipse(handle.center(), radius + 3, radius + 3);
    }
    painter.setPen(QPen(line, strong ? 2.2 : 1.8));
    painter.setBrush(p.color(QPalette::Base));
    painter.drawEllipse(handle.center(), radius - 0.5, radius - 0.5);
    painter.restore();
}

void LoomStyle::drawScrollBar(const QStyleOptionSlider& bar, QPainter& painter) const {
    const QPalette& p = bar.palette;
    if (bar.maximum <= bar.minimum) return;
    QRectF thumb = proxy()->subControlRect(CC_ScrollBar, &bar, SC_ScrollBarSlider, nullptr);
    const qreal rest = bar.orientation == Qt::Horizontal ? (thumb.height() - 5) / 2 : (thumb.width() - 5) / 2;
    thumb = bar.orientation == Qt::Horizontal ? thumb.adjusted(2, rest, -2, -rest) : thumb.adjusted(rest, 2, -rest, -2);
    QColor c = p.color(QPalette::PlaceholderText);
    c.setAlphaF(bar.state.testFlag(State_Sunken) ? 0.9F : hovered(bar) ? 0.7F : 0.4F);
    panel(painter, thumb, c, {}, 1, 3.5);
}

void LoomStyle::drawSpinBox(const QStyleOptionSpinBox& box, QPainter& painter, const QWidget*) const {
    const QPalette& p = box.palette;
    if (box.frame) fieldPanel(box, painter);
    if (box.buttonSymbols == QAbstractSpinBox::NoButtons) return;
    for (const bool up : {true, false}) {
        const SubControl sub = up ? SC_SpinBoxUp : SC_SpinBoxDown;
        const QRectF r = proxy()->subControlRect(CC_SpinBox, &box, sub, nullptr);
        const bool can = enabled(box) && box.stepEnabled.testFlag(up ? QAbstractSpinBox::StepUpEnabled : QAbstractSpinBox::StepDownEnabled);
        const bool active = can && box.activeSubControls.testFlag(sub);
        chevron(painter, r, up, !can ? p.color(QPalette::Disabled, QPalette::Text) : active ? accent(p) : mutedText(p));
    }
}

void LoomStyle::drawComboBox(const QStyleOptionComboBox& box, QPainter& painter) const {
    if (box.frame) buttonPanel(box, painter, false, false);
    if (box.state.testFlag(State_HasFocus) && box.state.testFlag(State_KeyboardFocusChange))
        panel(painter, box.rect, {}, accent(box.palette), 1.5);
    const QRectF arrow = proxy()->subControlRect(CC_ComboBox, &box, SC_ComboBoxArrow, nullptr);
    chevron(painter, arrow, false, enabled(box) ? mutedText(box.palette) : box.palette.color(QPalette::Disabled, QPalette::Text));
}

QRect LoomStyle::subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl sub, const QWidget* widget) const {
    if (control == CC_ScrollBar) {
        if (const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option)) {
            const bool horizontal = bar->orientation == Qt::Horizontal;
            const int length = horizontal ? bar->rect.width() : bar->rect.height();
            const qint64 range = qint64(bar->maximum) - bar->minimum;
            const int thumb = range > 0
                                  ? std::clamp(int(qint64(length) * bar->pageStep / (range + bar->pageStep)), std::min(28, length), length)
                                  : length;
            const int at = sliderPositionFromValue(bar->minimum, bar->maximum, bar->sliderPosition, length - thumb, bar->upsideDown);
            const auto cut = [&](int from, int to) {
                return visualRect(bar->direction, bar->rect,
                                  horizontal ? QRect(bar->rect.left() + from, bar->rect.top(), to - from, bar->rect.height())
                                             : QRect(bar->rect.left(), bar->rect.top() + from, bar->rect.width(), to - from));
            };
            switch (sub) {
                case SC_ScrollBarSlider: return cut(at, at + thumb);
                case SC_ScrollBarGroove: return bar->rect;
                case SC_ScrollBarSubPage: return cut(0, at);
                case SC_ScrollBarAddPage: return cut(at + thumb, length);
                default: return {};
            }
        }
    }
    return QProxyStyle::subControlRect(control, option, sub, widget);
}

QRect LoomStyle::subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const {
    const QRect rect = QProxyStyle::subElementRect(element, option, widget);
    const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
    return element == SE_LineEditContents && frame && frame->lineWidth > 0 ? rect.adjusted(6, 0, -6, 0) : rect;
}

QSize LoomStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size, const QWidget* widget) const {
    QSize result = QProxyStyle::sizeFromContents(type, option, size, widget);
    switch (type) {
        case CT_PushButton: return {std::max(result.width(), size.width() + 28), std::max(result.height(), 30)};
        case CT_ComboBox:
        case CT_SpinBox:
        case CT_LineEdit: return {result.width(), std::max(result.height(), 28)};
        case CT_ToolButton: return {std::max(result.width(), 28), std::max(result.height(), 28)};
        case CT_MenuBarItem: return {result.width() + 4, std::max(result.height(), 28)};
        default: return result;
    }
}

int LoomStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const {
    switch (metric) {
        case PM_ScrollBarExtent: return 11;
        case PM_ScrollView_ScrollBarSpacing: return 0;
        case PM_SplitterWidth: return 7;
        case PM_SliderThickness:
        case PM_SliderControlThickness: return 18;
        case PM_SliderLength: return 16;
        case PM_IndicatorWidth:
        case PM_IndicatorHeight:
        case PM_ExclusiveIndicatorWidth:
        case PM_ExclusiveIndicatorHeight: return 16;
        case PM_ButtonShiftHorizontal:
        case PM_ButtonShiftVertical: return 0;
        case PM_ToolTipLabelFrameWidth: return 6;
        case PM_MenuPanelWidth: return 1;
        case PM_MenuBarPanelWidth: return 0;
        case PM_MenuBarVMargin: return 0;
        case PM_LayoutHorizontalSpacing:
        case PM_LayoutVerticalSpacing: return 8;
        default: return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int LoomStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget, QStyleHintReturn* data) const {
    switch (hint) {
        case SH_Slider_AbsoluteSetButtons: return Qt::LeftButton;
        case SH_EtchDisabledText:
        case SH_DitherDisabledText: return 0;
        case SH_DialogButtonBox_ButtonsHaveIcons:
        case SH_ScrollBar_Transient: return 0;
        case SH_ToolTip_WakeUpDelay: return 500;
        case SH_Widget_Animation_Duration: return 0;
        default: return QProxyStyle::styleHint(hint, option, widget, data);
    }
}

}  // namespace loom::ui
