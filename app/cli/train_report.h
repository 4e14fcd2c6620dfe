// SPDX-License-Identifier: GPL-3.0-or-later
// What `train` says while it trains and when it is done.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "app/cli/progress_line.h"
#include "core/data/training_plan.h"
#include "core/engine/train/training_run.h"
#include "core/engine/train/twins.h"

namespace loom::cli {

/// One run on stderr.
class TrainReporter : public TrainObserver {
public:
    void onPhase(const std::string& what, std::int64_t done, std::int64_t total) override;
    void onNote(const std::string& text) override { m_line.note(text); }
    void onStep(const TrainProgress& p) override;
    PauseAnswer onPause(const TrainPause& pause) override;

protected:
    ProgressLine m_line;

private:
    std::string m_phase;
    int m_number = 0;
    std::optional<double> m_validation;
};

/// Several twins in one line.
class TwinsReporter final : public TwinsObserver {
public:
    TwinsReporter();
    ~TwinsReporter() override;
    [[nodiscard]] TrainObserver& group() override { return m_group; }
    [[nodiscard]] TrainObserver& twin(std::size_t index, const std::string& name) override;
    [[nodiscard]] const std::vector<std::string>& names() const { return m_names; }

private:
    class Twin;
    class Group final : public TrainReporter {
    public:
        void show(const std::string& line) { m_line.show(line); }
    };
    void show();

    Group m_group;
    std::vector<std::string> m_names;
    std::vector<std::unique_ptr<Twin>> m_twins;
};

[[nodiscard]] nlohmann::ordered_json summaryJson(const TrainSummary& summary);
/// "Done: step 60 of 60, …"
[[nodiscard]] std::string summaryText(const TrainSummary& summary);
[[nodiscard]] nlohmann::ordered_json planJson(const TrainingPlan& plan);
/// A line per kind of memory and the sentence.
[[nodiscard]] std::string planText(const TrainingPlan& plan);

}  // namespace loom::cli
