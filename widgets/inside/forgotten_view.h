// SPDX-License-Identifier: GPL-3.0-or-later
// ForgottenView: what keys and values of each head lose with a smaller latent.
#pragma once

#include "widgets/inside/heat_table.h"

namespace loom::ui {

class ForgottenModel;

class ForgottenView final : public HeatTable {
    Q_OBJECT

public:
    explicit ForgottenView(QWidget* parent = nullptr);

protected:
    Figure figure() const override;
    void take(const std::shared_ptr<const LookAnswer>& answer) override;

private:
    ForgottenView(ForgottenModel* model, QWidget* parent);

    ForgottenModel* m_model;
};

}  // namespace loom::ui
