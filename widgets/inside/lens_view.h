// SPDX-License-Identifier: GPL-3.0-or-later
// LensView: what the network would say after each of its layers (logit lens, nostalgebraist 2020).
#pragma once

#include "widgets/inside/look_frame.h"

class QTableView;

namespace loom::ui {

class HeatDelegate;
class LensModel;
class StoryModel;
class WeightLegend;

class LensView final : public LookFrame {
    Q_OBJECT

public:
    explicit LensView(const StoryModel* story, QWidget* parent = nullptr);
    void setColourMap(ColourMapKind kind) override;
    /// Brings a word of the story into view.
    void showToken(int token);

protected:
    Figure figure() const override;
    void take(const std::shared_ptr<const LookAnswer>& answer) override;

private:
    LensModel* m_model;
    HeatDelegate* m_delegate;
    WeightLegend* m_legend;
    QTableView* m_table;
};

}  // namespace loom::ui
