// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/train_settings.h"

#include <cmath>
#include <string>
#include <type_traits>

#include <QSettings>
#include <QVariant>

#include "app/settings.h"

namespace loom::app {
namespace {

constexpr std::int64_t kMost = 1'000'000'000;
constexpr std::size_t kMostTwins = 6;

/// Calls `body(key, value)` for everything that is remembered; `setup` is const or not.
template <class Setup, class Body>
void forAll(Setup& setup, Body&& body) {
    body("stories", setup.stories);
    body("separator", setup.separator);
    body("field", setup.field);
    body("made", setup.made);
    body("validShare", setup.validShare);
    body("tokenizer", setup.tokenizer);
    body("preset", setup.preset);
    body("match", setup.match);
    body("seed", setup.seed);
    auto& shape = setup.shape;
    body("width", shape.width);
    body("layers", shape.layers);
    body("heads", shape.heads);
    body("feedForward", shape.feedForward);
    body("rank", shape.rank);
    body("rotary", shape.rotary);
    body("context", shape.context);
    body("vocab", shape.vocab);
    auto& training = setup.training;
    body("batch", training.batch);
    body("steps", training.steps);
    body("learningRate", training.learningRate);
    body("schedule", training.schedule);
    body("precision", training.precision);
    body("dropout", training.dropout);
    body("average", training.average);
    body("patience", training.patience);
}

QString key(const char* name) { return QStringLiteral("train/") + QLatin1String(name); }

}  // namespace

TrainSetup loadTrainSetup(const QSettings& file) {
    TrainSetup setup;
    const auto read = [&file](const char* name, auto& value) {
        using Value = std::remove_reference_t<decltype(value)>;
        const QVariant stored = file.value(key(name));
        if (!stored.isValid()) return;
        bool ok = false;
        if constexpr (std::is_same_v<Value, std::string>) {
            value = stored.toString().toStdString();
        } else if constexpr (std::is_same_v<Value, double>) {
            const double number = stored.toDouble(&ok);
            if (ok && std::isfinite(number) && number >= 0) value = number;
        } else {
            const qlonglong number = stored.toLongLong(&ok);
            if (ok && number >= 0 && number <= kMost) value = static_cast<Value>(number);
        }
    };
    forAll(setup, read);
    const TrainSetup defaults;
    if (setup.validShare > 0.5) setup.validShare = defaults.validShare;
    const QString form = file.value(key("form")).toString();
    for (const Latent latent : {Latent::None, Latent::Joint, Latent::PerHead})
        if (form == QLatin1String(loom::name(latent).data())) setup.shape.form = latent;
    if (!problemWith(setup.shape).empty()) setup.shape = defaults.shape;
    for (const QString& twin : file.value(key("twins")).toStringList())
        if (setup.twins.size() < kMostTwins && twin.size() < 80) setup.twins.push_back(twin.toStdString());
    if (setup.twins.size() < 2) setup.twins.clear();
    setup.device = deviceFromName(file.value(key("device")).toString()).value_or(defaults.device);
    return setup;
}

void saveTrainSetup(QSettings& file, const TrainSetup& setup) {
    const auto write = [&file](const char* name, const auto& value) {
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::string>) {
            file.setValue(key(name), QString::fromStdString(value));
        } else if constexpr (std::is_same_v<Value, double>) {
            file.setValue(key(name), value);
        } else {
            file.setValue(key(name), static_cast<qlonglong>(value));
        }
    };
    forAll(setup, write);
    file.setValue(key("form"), QLatin1String(loom::name(setup.shape.form).data()));
    file.setValue(key("device"), name(setup.device));
    QStringList twins;
    for (const std::string& twin : setup.twins) twins += QString::fromStdString(twin);
    file.setValue(key("twins"), twins);
}

}  // namespace loom::app
