// SPDX-License-Identifier: GPL-3.0-or-later
// What the window remembers between two starts.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <QByteArray>
#include <QString>
#include <QStringList>

#include "core/data/byte_formulas.h"
#include "core/data/device_kind.h"
#include "core/data/generate.h"
#include "core/data/precision.h"
#include "core/data/train_setup.h"
#include "widgets/common/theme.h"
#include "widgets/write/own_preset.h"

namespace loom::app {

/// The pages, in the order of the mode bar.
enum class Page { Write, Inside, Cache, Train, Compare };
/// "write", "inside", "cache", "train", "compare": on the command line and in the settings file.
[[nodiscard]] QString name(Page page);
[[nodiscard]] std::optional<Page> pageFromName(const QString& name);
[[nodiscard]] QString name(ui::ThemeChoice theme);  ///< "system", "light", "dark"
[[nodiscard]] std::optional<ui::ThemeChoice> themeFromName(const QString& name);
[[nodiscard]] QString name(DeviceKind device);  ///< "cpu", "cuda"
[[nodiscard]] std::optional<DeviceKind> deviceFromName(const QString& name);

inline constexpr double kSmallestText = 0.75, kLargestText = 3.0;
inline constexpr int kRecentFiles = 8;

struct Settings {
    ui::ThemeChoice theme = ui::ThemeChoice::System;
    double textScale = 1.0;  ///< kSmallestText … kLargestText
    std::int64_t layer = 0;  ///< Look inside
    int head = 0;
    bool coloursSurprise = false;  ///< words of the story; else who wrote them
    int colourMap = 0;             ///< a ui::ColourMapKind
    SamplerSettings samplers;
    BeamSearch beams;
    std::vector<ui::OwnPreset> ownPresets;
    QString opening;  ///< what every new story begins with
    QString seed;
    bool newSeedEachTime = true;
    std::int64_t maxTokens = 256;
    MlaPath path = MlaPath::Absorbed;
    DeviceKind device = DeviceKind::Cpu;
    PrecisionChoice precision = PrecisionChoice::Auto;
    QString lastFolder;  ///< where the last checkpoint was opened
    QStringList recent;  ///< newest first, at most kRecentFiles
    QByteArray geometry, writeSplitter, treeSplitter, insideSplitter, trainSplitter;
    bool samplersVisible = true, treeVisible = true;
    TrainSetup train;       ///< the last run that was set up, without its name
    QString mirror;         ///< of stories that are downloaded; empty = none
    bool tourSeen = false;  ///< finished or skipped
};

/// Puts a path in front of the recent list, once.
void addRecent(Settings& settings, const QString& path);

/// From latentloom.ini in the user's configuration folder (XDG). Values that make no sense are replaced by their defaults; a file of a
/// newer format version is left alone: it is neither read nor overwritten.
[[nodiscard]] Settings loadSettings();
void saveSettings(const Settings& settings);

}  // namespace loom::app
