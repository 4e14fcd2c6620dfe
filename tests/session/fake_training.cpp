// SPDX-License-Identifier: GPL-3.0-or-later
#include "fake_training.h"

#include "app/session/thread_priority.h"

namespace loom::test {
namespace {

TrainPoint pointAt(std::int64_t step) {
    TrainPoint point;
    point.step = step;
    point.loss = 8.0 / static_cast<double>(step);
    point.seconds = static_cast<double>(step);
    point.tokens = 100 * step;
    if (step % 10 == 0) point.validationLoss = point.loss;
    return point;
}

class FakeTraining final : public session::TrainingBackend {
public:
    explicit FakeTraining(std::shared_ptr<TrainScript> script) : m_script(std::move(script)) {}
    ~FakeTraining() override { m_script->gone = true; }

    std::vector<TrainChoice> choices() const override { return {{"2-minutes", "2 minutes", "small", true}}; }
    std::string folderFor(const TrainSetup& setup) const override { return "/runs/" + (setup.name.empty() ? "run" : setup.name); }
    std::vector<std::string> runsIn(const std::string& folder, const TrainSetup* setup) const override {
        std::vector<std::string> runs;
        for (const std::string& twin : twinsIn(folder, setup)) runs.push_back(folder + '/' + twin);
        return runs.empty() ? std::vector<std::string>{folder} : runs;
    }
    std::vector<ReferenceCurve> references(const std::string&) override { return {{"Demo", {{10, 1000, 3.0, {}}}}}; }

    Result<DataLook> look(const TrainSetup& setup, std::stop_token) override {
        if (setup.stories.find("bad") != std::string::npos) return tl::unexpected(Error{"The file is empty", setup.stories, {}});
        DataLook look;
        look.stories = setup.made;
        look.beginning = "Once";
        return look;
    }

    Result<std::optional<TrainingPlan>> plan(const TrainSetup& setup, bool measured, const Progress& progress,
                                             std::stop_token stop) override {
        if (measured) {
            ++m_script->plans;
            if (progress) progress(1, 2);
            if (m_script->plansWait && !m_script->plan.pass(stop)) return tl::unexpected(Error{"Cancelled", {}, {}});
        }
        if (setup.tokenizer == "bad") return tl::unexpected(Error{"No tokenizer", "bad", {}});
        TrainingPlan plan;
        plan.parameters = setup.shape.width;
        plan.steps = 10;
        if (measured) plan.secondsPerStep = 1;
        return std::optional(plan);
    }

    Result<std::vector<TrainSummary>> train(const std::string& folder, const TrainSetup* setup, TwinsObserver& observer,
                                            std::stop_token stop) override {
        m_script->nice = session::niceOfThisThread();
        const std::vector<std::string> twins = twinsIn(folder, setup);
        {
            const std::scoped_lock lock(m_script->mutex);
            if (setup != nullptr)
                m_script->setups.push_back(*setup);
            else
                m_script->resumed.push_back(folder);
        }
        observer.group().onPhase("encoding the stories", 1, 2);
        if (twins.empty()) {
            auto alone = trainOne(folder, setup, observer.twin(0, {}), stop);
            if (!alone) return tl::unexpected(alone.error());
            return std::vector{*alone};
        }
        std::vector<TrainObserver*> observers;
        for (std::size_t i = 0; i < twins.size(); ++i) observers.push_back(&observer.twin(i, twins[i]));
        std::vector<TrainSummary> all(twins.size());
        for (TrainSummary& one : all) one.steps = m_script->steps;
        for (std::int64_t step = 1; step <= m_script->steps && !stop.stop_requested(); ++step) {
            for (std::size_t i = 0; i < twins.size(); ++i) {
                if (m_script->stepsWait && !m_script->step.pass(stop)) break;
                if (step == m_script->askAtStep && i == 1)
                    (void)observers[i]->onPause({m_script->cause, Error{"The loss jumped", folder, "Go back"}, step, step - 1});
                observers[i]->onStep({pointAt(step), m_script->steps, 100, static_cast<double>(m_script->steps - step)});
                all[i].step = step;
                ++m_script->done;
            }
        }
        for (TrainSummary& one : all) one.stopped = one.step < one.steps;
        return all;
    }

