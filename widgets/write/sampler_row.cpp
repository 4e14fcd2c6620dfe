// SPDX-License-Identifier: GPL-3.0-or-later
// SamplerRow: see the header.
#include "widgets/write/sampler_row.h"

#include <algorithm>

#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPainter>
#include <QShortcut>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/common/icons.h"
#include "widgets/common/labels.h"
#include "widgets/common/theme.h"
#include "widgets/write/calm_inputs.h"

namespace loom::ui {

namespace {

constexpr int kBarHeight = 6;

/// A line break is written \n where characters are typed.
QString shownCharacters(const std::string& characters) {
    return QString::fromStdString(characters).replace(QLatin1Char('\n'), QStringLiteral("\\n"));
}

int sliderValue(const ParameterRange& range, double value) { return qRound((value - range.least) / range.step); }

}  // namespace

StageBar::StageBar(QWidget* parent) : QWidget(parent) {}

void StageBar::show(const std::optional<StageTrace>& trace) {
    m_trace = trace;
    update();
}

QSize StageBar::sizeHint() const { return {80, kBarHeight + 4}; }

void StageBar::paintEvent(QPaintEvent*) {
    if (!m_trace) return;
    QPainter painter(this);
    const QRectF all(0, (height() - kBarHeight) / 2.0, width(), kBarHeight);
    const auto part = [&](double from, double to) {
        return QRectF(all.left() + from * all.width(), all.top(), (to - from) * all.width(), all.height());
    };
    const auto kept = static_cast<double>(m_trace->kept);
    const auto moved = static_cast<double>(m_trace->moved);
    painter.fillRect(all, separator(palette()));
    painter.fillRect(part(0, kept), accent(palette()));
    if (moved <= 0) return;
    painter.fillRect(part(1 - moved, 1), palette().color(QPalette::Base));
    painter.fillRect(part(1 - moved, 1), QBrush(accent(palette()), Qt::BDiagPattern));
}

MoveHandle::MoveHandle(QWidget* parent) : QWidget(parent) {
    setCursor(Qt::OpenHandCursor);
    setFocusPolicy(Qt::TabFocus);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
}

QSize MoveHandle::sizeHint() const { return {16, 20}; }

void MoveHandle::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setPen(QPen(hasFocus() ? accent(palette()) : mutedText(palette()), 1.5));
    for (const int line : {-4, 0, 4}) {
        const qreal y = height() / 2.0 + line;
        painter.drawLine(QPointF(2, y), QPointF(12, y));
    }
}

void MoveHandle::mousePressEvent(QMouseEvent*) { setCursor(Qt::ClosedHandCursor); }
void MoveHandle::mouseMoveEvent(QMouseEvent* event) { emit dragged(qRound(event->globalPosition().y())); }
void MoveHandle::mouseReleaseEvent(QMouseEvent*) { setCursor(Qt::OpenHandCursor); }
void MoveHandle::focusInEvent(QFocusEvent*) { update(); }
void MoveHandle::focusOutEvent(QFocusEvent*) { update(); }

void MoveHandle::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Up || event->key() == Qt::Key_Down)
        emit moveWanted(event->key() == Qt::Key_Up ? -1 : 1);
    else
        QWidget::keyPressEvent(event);
}

