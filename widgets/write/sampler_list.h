// SPDX-License-Identifier: GPL-3.0-or-later
// SamplerList: the stages of the sampler chain, one row each, in the order in which they work. Those that are off are folded away.
#pragma once

#include <array>
#include <vector>

#include <QWidget>

#include "core/data/generate.h"

class QToolButton;
class QVBoxLayout;

namespace loom::ui {

class SamplerRow;

class SamplerList final : public QWidget {
    Q_OBJECT
public:
    explicit SamplerList(QWidget* parent = nullptr);

    [[nodiscard]] const SamplerSettings& settings() const { return m_settings; }
    /// Values out of range are brought into it. Folds away what is off, temperature and top-p apart.
    void setSettings(const SamplerSettings& settings);
    /// Shows what each stage did at this step; a step without samplers shows nothing.
    void showTrace(const SamplerTrace& trace);
    [[nodiscard]] SamplerRow* row(SamplerStage stage) const { return m_rows.at(static_cast<std::size_t>(stage)); }
    /// The rows that are not folded away, from the top.
    [[nodiscard]] std::vector<SamplerStage> shownStages() const;
    void setAllShown(bool all);
    /// Up (negative) or down by so many rows of those that are shown.
    void move(SamplerStage stage, int rows);

signals:
    void changed();  ///< by a person or by setSettings()

private:
    void drag(SamplerStage stage, int globalY);
    void layOut();
    void refreshShown();

    SamplerSettings m_settings;
    std::array<SamplerRow*, kSamplerStages> m_rows{};
    std::array<bool, kSamplerStages> m_kept{};  ///< shown though it may be off
    QVBoxLayout* m_column;
    QToolButton* m_more;
};

}  // namespace loom::ui
