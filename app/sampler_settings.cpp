// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sampler_settings.h"

#include <algorithm>
#include <cmath>

#include <QSettings>
#include <QVariant>

namespace loom::app {
namespace {

const QString kSamplers = QStringLiteral("samplers/");

QString key(const QString& prefix, std::string_view name) {
    return prefix + QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
}

double number(const QSettings& file, const QString& at, double fallback, double least, double most) {
    bool ok = false;
    const double value = file.value(at, fallback).toDouble(&ok);
    return ok && std::isfinite(value) ? std::clamp(value, least, most) : fallback;
}

SamplerSettings load(const QSettings& file, const QString& prefix) {
    SamplerSettings settings;
    const SamplerSettings usual;
    for (const SamplerParameter& p : samplerParameters()) p.set(settings, number(file, key(prefix, p.key), p.of(usual), p.least, p.most));
    settings.dryBreakers = file.value(key(prefix, "dryBreakers"), QString::fromStdString(usual.dryBreakers)).toString().toStdString();
    settings.order = orderFrom(file.value(key(prefix, "order")).toString().toStdString()).value_or(kSamplerOrder);
    return problemWith(settings) ? usual : settings;
}

void save(QSettings& file, const QString& prefix, const SamplerSettings& settings) {
    for (const SamplerParameter& p : samplerParameters()) {
        const double value = p.of(settings);
        file.setValue(key(prefix, p.key), p.whole ? QVariant(static_cast<qlonglong>(std::llround(value))) : QVariant(value));
    }
    file.setValue(key(prefix, "dryBreakers"), QString::fromStdString(settings.dryBreakers));
    file.setValue(key(prefix, "order"), QString::fromStdString(orderText(settings.order)));
}

QString presetPrefix(int index) { return QStringLiteral("presets/%1/").arg(index + 1); }

}  // namespace

SamplerSettings loadSamplers(const QSettings& file) { return load(file, kSamplers); }
void saveSamplers(QSettings& file, const SamplerSettings& settings) { save(file, kSamplers, settings); }

BeamSearch loadBeams(const QSettings& file) {
    BeamSearch beams;
    beams.width = std::llround(number(file, key(kSamplers, "beams"), 1, 1, static_cast<double>(kWidestBeam)));
    beams.lengthPenalty = number(file, key(kSamplers, "lengthPenalty"), 1, -10, 10);
    return problemWith(beams) ? BeamSearch{} : beams;
}

void saveBeams(QSettings& file, const BeamSearch& beams) {
    file.setValue(key(kSamplers, "beams"), static_cast<qlonglong>(beams.width));
    file.setValue(key(kSamplers, "lengthPenalty"), beams.lengthPenalty);
}

std::vector<ui::OwnPreset> loadOwnPresets(const QSettings& file) {
    std::vector<ui::OwnPreset> presets;
    for (int i = 0; i < ui::kMostOwnPresets; ++i) {
        const QString name = file.value(key(presetPrefix(i), "name")).toString();
        if (name.isEmpty()) break;
        presets.push_back({name, load(file, presetPrefix(i))});
    }
    return presets;
}

void saveOwnPresets(QSettings& file, const std::vector<ui::OwnPreset>& presets) {
    file.remove(QStringLiteral("presets"));
    for (std::size_t i = 0; i < presets.size(); ++i) {
        const QString prefix = presetPrefix(static_cast<int>(i));
        file.setValue(key(prefix, "name"), presets[i].name);
        save(file, prefix, presets[i].samplers);
    }
}

}  // namespace loom::app
