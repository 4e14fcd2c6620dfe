// SPDX-License-Identifier: GPL-3.0-or-later
// SamplerRow: one sampler setting: name, slider, number, and what the step left of the likeliest words.
#pragma once

#include <cstdint>
#include <vector>

#include <QWidget>

class QDoubleSpinBox;
class QLabel;
class QSlider;

namespace loom::ui {

/// Tiny bars of the likeliest words; those that a step removed are grey.
class KeptBars final : public QWidget {
    Q_OBJECT
public:
    explicit KeptBars(QWidget* parent = nullptr);
    void show(const std::vector<float>& probabilities, std::int64_t kept);
    void clear();
    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<float> m_probabilities;
    std::int64_t m_kept = 0;
};

class SamplerRow final : public QWidget {
    Q_OBJECT
public:
    struct Range {
        double minimum = 0;
        double maximum = 1;
        double sliderMaximum = 1;  ///< the slider ends here, the number may go on
        double step = 0.01;
        int decimals = 2;
    };
    /// `off` is shown in place of the minimum where that switches the step off; empty shows the number.
    SamplerRow(const QString& name, const QString& help, Range range, const QString& off, bool showsKept, QWidget* parent = nullptr);

    [[nodiscard]] double value() const;
    void setValue(double value);
    /// "keeps N" and bars; bars only if `probabilities` is not empty. Negative `kept` clears.
    void showKept(const std::vector<float>& probabilities, std::int64_t kept);
    [[nodiscard]] QString keptText() const;

signals:
    void changed();

private:
    [[nodiscard]] int sliderValue(double value) const;

    Range m_range;
    QSlider* m_slider;
    QDoubleSpinBox* m_number;
    KeptBars* m_bars;
    QLabel* m_kept;
};

}  // namespace loom::ui
