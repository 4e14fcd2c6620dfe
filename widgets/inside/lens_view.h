// SPDX-License-Identifier: GPL-3.0-or-later
// LensView: what the network would say after each of its layers (logit lens, nostalgebraist 2020).
#pragma once

#include "widgets/inside/heat_table.h"

namespace loom::ui {

class LensModel;
class StoryModel;

class LensView final : public HeatTable {
    Q_OBJECT

public:
    explicit LensView(const StoryModel* story, QWidget* parent = nullptr);
    /// Brings a word of the story into view.
    void showToken(int token);

protected:
    Figure figure() const override;
    void take(const std::shared_ptr<const LookAnswer>& answer) override;

private:
    LensView(LensModel* model, QWidget* parent);

    LensModel* m_model;
};

}  // namespace loom::ui
