// SPDX-License-Identifier: GPL-3.0-or-later
// PathBox: which of the two equivalent ways a joint latent is decoded.
#pragma once

#include <QWidget>

#include "core/data/byte_formulas.h"
#include "core/data/model_config.h"

class QLabel;
class QRadioButton;

namespace loom::ui {

class PathBox final : public QWidget {
    Q_OBJECT

public:
    explicit PathBox(QWidget* parent = nullptr);

    void setModel(const ModelConfig& config, MlaPath path);
    /// `why` is shown while disabled. A model without a latent stays disabled and says so.
    void setPathEnabled(bool enabled, const QString& why);

    [[nodiscard]] QRadioButton* naive() const { return m_naive; }
    [[nodiscard]] QRadioButton* absorbed() const { return m_absorbed; }
    [[nodiscard]] QString reason() const;

signals:
    /// Chosen by a person.
    void pathChosen(loom::MlaPath path);

private:
    void refresh();

    QRadioButton* m_absorbed;
    QRadioButton* m_naive;
    QLabel* m_absorbedText;
    QLabel* m_naiveText;
    QLabel* m_reason;
    ModelConfig m_config;
    bool m_enabled = true;
    QString m_why;
};

}  // namespace loom::ui
