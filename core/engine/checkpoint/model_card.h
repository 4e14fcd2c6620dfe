// SPDX-License-Identifier: GPL-3.0-or-later
// Reading training.json, the model card that the trainer writes beside a checkpoint.
#pragma once

#include <cstddef>
#include <filesystem>

#include "core/data/model_card.h"

namespace loom {

inline constexpr std::int64_t kCardFormat = 1;                         ///< the format_version that is read
inline constexpr std::size_t kLargestCard = std::size_t{4} << 20;      ///< bytes of the file
inline constexpr std::size_t kLongestCardText = std::size_t{1} << 16;  ///< bytes of one text in it
inline constexpr std::size_t kMostCurvePoints = 5000;
inline constexpr std::size_t kMostCardSamples = 64;

/// Every key but format_version may be absent. Throws Error naming the file and the key: another format, a wrong type, too much of
/// anything.
[[nodiscard]] ModelCard readModelCard(const std::filesystem::path& file);

}  // namespace loom
