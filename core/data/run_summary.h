// SPDX-License-Identifier: GPL-3.0-or-later
// RunSummary: what a list of training runs shows of one of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loom {

/// Running: a process holds its lock. Stopped: it can be resumed. Finished: all its steps are done, or patience ended it.
/// Broken: its files cannot be read; RunSummary::problem says why.
enum class RunState : std::uint8_t { Running, Stopped, Finished, Broken };
[[nodiscard]] std::string_view name(RunState state);  ///< "running", "stopped", "finished", "broken"

struct RunSummary {
    std::string folder;  ///< absolute path
    std::string name;    ///< what the person called it, else its configuration, else the folder's name
    std::string notes;
    std::int64_t started = 0;  ///< seconds since 1970, UTC
    RunState state = RunState::Broken;
    std::string problem;  ///< what is wrong with its files; empty = nothing. A run may have one without being broken
    std::int64_t step = 0, steps = 0;
    std::int64_t tokens = 0;  ///< seen
    std::int64_t tokensPerStep = 0;
    double seconds = 0;                    ///< of training, pauses left out
    double tokensPerSecond = 0;            ///< over the last steps
    std::optional<double> loss;            ///< nats per token, of the last step
    std::optional<double> validationLoss;  ///< the last one measured
    std::optional<double> bestLoss;        ///< the lowest validation loss
    std::int64_t bestStep = 0;             ///< where that was
    std::string preset;                    ///< that it was begun with; empty = a configuration of its own
    std::string form;                      ///< "MLA (joint latent)"
    std::int64_t parameters = 0;
    std::string precision, device, data;  ///< "bf16", "cpu", and where the stories come from
    std::string twinGroup;                ///< folder that it shares with its twins; empty = it has none
};

/// Rows of the table "settings": key as the configuration spells it, value as text.
using RunSettings = std::vector<std::pair<std::string, std::string>>;

}  // namespace loom
