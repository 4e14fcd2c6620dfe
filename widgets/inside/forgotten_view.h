// SPDX-License-Identifier: GPL-3.0-or-later
// ForgottenView: what keys and values of each head lose with a smaller latent.
#pragma once

#include "widgets/inside/look_frame.h"

class QTableView;

namespace loom::ui {

class ForgottenModel;
class HeatDelegate;
class WeightLegend;

class ForgottenView final : public LookFrame {
    Q_OBJECT

public:
    explicit ForgottenView(QWidget* parent = nullptr);
    void setColourMap(ColourMapKind kind) override;

protected:
    Figure figure() const override;
    void take(const std::shared_ptr<const LookAnswer>& answer) override;

private:
    ForgottenModel* m_model;
    HeatDelegate* m_delegate;
    WeightLegend* m_legend;
    QTableView* m_table;
};

}  // namespace loom::ui
