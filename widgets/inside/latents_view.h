// SPDX-License-Identifier: GPL-3.0-or-later
// LatentsView: what the layer keeps of the story, lane by lane: latents and rotary keys, or keys and values.
#pragma once

#include "widgets/inside/look_frame.h"

class QComboBox;

namespace loom::ui {

class RowsView;
class StoryModel;
class WeightLegend;

class LatentsView final : public LookFrame {
    Q_OBJECT

public:
    explicit LatentsView(const StoryModel* story, QWidget* parent = nullptr);

protected:
    Figure figure() const override;
    void take(const std::shared_ptr<const LookAnswer>& answer) override;

private:
    [[nodiscard]] const KeptRows::Lane* lane() const;
    void showLane();
    void showCell();
    [[nodiscard]] QString csv() const;

    const StoryModel* m_story;
    QComboBox* m_lanes;
    WeightLegend* m_legend;
    RowsView* m_rows;
};

/// "latent", "rotary key", "keys", … for people.
[[nodiscard]] QString laneName(CacheLane lane);

}  // namespace loom::ui
