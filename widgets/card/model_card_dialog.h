// SPDX-License-Identifier: GPL-3.0-or-later
// ModelCardDialog: where a model comes from, how good it is, and what it writes.
#pragma once

#include <QDialog>

#include "core/data/model_summary.h"

class QVBoxLayout;

namespace loom::ui {

/// For a model without a card: what is known of its files. Deletes itself when closed.
class ModelCardDialog final : public QDialog {
    Q_OBJECT
public:
    explicit ModelCardDialog(const ModelSummary& model, QWidget* parent = nullptr);

private:
    void addHeader(const ModelSummary& model);
    void addFacts(const ModelSummary& model);
    [[nodiscard]] QWidget* curveBox(const ModelCard& card);
    void addSamples(const ModelCard& card);

    QWidget* m_content;
    QVBoxLayout* m_column;
};

}  // namespace loom::ui
