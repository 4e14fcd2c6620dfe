// SPDX-License-Identifier: GPL-3.0-or-later
// PresetBar: see the header.
#include "widgets/write/preset_bar.h"

#include <algorithm>

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QMenu>
#include <QSignalBlocker>
#include <QToolButton>

#include "widgets/write/sampler_words.h"

namespace loom::ui {

PresetBar::PresetBar(QWidget* parent) : QWidget(parent), m_presets(new QComboBox(this)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    m_presets->setToolTip(tr("Ready-made settings of all samplers"));
    m_presets->setAccessibleName(tr("Preset"));
    m_presets->setPlaceholderText(tr("Changed"));
    m_presets->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_presets->setMinimumContentsLength(10);
    auto* menuButton = new QToolButton(this);
    menuButton->setText(QStringLiteral("⋯"));
    menuButton->setToolTip(tr("Keep these settings under a name, delete a preset, or go back to the usual settings"));
    menuButton->setAccessibleName(tr("Presets menu"));
    menuButton->setPopupMode(QToolButton::InstantPopup);
    menuButton->setAutoRaise(true);
    auto* menu = new QMenu(menuButton);
    menuButton->setMenu(menu);
    QAction* keep = menu->addAction(tr("Save as a preset…"));
    m_remove = menu->addAction(tr("Delete this preset"));
    menu->addSeparator();
    QAction* reset = menu->addAction(tr("Reset all samplers"));
    row->addWidget(m_presets, 1);
    row->addWidget(menuButton);
    connect(keep, &QAction::triggered, this, &PresetBar::askForName);
    connect(m_remove, &QAction::triggered, this, &PresetBar::removeShown);
    connect(reset, &QAction::triggered, this, [this] { emit chosen({}); });
    connect(m_presets, &QComboBox::activated, this, [this](int index) {
        const auto builtIn = static_cast<int>(samplerPresets().size());
        if (index < builtIn)
            emit chosen(samplerPresets().at(static_cast<std::size_t>(index)).settings);
        else if (index > builtIn)  // between the two stands a line
            emit chosen(m_own.at(static_cast<std::size_t>(index - builtIn - 1)).samplers);
    });
    fill();
}

void PresetBar::fill() {
    const QSignalBlocker quiet(m_presets);
    m_presets->clear();
    for (const SamplerPreset& preset : samplerPresets()) m_presets->addItem(presetName(preset));
    if (!m_own.empty()) m_presets->insertSeparator(m_presets->count());
    for (const OwnPreset& preset : m_own) m_presets->addItem(preset.name);
    showSettings(m_settings);
}

void PresetBar::showSettings(const SamplerSettings& settings) {
    m_settings = settings;
    int index = -1;
    const auto builtIn = static_cast<int>(samplerPresets().size());
    for (int i = 0; i < builtIn; ++i)
        if (samplerPresets().at(static_cast<std::size_t>(i)).settings == settings) index = i;
    for (std::size_t i = 0; i < m_own.size(); ++i)
        if (m_own[i].samplers == settings) index = builtIn + 1 + static_cast<int>(i);
    const QSignalBlocker quiet(m_presets);
    m_presets->setCurrentIndex(index);
    m_remove->setEnabled(index > builtIn);
}

void PresetBar::setOwn(const std::vector<OwnPreset>& presets) {
    m_own = presets;
    if (m_own.size() > kMostOwnPresets) m_own.resize(kMostOwnPresets);
    fill();
}

void PresetBar::save(const QString& text) {
    QString name = text.simplified().left(60);
    const auto taken = [&](const SamplerPreset& preset) { return presetName(preset) == name; };
    if (name.isEmpty()) return;
    if (std::any_of(samplerPresets().begin(), samplerPresets().end(), taken)) name = tr("%1 (own)").arg(name);
    std::erase_if(m_own, [&](const OwnPreset& preset) { return preset.name == name; });
    m_own.push_back({name, m_settings});
    if (m_own.size() > kMostOwnPresets) m_own.erase(m_own.begin());
    fill();
    emit ownChanged();
}

void PresetBar::removeShown() {
    const auto index = static_cast<std::size_t>(m_presets->currentIndex()) - samplerPresets().size() - 1;
    if (!m_remove->isEnabled() || index >= m_own.size()) return;
    m_own.erase(m_own.begin() + static_cast<std::ptrdiff_t>(index));
    fill();
    emit ownChanged();
}

QString PresetBar::shownName() const { return m_presets->currentText(); }

void PresetBar::askForName() {
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Save as a preset"));
    dialog->setLabelText(tr("A name for these settings. One of your own with the same name is replaced."));
    connect(dialog, &QInputDialog::textValueSelected, this, &PresetBar::save);
    dialog->open();
}

}  // namespace loom::ui
