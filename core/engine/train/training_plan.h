// SPDX-License-Identifier: GPL-3.0-or-later
// What a run will take, before it begins: memory from the shapes, time from a few real steps on this machine; and configurations that are
// known by name.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/data/device_kind.h"
#include "core/data/training_plan.h"
#include "core/engine/memory/buffer.h"
#include "core/engine/train/train_config.h"

namespace loom {

/// From the shapes alone, at once: within a tenth of what the counted allocator then sees on the CPU (tests hold it).
[[nodiscard]] TrainingMemory trainingMemory(const ModelConfig& model, const TrainSettings& settings);
/// All that can be said without computing; `secondsPerStep` from measureStep where it is known. `available` from the system where none is
/// given.
[[nodiscard]] TrainingPlan planTraining(const TrainConfig& config, std::optional<double> secondsPerStep = {},
                                        std::optional<std::int64_t> available = {});
/// Says again whether it fits, and the sentence, after its figures have changed.
void completePlan(TrainingPlan& plan);
/// Throws Error, saying what would make it smaller, where the plan does not fit.
void requireFits(const TrainingPlan& plan, const std::string& where);

/// Where a run would compute.
struct TrainingPlace {
    DeviceKind device = DeviceKind::Cpu;
    std::int64_t threads = 0;  ///< 0 = as many as there are cores
};
/// (done, total): told after each step.
using MeasureProgress = std::function<void(std::int64_t, std::int64_t)>;
/// Seconds of one optimiser step of this configuration on made-up tokens: the median of a few real ones where they fit `budget` seconds,
/// else from parts of a row. Where 64 tokens take longer than the budget, so does this. Throws Error as buildTrainable, and when stopped.
[[nodiscard]] double measureStep(const TrainConfig& config, const TrainingPlace& place, double budget, const MeasureProgress& progress,
                                 std::stop_token stop);

/// "1 h 04 min", "3 min 20 s", "12 s".
[[nodiscard]] std::string durationText(double seconds);

/// A configuration known by name.
struct TrainPreset {
    std::string name;         ///< "10-minutes", "paper-6l-mla-r2", "mla-deepseek-6l-r64"
    std::string title;        ///< "10 minutes"
    std::string description;  ///< one line
    double minutes = 0;       ///< that it is cut to on this machine; 0 = it has a size and steps of its own
};
/// The three times first, then the paper's configurations at every rank, then the DeepSeek form at the paper's sizes.
[[nodiscard]] const std::vector<TrainPreset>& trainPresets();
/// Throws Error naming the nearest names.
[[nodiscard]] const TrainPreset& trainPresetNamed(const std::string& name);

struct PresetConfig {
    std::string json;             ///< a configuration file without vocab_size: the tokenizer decides
    std::int64_t vocabulary = 0;  ///< tokens to learn from the data, at most
};
/// For a time, size, steps and precision are chosen by measureStep on this machine, about ten seconds; `networks` share the time. Throws
/// Error naming the nearest presets, as measureStep, and when stopped.
[[nodiscard]] PresetConfig presetConfig(const std::string& name, const TrainingPlace& place, const MeasureProgress& progress,
                                        std::stop_token stop, std::int64_t networks = 1);
/// The configuration of a preset, or any other JSON of one, with another attention (core/data/attention_forms.h). Throws Error as withForm.
[[nodiscard]] std::string configWithForm(const std::string& json, const std::string& form, const std::string& where);

}  // namespace loom
