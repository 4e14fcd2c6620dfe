// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shipped_models.h"

#include <QDir>
#include <QFileInfo>
#include <QStringList>

namespace loom::app {

QString shippedModels(const QString& programFolder, const QString& chosen) {
    QStringList places{chosen};
    if (chosen.isEmpty()) {
        const QDir program(programFolder);
        // A build lies in build/PRESET/bin.
        places = {program.filePath(QStringLiteral("../../../models")), program.filePath(QStringLiteral("../share/latentloom/models"))};
    }
    for (const QString& place : places) {
        const QDir folder(QDir::cleanPath(QDir(place).absolutePath()));
        if (QFileInfo::exists(folder.filePath(QLatin1String(kDemoModel) + QStringLiteral("/config.json")))) return folder.path();
    }
    return {};
}

}  // namespace loom::app
