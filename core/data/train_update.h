// SPDX-License-Identifier: GPL-3.0-or-later
// What a training run tells the window while it goes, and what is known of one that lies on the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/data/model_card.h"
#include "core/data/run_summary.h"
#include "core/data/train_point.h"

namespace loom {

/// Stories that a run wrote at one measurement, always from the same prompts and seeds.
struct StepStories {
    std::int64_t step = 0;
    std::vector<CardSample> stories;
};

/// What has happened since the last update.
struct TrainUpdate {
    std::string folder;  ///< absolute path of the run
    std::string phase;   ///< what takes a while outside of the steps: "encoding the stories"; empty while steps are done
    std::int64_t phaseDone = 0, phaseTotal = 0;
    std::vector<TrainPoint> points;  ///< new ones; a step that is known already replaces it and all behind it (a run that went back)
    std::vector<StepStories> stories;
    std::vector<std::string> notes;  ///< worth a line each
    std::int64_t steps = 0;          ///< in all; 0 = not known yet
    double tokensPerSecond = 0;
    double secondsLeft = 0;
};

enum class TrainAnswer : std::uint8_t {
    Retry,     ///< write again
    GoOn,      ///< as if nothing had been
    RollBack,  ///< to the saved state, with half the learning rate from there on
    Stop       ///< end; what is saved stays
};
/// Something that only a person can decide; the run waits for the answer.
struct TrainQuestion {
    std::string text;                  ///< what happened and what can be done
    std::int64_t step = 0;             ///< where it happened
    std::int64_t saved = 0;            ///< step of the saved state
    std::vector<TrainAnswer> answers;  ///< that make sense, the most careful first
    std::string folder = {};           ///< of the run that asks
};

/// How a run ended, or a group of twins.
struct TrainEnd {
    std::string folder;
    std::int64_t step = 0, steps = 0;  ///< of the twin that is furthest behind
    bool stopped = false;              ///< before the last step: it can be resumed
    bool endedEarly = false;           ///< by patience
    std::int64_t twins = 0;            ///< how many there are; 0 = a run alone
};

/// Everything that a page shows of a run on the disk.
struct RunDetail {
    RunSummary summary;
    std::vector<TrainPoint> points;
    std::vector<StepStories> stories;
    RunSettings settings;
};

/// A finished network whose curve a run can be compared with.
struct ReferenceCurve {
    std::string name;
    std::vector<CurvePoint> curve;
};

}  // namespace loom
