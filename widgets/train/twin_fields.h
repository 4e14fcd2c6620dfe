// SPDX-License-Identifier: GPL-3.0-or-later
// TwinFields: whether twins are trained, which attention forms they have, and what they are matched by.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <QWidget>

#include "core/data/training_plan.h"

class QCheckBox;
class QComboBox;
class QGridLayout;
class QLabel;
class QPushButton;

namespace loom::ui {

class TwinFields final : public QWidget {
    Q_OBJECT

public:
    explicit TwinFields(QWidget* parent = nullptr);
    ~TwinFields() override;

    /// Forms as core/data/attention_forms.h writes them, "mla-deepseek:r=64"; empty = no twins are wanted. `match`: "parameters", "flops"
    /// or "nothing".
    void setTwins(const std::vector<std::string>& forms, const std::string& match);
    [[nodiscard]] std::vector<std::string> forms() const;
    [[nodiscard]] std::string match() const;
    /// What the plan says of each; empty = nothing yet.
    void setShapes(const std::vector<TwinShape>& shapes);

    [[nodiscard]] QCheckBox* box() const { return m_wanted; }
    [[nodiscard]] QPushButton* addButton() const { return m_add; }
    /// A line per twin: what its form is, and what the plan says.
    [[nodiscard]] QStringList notes() const;

signals:
    void changed();

private:
    struct Row;
    void addRow(const std::string& form);
    void removeRow(const Row* row);
    void refresh();
    void report();

    QCheckBox* m_wanted;
    QWidget* m_body;
    QGridLayout* m_grid;
    QPushButton* m_add;
    QComboBox* m_match;
    std::vector<std::unique_ptr<Row>> m_rows;
    std::vector<TwinShape> m_shapes;
    int m_nextLine = 0;  ///< of the grid; lines of removed twins stay empty
    bool m_quiet = false;
};

}  // namespace loom::ui
