// SPDX-License-Identifier: GPL-3.0-or-later
// What a training run does when something goes wrong, with a network whose losses are scripted: outliers, losses that are no number,
// roll-backs, files that cannot be written, patience, the best checkpoint.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/tokenizer/bpe_trainer.h"
#include "core/engine/train/initial_weights.h"
#include "core/engine/train/training_loop.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

/// A network that computes nothing: its weights say how many steps were taken, its losses come from a function of the step.
class ScriptedModel final : public TrainableModel {
public:
    explicit ScriptedModel(const ModelConfig& config) : m_begun(initialCheckpoint(config, 1)) {}
    const ModelConfig& config() const override { return m_begun.config; }
    Result<StepResult> step(std::span<const TokenBatch>, double rate, std::int64_t step, std::stop_token) override {
        rates.push_back(rate);
        StepResult result{lossAt(step, static_cast<std::int64_t>(rates.size())), 1.0, true};
        result.applied = std::isfinite(result.loss);
        if (result.applied) taken = static_cast<float>(step);
        return result;
    }
    Result<double> loss(const TokenBatch& batch) override {
        return validationAt(static_cast<std::int64_t>(taken)) * static_cast<double>(batch.tokens());
    }
    Result<std::vector<TensorToWrite>> state(bool moments) override {
        std::vector<TensorToWrite> tensors;
        for (const auto& [name, view] : m_begun.tensors) tensors.push_back({name, view.dtype, view.shape, view.data});
        if (moments) tensors.push_back({"taken", DType::F32, {1}, std::as_bytes(std::span(&taken, 1))});
        return tensors;
    }
    Result<void> restore(const std::map<std::string, TensorView, std::less<>>& tensors) override {
        std::memcpy(&taken, tensors.at("taken").data.data(), sizeof(taken));
        ++restored;
        return {};
    }
    Result<std::map<std::string, std::vector<double>>> gradients(std::span<const TokenBatch>) override { return {}; }

    std::function<double(std::int64_t step, std::int64_t call)> lossAt = [](std::int64_t, std::int64_t) { return 2.0; };
    std::function<double(std::int64_t step)> validationAt = [](std::int64_t) { return 3.0; };
    std::vector<double> rates;
    float taken = 0;
    int restored = 0;

private:
    Checkpoint m_begun;
};

class Answering final : public TrainObserver {
public:
    void onNote(const std::string& text) override { notes += text + "\n"; }
    void onStep(const TrainProgress& p) override { last = p; }
    PauseAnswer onPause(const TrainPause& pause) override {
        pauses.push_back(pause);
        return answer(pause);
    }
    std::function<PauseAnswer(const TrainPause&)> answer = [](const TrainPause&) { return PauseAnswer::Stop; };
    std::vector<TrainPause> pauses;
    TrainProgress last;
    std::string notes;
};

class Loop : public testing::Test {
protected:
    Loop() {
        BpeTrainer trainer({});
        trainer.add("once upon a time there was a cat");
        writeTokenizer(m_folder / "tok", trainer.train());
        std::string text;
        for (int i = 0; i < 40; ++i) text += "there was a cat " + std::to_string(i) + "<|endoftext|>";
        test::writeFile(m_folder / "a.txt", text);
        config.model = parseTrainConfig(R"({"model":{"model_type":"llama","hidden_size":8,"num_hidden_layers":1,"num_attention_heads":2,)"
                                        R"("intermediate_size":8,"max_position_embeddings":16}})",
                                        "config", openTokenizer(m_folder / "tok", 0)->vocabularySize())
                           .model;
        config.text = "{}";
        config.name = "Small";
        TrainSettings& s = config.training;
        s.context = 8, s.batch = 1, s.steps = 200, s.warmup = 0, s.schedule = Schedule::Constant, s.learningRate = 1.0;
        s.evaluateEvery = 10, s.checkpointEvery = 10, s.validationRows = 1, s.sampleTokens = 0;
        model = std::make_unique<ScriptedModel>(config.model);
    }
    /// Runs the loop; returns its Error's message, empty where there is none.
    std::string go(std::stop_token stop = {}) {
        if (!folder) folder.emplace(RunFolder::create(m_folder / "run", {config.text, order(), 0, 1, "cpu"}, m_folder / "tok"));
        const RunData data(order(), m_folder / "tok", m_folder / "cache", config, [](const auto&, auto, auto) {}, {});
        summary = {};
        TrainingLoop loop(*folder, config, data, *model, observer, std::move(stop), summary);
        try {
            loop.restore(false);
            loop.go();
        } catch (const Error& error) {
            return error.message();
        }
        points = loop.points();
        return {};
    }
    DataOrder order() { return {SourceSpec{m_folder / "a.txt"}, {}, 0.2, false}; }
    fs::path run(const std::string& name) { return m_folder / "run" / name; }