SamplerRow::SamplerRow(SamplerStage stage, QWidget* parent)
    : QWidget(parent), m_stage(stage), m_name(new QToolButton(this)), m_bar(new StageBar(this)), m_trace(mutedLabel({}, this)) {
    const QString name = stageName(stage);
    auto* handle = new MoveHandle(this);
    handle->setToolTip(tr("Samplers work one after the other, from the top. Drag to move this one, or press Alt with ↑ or ↓."));
    handle->setAccessibleName(tr("Move %1").arg(name));
    m_name->setText(name);
    m_name->setAutoRaise(true);
    m_name->setCheckable(true);
    m_name->setToolTip(stageHelp(stage));
    m_name->setAccessibleName(tr("%1: what it does").arg(name));
    m_name->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_name->setIconSize(QSize(12, 12));
    m_name->setIcon(icon(QStringLiteral("chevron-right")));
    int widest = 0;  // all rows alike, so that their sliders stand in a column
    for (const SamplerStage other : kSamplerOrder) widest = std::max(widest, fontMetrics().horizontalAdvance(stageName(other)));
    m_name->setFixedWidth(widest + 30);
    auto* slider = new CalmSlider(Qt::Horizontal, this);
    slider->setMinimumWidth(36);
    slider->setFocusPolicy(Qt::StrongFocus);
    slider->setToolTip(stageHelp(stage));
    slider->setAccessibleName(name);
    QDoubleSpinBox* number = makeNumber(mainParameter(stage), slider);
    m_trace->setFont(scaledFont(font(), 0.88));
    m_trace->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_details = makeDetails();

    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(4);
    grid->setVerticalSpacing(0);
    grid->addWidget(handle, 0, 0);
    grid->addWidget(m_name, 0, 1);
    grid->addWidget(slider, 0, 2);
    grid->addWidget(number, 0, 3);
    auto* did = new QHBoxLayout;
    did->setSpacing(8);
    did->addWidget(m_bar, 1);
    did->addWidget(m_trace);
    grid->addLayout(did, 1, 1, 1, 3);
    grid->addWidget(m_details, 2, 1, 1, 3);
    grid->setColumnStretch(2, 1);
    m_details->hide();
    refreshTrace();

    connect(handle, &MoveHandle::dragged, this, &SamplerRow::dragged);
    connect(handle, &MoveHandle::moveWanted, this, &SamplerRow::moveWanted);
    connect(m_name, &QToolButton::toggled, this, [this](bool open) {
        m_details->setVisible(open);
        m_name->setIcon(icon(open ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right")));
    });
    for (const int rows : {-1, 1}) {
        auto* shortcut = new QShortcut(QKeySequence(Qt::ALT | (rows < 0 ? Qt::Key_Up : Qt::Key_Down)), this);
        shortcut->setContext(Qt::WidgetWithChildrenShortcut);
        connect(shortcut, &QShortcut::activated, this, [this, rows] { emit moveWanted(rows); });
    }
}

QDoubleSpinBox* SamplerRow::makeNumber(const SamplerParameter& parameter, QSlider* slider) {
    const ParameterRange range = parameterRange(parameter);
    const ParameterWords words = parameterWords(parameter);
    auto* box = new CalmSpinBox(this);
    box->setFocusPolicy(Qt::StrongFocus);
    box->setDecimals(range.decimals);
    box->setRange(range.least, range.most);
    box->setSingleStep(range.step);
    if (range.offAtLeast) box->setSpecialValueText(tr("off"));
    box->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    box->setFixedWidth(fontMetrics().horizontalAdvance(QStringLiteral("00000")) + 36);
    box->setToolTip(words.help);
    box->setAccessibleName(words.name);
    box->setAccessibleDescription(words.help);
    m_numbers.push_back({&parameter, box, slider});
    connect(box, &QDoubleSpinBox::valueChanged, this, [this, slider, range, &parameter](double now) {
        if (slider) {
            const QSignalBlocker quiet(slider);
            slider->setValue(sliderValue(range, now));
        }
        emit edited(parameter, now);
    });
    if (!slider) return box;
    slider->setRange(0, sliderValue(range, range.sliderMost));
    slider->setPageStep(std::max(1, slider->maximum() / 10));
    connect(slider, &QSlider::valueChanged, box, [box, range](int at) { box->setValue(range.least + at * range.step); });
    return box;
}

QWidget* SamplerRow::makeDetails() {
    auto* details = new QWidget(this);
    auto* form = new QFormLayout(details);
    form->setContentsMargins(4, 2, 0, 4);
    form->setSpacing(4);
    QLabel* help = mutedLabel(stageHelp(m_stage), details);
    help->setWordWrap(true);
    form->addRow(help);
    for (const SamplerParameter& parameter : samplerParameters()) {
        if (parameter.stage != m_stage || &parameter == &mainParameter(m_stage)) continue;
        form->addRow(parameterWords(parameter).name, makeNumber(parameter, nullptr));
    }
    if (m_stage != SamplerStage::Dry) return details;
    m_breakers = new QLineEdit(details);
    m_breakers->setToolTip(tr("A token with one of these characters ends a repeat. \\n is a line break."));
    m_breakers->setAccessibleName(tr("Characters that end a repeat"));
    m_breakers->setMaximumWidth(120);
    form->addRow(tr("Ended by"), m_breakers);
    connect(m_breakers, &QLineEdit::textEdited, this,
            [this](QString text) { emit breakersEdited(text.replace(QStringLiteral("\\n"), QStringLiteral("\n"))); });
    return details;
}

void SamplerRow::setSettings(const SamplerSettings& settings) {
    for (const Number& number : m_numbers) {
        const QSignalBlocker quiet(number.box);
        const double value = number.parameter->of(settings);
        number.box->setValue(value);
        if (!number.slider) continue;
        const QSignalBlocker quietSlider(number.slider);
        number.slider->setValue(sliderValue(parameterRange(*number.parameter), value));
    }
    if (m_breakers && !m_breakers->hasFocus()) m_breakers->setText(shownCharacters(settings.dryBreakers));
    m_on = isOn(settings, m_stage);
    refreshTrace();
}

void SamplerRow::showTrace(const std::optional<StageTrace>& trace) {
    m_shown = trace;
    refreshTrace();
}

void SamplerRow::refreshTrace() {
    m_bar->show(m_shown);
    m_trace->setText(m_shown ? traceText(*m_shown) : QString());
    m_bar->setVisible(m_on);
    m_trace->setVisible(m_on);
    QString told;
    if (m_shown && m_shown->tokensAfter < m_shown->tokensBefore)
        told = tr("Of %Ln possible words", nullptr, m_shown->tokensBefore) + QLatin1Char(' ') +
               tr("this sampler removed %Ln.", nullptr, m_shown->tokensBefore - m_shown->tokensAfter);
    m_bar->setToolTip(told);
    m_trace->setToolTip(told);
}

QString SamplerRow::shownTrace() const { return m_on ? m_trace->text() : QString(); }
bool SamplerRow::isOpen() const { return m_name->isChecked(); }
void SamplerRow::setOpen(bool open) { m_name->setChecked(open); }

}  // namespace loom::ui
