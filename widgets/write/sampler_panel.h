// SPDX-License-Identifier: GPL-3.0-or-later
// SamplerPanel: how the next word is chosen: presets, the sampler chain or beam search, seed, length; and a pinned opening.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <QWidget>

#include "core/data/generate.h"
#include "widgets/write/own_preset.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QSpinBox;
class QToolButton;

namespace loom::ui {

class PresetBar;
class SamplerList;

class SamplerPanel final : public QWidget {
    Q_OBJECT
public:
    explicit SamplerPanel(QWidget* parent = nullptr);

    [[nodiscard]] SamplerSettings samplers() const;
    void setSamplers(const SamplerSettings& settings);  ///< values out of range are brought into it
    [[nodiscard]] BeamSearch beams() const;
    void setBeams(const BeamSearch& beams);  ///< values out of range are brought into it
    [[nodiscard]] const std::vector<OwnPreset>& ownPresets() const;
    void setOwnPresets(const std::vector<OwnPreset>& presets);
    /// What every new story begins with; may be empty.
    [[nodiscard]] QString opening() const;
    void setOpening(const QString& text);
    /// The seed to write with; nothing when each text draws its own or the field is empty.
    [[nodiscard]] std::optional<std::uint64_t> seed() const;
    [[nodiscard]] QString seedText() const;
    void setSeedText(const QString& text);  ///< anything but a number below 2^64 clears it
    [[nodiscard]] bool newSeedEachTime() const;
    void setNewSeedEachTime(bool on);
    [[nodiscard]] std::int64_t maxTokens() const;
    void setMaxTokens(std::int64_t tokens);
    void setContextLimit(std::int64_t tokens);  ///< no more tokens than the context holds can be asked for; 0 = no limit

public slots:
    /// Shows what each sampler left of the words of this step; a step without samplers shows nothing.
    void showStep(const loom::TokenStep& step);
    void clearStep();
    /// The seed the last text was written with.
    void showUsedSeed(std::uint64_t seed);

signals:
    void changed();  ///< any setting, by a person or by a setter

private:
    [[nodiscard]] QWidget* makeChoice();
    [[nodiscard]] QWidget* makeSeed();
    [[nodiscard]] QWidget* makeLength();
    [[nodiscard]] QWidget* makeOpening();
    void refreshChoice();
    void drawSeed();

    PresetBar* m_presets;
    SamplerList* m_list;
    QComboBox* m_method;  ///< drawing, beam search
    QWidget* m_beamNumbers;
    QSpinBox* m_width;
    QDoubleSpinBox* m_lengthPenalty;
    QWidget* m_drawing;  ///< what only drawing needs
    QLineEdit* m_seed;
    QToolButton* m_dice;
    QCheckBox* m_newSeed;
    QSpinBox* m_maxTokens;
    QLineEdit* m_opening;
};

}  // namespace loom::ui