    test::TempFolder m_folder;
    TrainConfig config;
    std::unique_ptr<ScriptedModel> model;
    std::optional<RunFolder> folder;
    Answering observer;
    TrainSummary summary;
    std::vector<TrainPoint> points;
};

TEST(LossWatch, seesAJumpAndNothingElse) {
    LossWatch watch;
    for (int i = 0; i < 49; ++i) EXPECT_FALSE(watch.isOutlier(i == 20 ? 100.0 : 5.0)) << "silent at first";
    for (int i = 0; i < 300; ++i) EXPECT_FALSE(watch.isOutlier(3.0 + 0.3 * std::sin(i))) << i;
    EXPECT_TRUE(watch.isOutlier(9.0));
    EXPECT_FALSE(watch.isOutlier(3.2));
    EXPECT_NEAR(watch.median(), 3.0, 0.2);
    for (int i = 0; i < 200; ++i) (void)watch.isOutlier(0.001);
    EXPECT_FALSE(watch.isOutlier(0.9)) << "less than a nat is none, however steady it was";
    EXPECT_FALSE(watch.isOutlier(-50)) << "downwards is welcome";
}

TEST_F(Loop, runsToItsEndAndKeepsTheBest) {
    model->validationAt = [](std::int64_t step) { return step == 50 ? 1.0 : 3.0; };
    EXPECT_EQ(go(), "");
    EXPECT_EQ(summary.step, 200);
    EXPECT_FALSE(summary.stopped);
    ASSERT_TRUE(summary.best);
    EXPECT_EQ(summary.best->step, 50);
    EXPECT_TRUE(observer.pauses.empty());
    EXPECT_EQ(readCheckpoint(run("best")).config.dModel, 8) << "a checkpoint of its own";
    EXPECT_TRUE(fs::exists(run("best") / "tokenizer.json"));
    EXPECT_NE(test::readFile(run("best") / "latentloom.json").find("Small (best)"), std::string::npos);
    EXPECT_EQ(points.size(), 200U);
    EXPECT_EQ(observer.last.steps, 200);
}

TEST_F(Loop, anOutlierAsksAndGoesOn) {
    model->lossAt = [](std::int64_t step, std::int64_t) { return step == 120 ? 20.0 : 2.0; };
    observer.answer = [](const TrainPause&) { return PauseAnswer::GoOn; };
    EXPECT_EQ(go(), "");
    ASSERT_EQ(observer.pauses.size(), 1U);
    EXPECT_EQ(observer.pauses[0].cause, PauseCause::Outlier);
    EXPECT_EQ(observer.pauses[0].step, 120);
    EXPECT_EQ(observer.pauses[0].saved, 110);
    EXPECT_NE(observer.pauses[0].problem.what.find("20.000"), std::string::npos) << observer.pauses[0].problem.what;
    EXPECT_EQ(summary.step, 200);
    EXPECT_EQ(model->restored, 0);
}

TEST_F(Loop, aLossThatIsNoNumberGoesBackWithHalfTheRate) {
    bool healed = false;
    model->lossAt = [&](std::int64_t step, std::int64_t) { return step == 75 && !healed ? std::nan("") : 2.0; };
    observer.answer = [&](const TrainPause&) {
        healed = true;
        return PauseAnswer::RollBack;
    };
    EXPECT_EQ(go(), "");
    ASSERT_EQ(observer.pauses.size(), 1U);
    EXPECT_EQ(observer.pauses[0].cause, PauseCause::NotFinite);
    EXPECT_EQ(model->restored, 1);
    EXPECT_EQ(summary.step, 200);
    EXPECT_EQ(points.size(), 200U) << "each step once";
    EXPECT_EQ(points[69].learningRate, 1.0);
    EXPECT_EQ(points[70].learningRate, 0.5);
    EXPECT_EQ(points[199].learningRate, 0.5);
    EXPECT_NE(observer.notes.find("Back at step 70"), std::string::npos) << observer.notes;

    // The rate stays halved when the run is resumed.
    config.training.steps = 210;
    model->rates.clear();
    EXPECT_EQ(go(), "");
    ASSERT_EQ(model->rates.size(), 10U);
    EXPECT_EQ(model->rates[0], 0.5);
}

