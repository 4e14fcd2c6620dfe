// SPDX-License-Identifier: GPL-3.0-or-later
// PresetBar: sampler settings by name: the program's own, a person's own, and back to the usual ones.
#pragma once

#include <vector>

#include <QWidget>

#include "widgets/write/own_preset.h"

class QAction;
class QComboBox;

namespace loom::ui {

class PresetBar final : public QWidget {
    Q_OBJECT
public:
    explicit PresetBar(QWidget* parent = nullptr);

    /// The settings as they are: the preset that is the same is shown, or "Changed".
    void showSettings(const SamplerSettings& settings);
    [[nodiscard]] const std::vector<OwnPreset>& own() const { return m_own; }
    void setOwn(const std::vector<OwnPreset>& presets);
    /// Keeps the settings as they are under this name; one that had it before is replaced. Nothing without a name; the program's
    /// own names are kept apart by "(own)".
    void save(const QString& name);
    void removeShown();  ///< the person's own preset that is shown
    [[nodiscard]] QString shownName() const;

signals:
    void chosen(const loom::SamplerSettings& settings);
    void ownChanged();

private:
    void askForName();
    void fill();

    SamplerSettings m_settings;
    std::vector<OwnPreset> m_own;
    QComboBox* m_presets;
    QAction* m_remove;
};

}  // namespace loom::ui
