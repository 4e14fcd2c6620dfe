// SPDX-License-Identifier: GPL-3.0-or-later
// SamplerPanel: how the next word is drawn: temperature, top-k, top-p, min-p, penalty, seed, length.
#pragma once

#include <cstdint>
#include <optional>

#include <QWidget>

#include "core/data/generate.h"

class QCheckBox;
class QLineEdit;
class QSpinBox;
class QToolButton;

namespace loom::ui {

class SamplerRow;

class SamplerPanel final : public QWidget {
    Q_OBJECT
public:
    explicit SamplerPanel(QWidget* parent = nullptr);

    [[nodiscard]] SamplerSettings samplers() const;
    void setSamplers(const SamplerSettings& settings);  ///< values out of range are brought into it
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
    void drawSeed();

    SamplerRow* m_temperature;
    SamplerRow* m_topK;
    SamplerRow* m_topP;
    SamplerRow* m_minP;
    SamplerRow* m_penalty;
    QLineEdit* m_seed;
    QToolButton* m_dice;
    QCheckBox* m_newSeed;
    QSpinBox* m_maxTokens;
};

}  // namespace loom::ui
