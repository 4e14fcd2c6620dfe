// SPDX-License-Identifier: GPL-3.0-or-later
// ContextBytesPlot: what caches take against the length of a text, both axes logarithmic. All of it is formula, so every line is dashed.
#pragma once

#include <vector>

#include "core/data/byte_formulas.h"
#include "widgets/plot/plot_frame.h"

class QCPGraph;
class QCPItemLine;

namespace loom::ui {

class ContextBytesPlot final : public PlotFrame {
    Q_OBJECT

public:
    /// The axis: from a short story to a long book.
    static constexpr std::int64_t kFirst = 64, kLast = 1 << 20;

    struct Line {
        QString name;
        CacheSpec spec;
        std::int64_t stories = 1;
    };

    explicit ContextBytesPlot(QWidget* parent = nullptr);

    void setLines(std::vector<Line> lines);
    /// A level to compare with, in bytes: what there is of memory.
    void setMemory(std::int64_t bytes);

    [[nodiscard]] std::size_t count() const { return m_lines.size(); }
    [[nodiscard]] double bytesAt(std::size_t line, double context) const;
    [[nodiscard]] QString csv() const override;

protected:
    void applyColours(const QPalette& palette) override;
    void readAt(double context) override;
    [[nodiscard]] QString figureName() const override;

private:
    void placeLabels();

    std::vector<Line> m_lines;
    std::vector<QCPGraph*> m_graphs;
    std::vector<QCPItemText*> m_labels;
    QCPItemLine* m_memory;
    QCPItemText* m_memoryText;
    QCPItemLine* m_cross;
    QCPItemText* m_crossText;
    std::int64_t m_bytes = 0;
};

}  // namespace loom::ui
