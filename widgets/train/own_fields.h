// SPDX-License-Identifier: GPL-3.0-or-later
// OwnFields: the main numbers of a network of one's own and of its training.
#pragma once

#include <QWidget>

#include "core/data/train_setup.h"

class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace loom::ui {

class OwnFields final : public QWidget {
    Q_OBJECT

public:
    explicit OwnFields(QWidget* parent = nullptr);

    void setValues(const OwnShape& shape, const OwnTraining& training);
    /// The vocabulary is the tokenizer's where one is given.
    void setVocabularyFixed(bool fixed);
    /// The attention form is decided elsewhere: by the twins.
    void setFormFixed(bool fixed);
    [[nodiscard]] OwnShape shape() const;
    [[nodiscard]] OwnTraining training() const;

signals:
    void changed();

private:
    /// `label` gets the one above the field.
    QSpinBox* addNumber(const QString& name, const QString& help, int least, int most, int step, QLabel** label = nullptr);
    QLabel* addField(const QString& name, const QString& help, QWidget* field, int columns = 1);
    void showForm();

    QGridLayout* m_grid;
    int m_fields = 0;
    QComboBox *m_form, *m_schedule, *m_precision, *m_average;
    QSpinBox *m_width, *m_layers, *m_heads, *m_feedForward, *m_rank, *m_rotary, *m_context, *m_vocab, *m_batch, *m_steps, *m_patience;
    QDoubleSpinBox* m_dropout;
    QLineEdit* m_rate;
    QLabel *m_rankName = nullptr, *m_rotaryName = nullptr, *m_vocabName = nullptr;
    bool m_formFixed = false;
    bool m_quiet = false;
};

}  // namespace loom::ui