TEST_F(Loop, withoutAnAnswerALossThatIsNoNumberEndsTheRun) {
    model->lossAt = [](std::int64_t step, std::int64_t) { return step == 75 ? std::numeric_limits<double>::infinity() : 2.0; };
    for (const PauseAnswer answer : {PauseAnswer::Stop, PauseAnswer::GoOn}) {
        observer.answer = [answer](const TrainPause&) { return answer; };
        const std::string message = go();
        EXPECT_NE(message.find("not finite any more at step 75"), std::string::npos) << message;
        EXPECT_NE(message.find("step 70 is kept"), std::string::npos) << message;
    }
}

TEST_F(Loop, whatCannotBeWrittenIsTriedAgain) {
    const fs::path away = m_folder / "away";
    model->lossAt = [&](std::int64_t step, std::int64_t call) {
        if (step == 35 && call == 35) fs::rename(m_folder / "run", away);  // the folder has gone
        return 2.0;
    };
    observer.answer = [&](const TrainPause&) {
        if (observer.pauses.size() == 2) fs::rename(away, m_folder / "run");
        return PauseAnswer::Retry;
    };
    EXPECT_EQ(go(), "");
    ASSERT_EQ(observer.pauses.size(), 2U);
    EXPECT_EQ(observer.pauses[0].cause, PauseCause::CannotWrite);
    EXPECT_NE(observer.pauses[0].problem.message().find("run"), std::string::npos);
    EXPECT_EQ(points.size(), 200U);
    EXPECT_EQ(folder->takeMetrics(200).size(), 200U) << "nothing is lost and nothing is there twice";
}

TEST_F(Loop, patienceEndsTheRun) {
    config.training.patience = 3;
    model->validationAt = [](std::int64_t step) { return step <= 60 ? 5.0 - static_cast<double>(step) / 20 : 4.0; };
    EXPECT_EQ(go(), "");
    EXPECT_TRUE(summary.endedEarly);
    EXPECT_FALSE(summary.stopped);
    EXPECT_EQ(summary.step, 90);
    EXPECT_EQ(summary.best->step, 60);
    EXPECT_NE(observer.notes.find("since step 60"), std::string::npos) << observer.notes;
    // Resumed, it remembers what was best and ends at once after the next measurement.
    observer.notes.clear();
    EXPECT_EQ(go(), "");
    EXPECT_EQ(summary.step, 100);
    EXPECT_EQ(summary.best->step, 60);
}

TEST_F(Loop, aStopLeavesACheckpointOfThatStep) {
    std::stop_source stop;
    model->lossAt = [&](std::int64_t step, std::int64_t) {
        if (step == 33) stop.request_stop();
        return 2.0;
    };
    EXPECT_EQ(go(stop.get_token()), "");
    EXPECT_TRUE(summary.stopped);
    EXPECT_EQ(summary.step, 33);
    EXPECT_EQ(go(), "");
    EXPECT_EQ(summary.step, 200);
    EXPECT_EQ(model->rates.size(), 200U) << "no step is taken twice";
}

TEST(RunSamples, standInLinesThatReadBack) {
    const test::TempFolder folder;
    const StepSamples samples{7, {{"Once", 1, 0.8, "upon \"a\"\ntime \u00e9"}, {"One day", 2, 0.8, ""}}};
    test::writeFile(folder / "samples.jsonl",
                    samplesLine(samples) + "\nnonsense\n{\"step\":\"x\"}\n" + samplesLine({9, {}}) + "\n{\"step\":1");
    const auto read = readSamples(folder / "samples.jsonl");
    ASSERT_EQ(read.size(), 2U);
    EXPECT_EQ(read[0].step, 7);
    ASSERT_EQ(read[0].stories.size(), 2U);
    EXPECT_EQ(read[0].stories[0].text, samples.stories[0].text);
    EXPECT_EQ(read[0].stories[1].seed, 2U);
    EXPECT_TRUE(readSamples(folder / "nothing").empty());
}

}  // namespace
}  // namespace loom
