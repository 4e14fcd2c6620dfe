// SPDX-License-Identifier: GPL-3.0-or-later
// SamplerRow: see the header.
#include "widgets/write/sampler_row.h"

#include <algorithm>

#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QSignalBlocker>
#include <QSlider>
#include <QWheelEvent>

#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"

namespace loom::ui {

namespace {

constexpr int kBars = 10;

// The wheel scrolls the panel; it changes a value only where the person has put the focus.
class CalmSlider final : public QSlider {
public:
    using QSlider::QSlider;

protected:
    void wheelEvent(QWheelEvent* event) override {
        if (hasFocus())
            QSlider::wheelEvent(event);
        else
            event->ignore();
    }
};

class CalmSpinBox final : public QDoubleSpinBox {
public:
    using QDoubleSpinBox::QDoubleSpinBox;

protected:
    void wheelEvent(QWheelEvent* event) override {
        if (hasFocus())
            QDoubleSpinBox::wheelEvent(event);
        else
            event->ignore();
    }
};

}  // namespace

KeptBars::KeptBars(QWidget* parent) : QWidget(parent) {}

void KeptBars::show(const std::vector<float>& probabilities, std::int64_t kept) {
    m_probabilities = probabilities;
    m_kept = kept;
    update();
}

void KeptBars::clear() { show({}, 0); }

QSize KeptBars::sizeHint() const { return {kBars * 8, 16}; }

void KeptBars::paintEvent(QPaintEvent*) {
    if (m_probabilities.empty()) return;
    QPainter painter(this);
    const double highest = std::max(0.001, static_cast<double>(*std::max_element(m_probabilities.begin(), m_probabilities.end())));
    const int count = std::min<int>(kBars, static_cast<int>(m_probabilities.size()));
    for (int i = 0; i < count; ++i) {
        const double share = static_cast<double>(m_probabilities[static_cast<std::size_t>(i)]) / highest;
        const qreal high = std::max(2.0, share * height());
        painter.fillRect(QRectF(i * 8, height() - high, 6, high), i < m_kept ? accent(palette()) : separator(palette()));
    }
}

SamplerRow::SamplerRow(const QString& name, const QString& help, Range range, const QString& off, bool showsKept, QWidget* parent)
    : QWidget(parent),
      m_range(range),
      m_slider(new CalmSlider(Qt::Horizontal, this)),
      m_number(new CalmSpinBox(this)),
      m_bars(new KeptBars(this)),
      m_kept(mutedLabel({}, this)) {
    auto* label = new QLabel(name, this);
    label->setBuddy(m_number);
    label->setMinimumWidth(fontMetrics().horizontalAdvance(tr("Temperature")) + 4);
    m_slider->setRange(0, sliderValue(range.sliderMaximum));
    m_slider->setMinimumWidth(60);
    m_slider->setPageStep(std::max(1, m_slider->maximum() / 10));
    m_slider->setFocusPolicy(Qt::StrongFocus);
    m_number->setFocusPolicy(Qt::StrongFocus);
    m_number->setDecimals(range.decimals);
    m_number->setRange(range.minimum, range.maximum);
    m_number->setSingleStep(range.step);
    m_number->setSpecialValueText(off);
    m_number->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_number->setFixedWidth(fontMetrics().horizontalAdvance(QStringLiteral("00000")) + 36);
    m_number->setFrame(true);
    m_kept->setFont(scaledFont(font(), 0.88));
    m_kept->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    for (QWidget* part : {static_cast<QWidget*>(label), static_cast<QWidget*>(m_slider), static_cast<QWidget*>(m_number)})
        part->setToolTip(help);
    m_slider->setAccessibleName(name);
    m_number->setAccessibleName(name);
    m_number->setAccessibleDescription(help);

    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(2);
    grid->addWidget(label, 0, 0);
    grid->addWidget(m_slider, 0, 1);
    grid->addWidget(m_number, 0, 2);
    grid->addWidget(m_bars, 1, 1, Qt::AlignLeft);
    grid->addWidget(m_kept, 1, 2);
    grid->setColumnStretch(1, 1);
    m_bars->setVisible(showsKept);
    m_kept->setVisible(showsKept);
    if (showsKept) m_kept->setMinimumHeight(18);

    connect(m_slider, &QSlider::valueChanged, this, [this](int at) { m_number->setValue(m_range.minimum + at * m_range.step); });
    connect(m_number, &QDoubleSpinBox::valueChanged, this, [this](double now) {
        const QSignalBlocker quiet(m_slider);
        m_slider->setValue(sliderValue(now));
        emit changed();
    });
}

int SamplerRow::sliderValue(double value) const { return qRound((value - m_range.minimum) / m_range.step); }

double SamplerRow::value() const { return m_number->value(); }
void SamplerRow::setValue(double value) { m_number->setValue(value); }

void SamplerRow::showKept(const std::vector<float>& probabilities, std::int64_t kept) {
    if (kept < 0) {
        m_bars->clear();
        m_kept->clear();
        return;
    }
    m_bars->show(probabilities, kept);
    //: how many words were still possible after this step
    m_kept->setText(tr("keeps %1").arg(formatCount(kept)));
}

QString SamplerRow::keptText() const { return m_kept->text(); }

}  // namespace loom::ui
