// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/settings.h"

#include <algorithm>
#include <cmath>

#include <QSettings>
#include <QVariant>

#include "app/sampler_settings.h"
#include "app/train_settings.h"

namespace loom::app {
namespace {

constexpr int kVersion = 1;
constexpr int kLongestAddress = 2000;

QSettings openFile() {
    return QSettings(QSettings::IniFormat, QSettings::UserScope, QStringLiteral("latentloom"), QStringLiteral("latentloom"));
}

/// False for a file that a newer program wrote.
bool isOurs(const QSettings& file) { return file.value(QStringLiteral("version"), kVersion).toInt() <= kVersion; }

double number(const QSettings& file, const QString& key, double fallback, double least, double most) {
    bool ok = false;
    const double value = file.value(key, fallback).toDouble(&ok);
    return ok && std::isfinite(value) ? std::clamp(value, least, most) : fallback;
}

std::int64_t count(const QSettings& file, const QString& key, std::int64_t fallback, std::int64_t least, std::int64_t most) {
    bool ok = false;
    const std::int64_t value = file.value(key, static_cast<qlonglong>(fallback)).toLongLong(&ok);
    return ok ? std::clamp(value, least, most) : fallback;
}

}  // namespace

QString name(Page page) {
    switch (page) {
        case Page::Write: return QStringLiteral("write");
        case Page::Inside: return QStringLiteral("inside");
        case Page::Cache: return QStringLiteral("cache");
        case Page::Train: return QStringLiteral("train");
        case Page::Compare: return QStringLiteral("compare");
    }
    return {};
}

std::optional<Page> pageFromName(const QString& text) {
    for (const Page page : {Page::Write, Page::Inside, Page::Cache, Page::Train, Page::Compare})
        if (text == name(page)) return page;
    return std::nullopt;
}

QString name(ui::ThemeChoice theme) {
    switch (theme) {
        case ui::ThemeChoice::System: return QStringLiteral("system");
        case ui::ThemeChoice::Light: return QStringLiteral("light");
        case ui::ThemeChoice::Dark: return QStringLiteral("dark");
    }
    return {};
}

std::optional<ui::ThemeChoice> themeFromName(const QString& text) {
    for (const ui::ThemeChoice theme : {ui::ThemeChoice::System, ui::ThemeChoice::Light, ui::ThemeChoice::Dark})
        if (text == name(theme)) return theme;
    return std::nullopt;
}

QString name(DeviceKind device) { return device == DeviceKind::Cuda ? QStringLiteral("cuda") : QStringLiteral("cpu"); }

std::optional<DeviceKind> deviceFromName(const QString& text) {
    for (const DeviceKind device : {DeviceKind::Cpu, DeviceKind::Cuda})
        if (text == name(device)) return device;
    return std::nullopt;
}

void addRecent(Settings& settings, const QString& path) {
    settings.recent.removeAll(path);
    settings.recent.prepend(path);
    while (settings.recent.size() > kRecentFiles) settings.recent.removeLast();
}

Settings loadSettings() {
    Settings settings;
    const QSettings file = openFile();
    if (!isOurs(file)) return settings;
    settings.theme = themeFromName(file.value(QStringLiteral("theme")).toString()).value_or(settings.theme);
    settings.textScale = number(file, QStringLiteral("textScale"), 1.0, kSmallestText, kLargestText);
    settings.layer = count(file, QStringLiteral("inside/layer"), 0, 0, 1'000'000);
    settings.head = static_cast<int>(count(file, QStringLiteral("inside/head"), 0, 0, 1'000'000));
    settings.coloursSurprise = file.value(QStringLiteral("write/coloursSurprise"), false).toBool();
    settings.colourMap = static_cast<int>(count(file, QStringLiteral("inside/colourMap"), 0, 0, 1));
    settings.samplers = loadSamplers(file);
    settings.beams = loadBeams(file);
    settings.ownPresets = loadOwnPresets(file);
    settings.opening = file.value(QStringLiteral("write/opening")).toString();
    settings.seed = file.value(QStringLiteral("samplers/seed")).toString();
    settings.newSeedEachTime = file.value(QStringLiteral("samplers/newSeedEachTime"), true).toBool();
    settings.maxTokens = count(file, QStringLiteral("samplers/maxTokens"), settings.maxTokens, 1, 1'000'000);
    settings.path = file.value(QStringLiteral("model/path")).toString() == QLatin1String("naive") ? MlaPath::Naive : MlaPath::Absorbed;
    settings.device = deviceFromName(file.value(QStringLiteral("model/device")).toString()).value_or(settings.device);
    const std::string precision = file.value(QStringLiteral("model/precision")).toString().toStdString();
    settings.precision = precisionChoiceNamed(precision).value_or(settings.precision);
    settings.lastFolder = file.value(QStringLiteral("model/lastFolder")).toString();
    settings.recent = file.value(QStringLiteral("model/recent")).toStringList().mid(0, kRecentFiles);
    settings.recent.removeAll(QString());
    settings.geometry = file.value(QStringLiteral("window/geometry")).toByteArray();
    settings.writeSplitter = file.value(QStringLiteral("window/writeSplitter")).toByteArray();
    settings.treeSplitter = file.value(QStringLiteral("window/treeSplitter")).toByteArray();
    settings.treeVisible = file.value(QStringLiteral("window/treeVisible"), true).toBool();
    settings.insideSplitter = file.value(QStringLiteral("window/insideSplitter")).toByteArray();
    settings.trainSplitter = file.value(QStringLiteral("window/trainSplitter")).toByteArray();
    settings.samplersVisible = file.value(QStringLiteral("window/samplersVisible"), true).toBool();
    settings.tourSeen = file.value(QStringLiteral("window/tourSeen"), false).toBool();
    settings.mirror = file.value(QStringLiteral("train/mirror")).toString().left(kLongestAddress);
    settings.train = loadTrainSetup(file);
    return settings;
}

void saveSettings(const Settings& settings) {
    QSettings file = openFile();
    if (!isOurs(file)) return;
    file.setValue(QStringLiteral("version"), kVersion);
    file.setValue(QStringLiteral("theme"), name(settings.theme));
    file.setValue(QStringLiteral("textScale"), settings.textScale);
    file.setValue(QStringLiteral("inside/layer"), static_cast<qlonglong>(settings.layer));
    file.setValue(QStringLiteral("inside/head"), settings.head);
    file.setValue(QStringLiteral("write/coloursSurprise"), settings.coloursSurprise);
    file.setValue(QStringLiteral("inside/colourMap"), settings.colourMap);
    saveSamplers(file, settings.samplers);
    saveBeams(file, settings.beams);
    saveOwnPresets(file, settings.ownPresets);
    file.setValue(QStringLiteral("write/opening"), settings.opening);
    file.setValue(QStringLiteral("samplers/seed"), settings.seed);
    file.setValue(QStringLiteral("samplers/newSeedEachTime"), settings.newSeedEachTime);
    file.setValue(QStringLiteral("samplers/maxTokens"), static_cast<qlonglong>(settings.maxTokens));
    file.setValue(QStringLiteral("model/path"), settings.path == MlaPath::Naive ? QStringLiteral("naive") : QStringLiteral("absorbed"));
    file.setValue(QStringLiteral("model/device"), name(settings.device));
    file.setValue(QStringLiteral("model/precision"), QString::fromStdString(std::string(loom::name(settings.precision))));
    file.setValue(QStringLiteral("model/lastFolder"), settings.lastFolder);
    file.setValue(QStringLiteral("model/recent"), settings.recent);
    file.setValue(QStringLiteral("window/geometry"), settings.geometry);
    file.setValue(QStringLiteral("window/writeSplitter"), settings.writeSplitter);
    file.setValue(QStringLiteral("window/treeSplitter"), settings.treeSplitter);
    file.setValue(QStringLiteral("window/treeVisible"), settings.treeVisible);
    file.setValue(QStringLiteral("window/insideSplitter"), settings.insideSplitter);
    file.setValue(QStringLiteral("window/trainSplitter"), settings.trainSplitter);
    file.setValue(QStringLiteral("window/samplersVisible"), settings.samplersVisible);
    file.setValue(QStringLiteral("window/tourSeen"), settings.tourSeen);
    file.setValue(QStringLiteral("train/mirror"), settings.mirror);
    saveTrainSetup(file, settings.train);
}

}  // namespace loom::app
