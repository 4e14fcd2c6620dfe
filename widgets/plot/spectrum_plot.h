// SPDX-License-Identifier: GPL-3.0-or-later
// SpectrumPlot: singular values, largest first, with how many of them hold most of the energy.
#pragma once

#include "core/data/inspection.h"
#include "widgets/common/theme.h"
#include "widgets/plot/plot_frame.h"

class QCPBars;
class QCPItemLine;

namespace loom::ui {

/// How many of the values, largest first, hold this share of the sum of their squares; 0 for none or only zeros.
[[nodiscard]] int valuesHolding(const std::vector<double>& values, double share);
/// The share of the first `count` values, 0 … 1.
[[nodiscard]] double shareOfFirst(const std::vector<double>& values, int count);

class SpectrumPlot final : public PlotFrame {
    Q_OBJECT

public:
    explicit SpectrumPlot(QWidget* parent = nullptr);

    /// `meaning` gives the colour. An empty spectrum shows nothing.
    void setSpectrum(const Spectrum& spectrum, Meaning meaning);
    /// The share whose number of values is marked, 0 … 1.
    void setShare(double share);
    [[nodiscard]] int marked() const { return m_marked; }
    /// "value 23 of 96: 1.24; the first 23 hold 91 %"; empty outside.
    [[nodiscard]] QString describe(int index) const;
    [[nodiscard]] QString csv() const override;
    [[nodiscard]] QString figureName() const override;
    [[nodiscard]] QSize figureSize() const;
    [[nodiscard]] QSize minimumSizeHint() const override { return {240, 100}; }

signals:
    /// The value under the pointer; −1 outside.
    void read(int index);

protected:
    void applyColours(const QPalette& palette) override;
    void readAt(double x) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void refresh();
    void showAt(int index);

    Spectrum m_spectrum;
    Meaning m_meaning = Meaning::Latent;
    double m_share = 0.9;
    int m_marked = 0;
    int m_read = -1;
    QCPBars* m_held;
    QCPBars* m_rest;
    QCPItemLine* m_line;
    QCPItemLine* m_cross;
    QCPItemText* m_text;
};

}  // namespace loom::ui
