// SPDX-License-Identifier: GPL-3.0-or-later
// A training run from a text file to a checkpoint.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "core/data/error.h"
#include "core/data/train_point.h"
#include "core/engine/api/training.h"
#include "core/engine/memory/buffer.h"
#include "core/engine/train/data_set.h"
#include "core/engine/train/run_samples.h"
#include "core/engine/train/train_config.h"

namespace loom {

struct TrainOrder {
    std::filesystem::path run;          ///< the run's folder
    bool resume = false;                ///< go on with it; config, tokenizer and seed are then the run's own
    std::filesystem::path config;       ///< configuration file
    std::string configText;             ///< the configuration itself, instead of a file
    std::int64_t vocabulary = 0;        ///< tokens of a tokenizer that is learnt, where the configuration does not say; 0 = 4,096
    DataOrder data;                     ///< stories of a new run
    std::filesystem::path movedData;    ///< with `resume`: where the training stories are now; empty = where the run found them
    std::filesystem::path movedValid;   ///< the same for held-out stories of their own
    std::filesystem::path cache;        ///< folder of encoded stories; empty = the person's own
    std::filesystem::path tokenizer;    ///< empty = learn one from the data, of the configuration's vocab_size
    std::optional<std::int64_t> steps;  ///< instead of the configuration's
    std::optional<double> minutes;      ///< as many steps as fit, by a measurement before the first one
    std::optional<std::uint64_t> seed;
    std::int64_t threads = 0;
    DeviceKind device = DeviceKind::Cpu;
};

struct TrainProgress {
    TrainPoint point;
    std::int64_t steps = 0;      ///< in all
    double tokensPerSecond = 0;  ///< over the last steps
    double secondsLeft = 0;
};

enum class PauseCause : std::uint8_t {
    CannotWrite,  ///< a disk that is full, a folder that has gone: Retry, or Stop
    NotFinite,    ///< loss or gradient: RollBack, or Stop
    Outlier       ///< the loss jumped (LossWatch): GoOn, RollBack, or Stop
};
enum class PauseAnswer : std::uint8_t {
    Retry,     ///< write again
    GoOn,      ///< as if nothing had been
    RollBack,  ///< to the saved state, with half the learning rate from there on
    Stop       ///< end with the Error; what is saved stays
};
/// Something that a person, or a rule, must decide.
struct TrainPause {
    PauseCause cause = PauseCause::CannotWrite;
    Error problem;
    std::int64_t step = 0;
    std::int64_t saved = 0;  ///< step of the saved state
};

/// Called on the training thread. Must return quickly, onPause() excepted.
class TrainObserver {
public:
    virtual ~TrainObserver() = default;
    /// Something that takes a while before the first or after the last step: `done` of `total`, in whatever unit.
    virtual void onPhase(const std::string& what, std::int64_t done, std::int64_t total) { (void)what, (void)done, (void)total; }
    /// Something worth a line: "Resuming at step 200".
    virtual void onNote(const std::string& text) { (void)text; }
    virtual void onStep(const TrainProgress& progress) { (void)progress; }
    /// Stories at a measurement.
    virtual void onSamples(const StepSamples& samples) { (void)samples; }
    /// May wait for an answer as long as it likes. An answer that the cause does not allow means Stop.
    virtual PauseAnswer onPause(const TrainPause& pause) {
        return pause.cause == PauseCause::Outlier ? PauseAnswer::GoOn : PauseAnswer::Stop;
    }
};

struct TrainSummary {
    std::int64_t step = 0;   ///< done
    std::int64_t steps = 0;  ///< asked for
    std::int64_t tokens = 0;
    double seconds = 0;
    double tokensPerSecond = 0;
    double loss = 0;  ///< of the last step
    std::optional<double> validationLoss;
    std::optional<double> bitsPerByte;  ///< on whole validation stories, at the end of a finished run
    std::optional<TrainPoint> best;     ///< where the validation loss was lowest
    bool stopped = false;               ///< before the last step by a request; a checkpoint was written
    bool endedEarly = false;            ///< by patience; a checkpoint was written
};

/// Trains. A stop request ends it after the current batch with a checkpoint and `stopped`. Throws Error: bad configuration or data, more
/// memory than is free, a run that is there already, another process on it, a loss that is not finite (the last checkpoint stays), a disk
/// that is full.
[[nodiscard]] TrainSummary train(const TrainOrder& order, MemoryAccount& account, TrainObserver& observer, std::stop_token stop);

}  // namespace loom
