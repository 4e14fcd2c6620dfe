// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/loss_watch.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace loom {
namespace {

constexpr std::size_t kLooksBack = 100;
constexpr std::size_t kSilent = 50;
constexpr double kLeast = 1.0;  ///< nats
constexpr double kSpreads = 10.0;
constexpr double kSigma = 1.4826;  ///< of a normal distribution, in median absolute deviations

double medianOf(std::vector<double> values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

}  // namespace

double LossWatch::median() const { return medianOf({m_losses.begin(), m_losses.end()}); }

bool LossWatch::isOutlier(double loss) {
    bool outlier = false;
    if (m_losses.size() >= kSilent) {
        const double usual = median();
        std::vector<double> deviations;
        for (const double value : m_losses) deviations.push_back(std::abs(value - usual));
        outlier = loss - usual > std::max(kLeast, kSpreads * kSigma * medianOf(std::move(deviations)));
    }
    m_losses.push_back(loss);
    if (m_losses.size() > kLooksBack) m_losses.pop_front();
    return outlier;
}

}  // namespace loom
