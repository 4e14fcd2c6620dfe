// SPDX-License-Identifier: GPL-3.0-or-later
// HeadValues: numbers for every head, query and key that the query can see, and their pictures in colour indices.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <QImage>

#include "core/data/attention_map.h"

namespace loom::ui {

/// What colour indices mean.
enum class ValueScale {
    Weights,  ///< 0 … 254 are the square roots of weights from 0 to 1
    Signed,   ///< 0 … 254 are numbers from −limit to limit, 127 is 0
};

/// Colour index of a cell that cannot be looked at; all lower indices are numbers.
inline constexpr int kMaskedLevel = 255;
inline constexpr int kTopLevel = 254;

/// Colour index of a weight: its square root in 254 steps.
[[nodiscard]] int weightLevel(float weight);
/// Colour index of a number between −limit and limit; 127 where the limit is 0.
[[nodiscard]] int signedLevel(float value, float limit);

/// Copies share their numbers, which nobody changes: a copy may be read in another thread while the original grows.
class HeadValues {
public:
    [[nodiscard]] int heads() const { return m_heads; }
    [[nodiscard]] int tokens() const { return static_cast<int>(m_rows.size()); }
    /// The query + 1 numbers of one query in one head.
    [[nodiscard]] const float* row(int head, int query) const {
        const Row& row = m_rows[static_cast<std::size_t>(query)];
        return row.first + static_cast<std::ptrdiff_t>(head) * row.stride;
    }

    void clear();
    /// Numbers [H, T, T]; false (and empty) if they are not so many or too many.
    bool setSquare(std::shared_ptr<const std::vector<float>> numbers, std::int64_t heads, std::int64_t tokens);
    /// The next query's numbers; the row must fit.
    void append(const std::shared_ptr<const AttentionRow>& row);
    void truncate(int length);

    /// Square image of colour indices, at most `side` cells wide; each cell has the number of its block that is farthest from 0.
    [[nodiscard]] QImage levels(int head, int side, ValueScale scale, float limit) const;
    /// Fills rows of cells from `first` on, `block` tokens a cell.
    void fillLevels(QImage& image, int head, int block, int first, ValueScale scale, float limit) const;
    /// The largest distance from 0 in one head.
    [[nodiscard]] float largest(int head) const;
    /// Sums over queries first … tokens() − 1: entropies in nats, and distances Σ weight · (query − key) in tokens.
    struct Sums {
        double entropy = 0;
        double distance = 0;
    };
    [[nodiscard]] Sums sums(int head, int first) const;

private:
    struct Row {
        const float* first = nullptr;
        std::ptrdiff_t stride = 0;
    };

    int m_heads = 0;
    std::vector<Row> m_rows;
    std::vector<std::shared_ptr<const void>> m_owners;  ///< of each row
};

/// The average of all heads as a map of one head; null without numbers.
[[nodiscard]] std::shared_ptr<AttentionMap> meanOfHeads(const HeadValues& values, LayerIndex layer);
/// The same for one query.
[[nodiscard]] std::shared_ptr<AttentionRow> meanRow(const HeadValues& values, LayerIndex layer, int query);

/// A greyscale image of `cells` × `cells` masked cells.
[[nodiscard]] QImage maskedImage(int cells);

}  // namespace loom::ui
