// SPDX-License-Identifier: GPL-3.0-or-later
// TwinBytes: what each cache holds, as bars on one scale, with the difference from the first one.
#pragma once

#include <vector>

#include <QWidget>

#include "core/data/twin_update.h"

class QGridLayout;
class QLabel;
class QToolButton;

namespace loom::ui {

class ByteBar;
class FormulaPopover;

class TwinBytes final : public QWidget {
    Q_OBJECT

public:
    explicit TwinBytes(QWidget* parent = nullptr);

    void setContestants(const std::vector<TwinContestant>& contestants);
    /// By contestant.
    void setUses(const std::vector<CacheUse>& uses);

    /// For a projector.
    void setLarge(bool large);

    [[nodiscard]] std::size_t count() const { return m_rows.size(); }
    [[nodiscard]] const ByteBar* bar(std::size_t who) const { return m_rows[who].bar; }
    [[nodiscard]] QToolButton* figure(std::size_t who) const { return m_rows[who].figure; }
    /// "976,896 B less · −75.0 %"; empty for the first one.
    [[nodiscard]] QString difference(std::size_t who) const;
    [[nodiscard]] FormulaPopover* popover() const { return m_popover; }

private:
    struct Row {
        QLabel* name;
        ByteBar* bar;
        QToolButton* figure;
        QLabel* difference;
    };
    void open(std::size_t who);

    QGridLayout* m_grid;
    std::vector<Row> m_rows;
    std::vector<CacheUse> m_uses;
    std::vector<QString> m_names;
    FormulaPopover* m_popover;
    bool m_large = false;
    std::size_t m_open = 0;  ///< whose equation the popover shows
};

/// "976,896 B less · −75.0 %", "12 B more · +0.1 %" or "as many bytes"; where the stories are not equally long, per token too.
[[nodiscard]] QString byteDifference(const CacheUse& use, const CacheUse& than);

}  // namespace loom::ui