    Result<TrainSummary> trainOne(const std::string& folder, const TrainSetup* setup, TrainObserver& observer,
                                  const std::stop_token& stop) {
        TrainSummary summary;
        summary.steps = m_script->steps;
        std::int64_t step = setup == nullptr ? m_script->done.load() : 0;
        while (step < m_script->steps && !stop.stop_requested()) {
            if (m_script->stepsWait && !m_script->step.pass(stop)) break;
            ++step;
            if (step == m_script->failAtStep) return tl::unexpected(Error{"The disk is gone", folder, "Put it back"});
            if (step == m_script->askAtStep) {
                const PauseAnswer answer = observer.onPause({m_script->cause, Error{"The loss jumped", folder, "Go back"}, step, step - 1});
                const std::scoped_lock lock(m_script->mutex);
                m_script->answers.push_back(static_cast<TrainAnswer>(answer));
                if (answer == PauseAnswer::Stop) return tl::unexpected(Error{"The loss jumped", folder, {}});
            }
            observer.onStep({pointAt(step), m_script->steps, 100, static_cast<double>(m_script->steps - step)});
            if (step % 10 == 0) observer.onSamples({step, {{"Once", 1, 0.8, " upon " + std::to_string(step)}}});
            m_script->done = step;
        }
        summary.step = step;
        summary.stopped = step < m_script->steps;
        return summary;
    }

    Result<std::vector<RunSummary>> runs(std::stop_token stop) override {
        if (m_script->listsWait && !m_script->list.pass(stop)) return tl::unexpected(Error{"Cancelled", {}, {}});
        if (!m_script->listProblem.empty()) return tl::unexpected(Error{m_script->listProblem, {}, {}});
        const std::scoped_lock lock(m_script->mutex);
        return m_script->runs;
    }
    Result<RunDetail> read(const std::string& folder) override {
        RunDetail detail;
        detail.summary.folder = folder;
        detail.summary.name = folder;
        detail.summary.state = RunState::Stopped;
        for (std::int64_t step = 1; step <= m_script->done; ++step) detail.points.push_back(pointAt(step));
        return detail;
    }
    Result<void> rename(const std::string& folder, const std::string& name) override { return call("rename " + folder + " " + name); }
    Result<void> setNotes(const std::string& folder, const std::string& notes) override { return call("notes " + folder + " " + notes); }
    Result<std::string> moveToTrash(const std::string& folder) override {
        (void)call("trash " + folder);
        return "/runs/.trash/x";
    }
    Result<void> exportRuns(const std::vector<std::string>& folders, const std::string& file) override {
        return call("export " + std::to_string(folders.size()) + " " + file);
    }

private:
    /// Of the setup; a folder that is called "group" has two.
    static std::vector<std::string> twinsIn(const std::string& folder, const TrainSetup* setup) {
        if (setup != nullptr) return setup->twins;
        return folder.ends_with("group") ? std::vector<std::string>{"mha", "mla"} : std::vector<std::string>{};
    }
    Result<void> call(std::string what) {
        if (what.find("bad") != std::string::npos) return tl::unexpected(Error{"It cannot be done", what, {}});
        const std::scoped_lock lock(m_script->mutex);
        m_script->calls.push_back(std::move(what));
        return {};
    }
    std::shared_ptr<TrainScript> m_script;
};

}  // namespace

std::unique_ptr<session::TrainingBackend> makeFakeTraining(std::shared_ptr<TrainScript> script) {
    return std::make_unique<FakeTraining>(std::move(script));
}

}  // namespace loom::test
