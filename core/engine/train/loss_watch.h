// SPDX-License-Identifier: GPL-3.0-or-later
// LossWatch: whether a training loss is far from what it has been.
#pragma once

#include <cstddef>
#include <deque>

namespace loom {

/// Looks back over the last hundred losses. A loss is an outlier when it lies above their median by more than one nat and by more than ten
/// times their spread (median of absolute deviations, scaled to a standard deviation). Silent for the first fifty.
class LossWatch {
public:
    /// Whether `loss` is an outlier; takes it in either way.
    [[nodiscard]] bool isOutlier(double loss);
    /// Median of what was taken in; 0 before anything was.
    [[nodiscard]] double median() const;
    void clear() { m_losses.clear(); }

private:
    std::deque<double> m_losses;
};

}  // namespace loom
