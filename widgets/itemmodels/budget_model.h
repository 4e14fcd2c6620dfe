// SPDX-License-Identifier: GPL-3.0-or-later
// BudgetModel: what the caches of many networks take for a context, a batch and a type of cells, and how many stories fit.
#pragma once

#include <optional>
#include <vector>

#include <QAbstractTableModel>
#include <QColor>
#include <QSet>
#include <QString>

#include "core/data/cache_budget.h"
#include "core/data/twin_update.h"

namespace loom::ui {

/// What is asked of every network.
struct BudgetQuestion {
    std::int64_t memory = 8'000'000'000;  ///< bytes there are
    std::int64_t context = 4096;          ///< positions of each story
    std::int64_t batch = 1;               ///< stories at once
    DType dtype = DType::BF16;            ///< of the caches' cells
    bool weights = true;                  ///< they take their part of the memory
};

/// A network of the table.
struct BudgetSubject {
    QString name;
    QString description;
    ModelConfig config;
    MlaPath path = MlaPath::Absorbed;
    std::optional<std::int64_t> reported = {};  ///< bytes per token that its source prints, at 16 bits
    std::optional<std::int64_t> measured = {};  ///< bytes per token of the buffers that are in memory now, and of what type
    DType measuredType = DType::F32;
};

class BudgetModel final : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Paper, Formula, Tensors, Cache, Weights, Stories, Fits, ColumnCount };
    enum Role {
        ValueRole = Qt::UserRole + 1,  ///< qlonglong behind a figure; invalid where there is none
        FitsRole                       ///< bool
    };

    /// Presets are there from the beginning.
    explicit BudgetModel(QObject* parent = nullptr);

    void setQuestion(const BudgetQuestion& question);
    [[nodiscard]] const BudgetQuestion& question() const { return m_question; }
    /// Those that are compared stand first.
    void setContestants(const std::vector<TwinContestant>& contestants);
    void setUses(const std::vector<CacheUse>& uses);

    [[nodiscard]] const BudgetSubject& subject(int row) const { return m_subjects[static_cast<std::size_t>(row)]; }
    [[nodiscard]] CacheSpec spec(int row) const;
    [[nodiscard]] int rowOf(const QString& name) const;  ///< −1 where there is none
    /// Rows with a tick, which are drawn.
    [[nodiscard]] std::vector<int> ticked() const;
    /// "Fits: 31 stories of 4,096 tokens in 8.59 GB." and what is left, or what is missing.
    [[nodiscard]] QString verdict(int row) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

signals:
    void tickedChanged();

private:
    struct Answer {
        std::int64_t perToken = 0;
        std::optional<std::int64_t> cache;  ///< none: more bytes than 63 bits count
        std::int64_t weights = 0;
        std::int64_t stories = 0;
        bool fits = false;
    };
    [[nodiscard]] Answer answer(int row) const;
    [[nodiscard]] QString cell(int row, int column) const;

    BudgetQuestion m_question;
    std::vector<BudgetSubject> m_subjects;
    std::vector<std::int64_t> m_weights;  ///< of m_subjects
    std::size_t m_contestants = 0;
    QSet<QString> m_ticked;
};

}  // namespace loom::ui
