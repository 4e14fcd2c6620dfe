// SPDX-License-Identifier: GPL-3.0-or-later
// group.json: a folder whose runs are twins, trained on identical batches.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

/// What twins have in common besides data and schedule. Nothing: each form keeps the preset's feed-forward width.
enum class TwinMatch : std::uint8_t { Nothing, Parameters, Flops };
[[nodiscard]] std::string_view name(TwinMatch match);  ///< "nothing", "parameters", "flops"
[[nodiscard]] std::optional<TwinMatch> twinMatchNamed(std::string_view name);

struct TwinGroup {
    std::vector<std::string> twins;  ///< folder names of the runs, in the order they were asked for
    TwinMatch match = TwinMatch::Parameters;
};

[[nodiscard]] bool isTwinGroup(const std::filesystem::path& folder);
/// Throws Error naming file and key: a name that leads out of the folder, none at all, one twice.
[[nodiscard]] TwinGroup readTwinGroup(const std::filesystem::path& folder);
void writeTwinGroup(const std::filesystem::path& folder, const TwinGroup& group);

}  // namespace loom
