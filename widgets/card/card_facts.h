// SPDX-License-Identifier: GPL-3.0-or-later
// The facts of a model card, as names and values to read.
#pragma once

#include <QList>
#include <QString>

#include "core/data/model_summary.h"

namespace loom::ui {

struct CardFact {
    QString name, value;
};
struct CardSection {
    QString title;
    QList<CardFact> facts;
};

/// The network itself, and where there is a card: measured, training, data. Sections without facts are left out.
[[nodiscard]] QList<CardSection> cardSections(const ModelSummary& model);

}  // namespace loom::ui
