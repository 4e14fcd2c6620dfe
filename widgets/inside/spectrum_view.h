// SPDX-License-Identifier: GPL-3.0-or-later
// SpectrumView: how many directions what a layer keeps really uses.
#pragma once

#include "widgets/inside/look_frame.h"

class QComboBox;
class QLabel;

namespace loom::ui {

class SpectrumPlot;

class SpectrumView final : public LookFrame {
    Q_OBJECT

public:
    explicit SpectrumView(QWidget* parent = nullptr);

protected:
    Figure figure() const override;
    void take(const std::shared_ptr<const LookAnswer>& answer) override;

private:
    [[nodiscard]] const Spectrum* spectrum() const;
    void showSpectrum();

    QComboBox* m_which;
    QComboBox* m_share;
    QLabel* m_rank;
    SpectrumPlot* m_plot;
};

}  // namespace loom::ui
