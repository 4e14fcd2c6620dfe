// SPDX-License-Identifier: GPL-3.0-or-later
// Twins see identical batches and equal a run alone; groups that are stopped, or fall apart, go on as if nothing had been. The moving
// average of weights against a plain loop.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "core/engine/api/lab.h"
#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/safetensors.h"
#include "core/engine/train/initial_weights.h"
#include "core/engine/train/run_data.h"
#include "core/engine/train/run_folder.h"
#include "core/engine/train/run_list.h"
#include "core/engine/train/training_plan.h"
#include "core/engine/train/twins.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig =
    R"({"name":"Small","model":{"model_type":"llama","hidden_size":32,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":64,)"
    R"("max_position_embeddings":32,"tie_word_embeddings":true},"training":{"context":32,"batch":2,"accumulation":2,"steps":24,)"
    R"("learning_rate":0.005,"evaluate_every":8,"checkpoint_every":6,"validation_rows":4,"sample_tokens":0,"dropout":0.1)";

class Silent : public TrainObserver {
public:
    void onStep(const TrainProgress& p) override {
        if (told) told(p.point.step);
    }
    std::function<void(std::int64_t)> told;
};

class Watching final : public TwinsObserver {
public:
    TrainObserver& group() override { return m_group; }
    TrainObserver& twin(std::size_t index, const std::string& name) override {
        names.push_back(name);
        m_twins.push_back(std::make_unique<Silent>());
        m_twins.back()->told = [this, index](std::int64_t step) {
            steps.emplace_back(index, step);
            if (onStep) onStep(index, step);
        };
        return *m_twins.back();
    }
    std::vector<std::string> names;
    std::vector<std::pair<std::size_t, std::int64_t>> steps;
    std::function<void(std::size_t, std::int64_t)> onStep;

private:
    Silent m_group;
    std::vector<std::unique_ptr<Silent>> m_twins;
};

class Twins : public testing::Test {
protected:
    TrainOrder order(const std::string& folder, const std::string& more = "}}") {
        TrainOrder order;
        order.run = m_folder / folder;
        order.configText = std::string(kConfig) + more;
        order.data = {sourceNamed("maker:300"), {}, 0.1, false};
        order.cache = m_folder / "cache";
        order.vocabulary = 300;
        order.threads = 1;
        return order;
    }
    std::vector<double> losses(const fs::path& run) {
        std::vector<double> all;
        for (const TrainPoint& point : readRunPoints(run)) all.push_back(point.loss);
        return all;
    }
    const std::vector<std::string> m_forms{"mha", "mla-deepseek:r=8:dr=4", "mla-paper:r=4"};
    test::TempFolder m_folder;
};

TEST_F(Twins, seeIdenticalBatchesAndEqualARunAlone) {
    Watching watching;
    const auto summaries = trainTwins({order("group"), m_forms, TwinMatch::Parameters}, watching, {});
    ASSERT_EQ(summaries.size(), 3U);
    EXPECT_EQ(watching.names, (std::vector<std::string>{"mha", "mla-deepseek-r8-dr4", "mla-paper-r4"}));
    std::vector<std::int64_t> last(3, 0);
    for (const auto& [twin, step] : watching.steps) {
        EXPECT_EQ(step, last[twin] + 1);
        last[twin] = step;
        EXPECT_LE(*std::max_element(last.begin(), last.end()) - *std::min_element(last.begin(), last.end()), 1) << "they take turns";
    }
    const std::vector<RunSummary> runs = listRuns(m_folder.path());
    ASSERT_EQ(runs.size(), 3U);
    const std::int64_t goal = readRun(m_folder / "group/mha").parameters;
    std::optional<RunData> first;
    for (const std::string& name : watching.names) {
        const fs::path folder = m_folder / "group" / name;
        const RunSummary run = readRun(folder);
        EXPECT_EQ(run.state, RunState::Finished);
        EXPECT_EQ(run.twinGroup, (m_folder / "group").string());
        EXPECT_NEAR(static_cast<double>(run.parameters) / static_cast<double>(goal), 1.0, 0.01) << name;
        const nlohmann::json own = nlohmann::json::parse(test::readFile(folder / "latentloom.json"));
        EXPECT_EQ(own["twin"], name == "mha" ? "../mla-deepseek-r8-dr4" : "../mha");
        EXPECT_EQ(readCheckpoint(folder).config.layers, 2);
        // What each run's own file says gives the same batches.
        const RunRequest request = readRunRequest(folder);
        const TrainConfig config = parseTrainConfig(request.config, "run.json", 0);
        const RunData data(request.data, folder, m_folder / "cache", config, [](const auto&, auto, auto) {}, {});
        if (!first) first.emplace(data);
        for (const std::int64_t step : {1, 7, 24}) {
            const auto a = first->batches().step(step), b = data.batches().step(step);
            ASSERT_EQ(a.size(), 2U);
            for (std::size_t i = 0; i < 2; ++i) {
                EXPECT_EQ(a[i].inputs, b[i].inputs);
                EXPECT_EQ(a[i].targets, b[i].targets);
            }
        }
    }
    EXPECT_NE(losses(m_folder / "group/mha"), losses(m_folder / "group/mla-paper-r4"));

    MemoryAccount account;
    Silent silent;
    (void)train(order("alone"), account, silent, {});
    EXPECT_EQ(losses(m_folder / "alone"), losses(m_folder / "group/mha")) << "a twin is trained as if it were alone";
}

TEST_F(Twins, aStoppedGroupGoesOnIdentically) {
    const TwinsOrder whole{order("whole"), m_forms, TwinMatch::Flops};
    Watching silent;
    (void)trainTwins(whole, silent, {});
    std::stop_source stop;
    Watching stopping;
    stopping.onStep = [&](std::size_t twin, std::int64_t step) {
        if (twin == 1 && step == 9) stop.request_stop();
    };
    const auto stopped = trainTwins({order("parts"), m_forms, TwinMatch::Flops}, stopping, stop.get_token());
    EXPECT_TRUE(stopped[0].stopped);
    EXPECT_EQ(stopped[0].step, 9);
    EXPECT_EQ(stopped[2].step, 8);

    // One of them is taken further alone; the others catch up with it first.
    std::stop_source soon;
    Silent alone;
    alone.told = [&](std::int64_t step) {
        if (step == 13) soon.request_stop();
    };
    TrainOrder one = order("parts/mla-paper-r4");
    one.resume = true;
    MemoryAccount account;
    (void)train(one, account, alone, soon.get_token());
    TwinsOrder resumed{order("parts"), {}, TwinMatch::Parameters};
    resumed.common.resume = true;
    Watching going;
    const auto all = trainTwins(resumed, going, {});
    ASSERT_GT(going.steps.size(), 8U);
    for (std::size_t i = 0; i < 8; ++i) EXPECT_NE(going.steps[i].first, 2U) << "step " << i;
    for (const std::string& name : going.names) {
        EXPECT_EQ(losses(m_folder / "parts" / name), losses(m_folder / "whole" / name)) << name;
        EXPECT_EQ(test::readFile(m_folder / "parts" / name / "model.safetensors"),
                  test::readFile(m_folder / "whole" / name / "model.safetensors"));
    }

    (void)moveRunToTrash(m_folder / "parts/mha");
    Watching fewer;
    EXPECT_EQ(trainTwins(resumed, fewer, {}).size(), 2U);
    EXPECT_EQ(fewer.names.size(), 2U);
}

TEST_F(Twins, whatCannotBeIsSaidBeforeAnythingIsMade) {
    Watching silent;
    const auto problem = [&](const std::vector<std::string>& forms, TwinMatch match = TwinMatch::Parameters) {
        return test::errorOf([&] { (void)trainTwins({order("bad"), forms, match}, silent, {}); }).message();
    };
    EXPECT_NE(problem({"mha"}).find("2 to 16"), std::string::npos);
    EXPECT_NE(problem({"mha", "mha"}).find("twice"), std::string::npos);
    EXPECT_NE(problem({"mha", "mla"}).find("no attention form 'mla'"), std::string::npos);
    EXPECT_NE(problem({"mqa", "mla-deepseek:q=200:dn=32"}).find("narrow"), std::string::npos);
    EXPECT_FALSE(fs::exists(m_folder / "bad"));
    const std::vector<TwinConfig> twins = twinConfigs(order("x").configText, m_forms, TwinMatch::Nothing, 300, "x");
    for (const TwinConfig& twin : twins) EXPECT_EQ(twin.config.model.ffnWidth, 64);
    const TrainingPlan both = planTwins(twins, 2.0, std::int64_t{1} << 40);
    const TrainingPlan first = planTraining(twins[0].config);
    EXPECT_GT(both.memory.weights, 2 * first.memory.weights);
    EXPECT_LT(both.memory.activations, 2 * first.memory.activations);
    EXPECT_EQ(both.seconds(), 48.0);
}

TEST_F(Twins, theMovingAverageEqualsAPlainLoop) {
    const std::string averaged = R"(,"ema":0.9}})";
    MemoryAccount account;
    Silent silent;
    const TrainSummary summary = train(order("run", averaged), account, silent, {});
    const RunRequest request = readRunRequest(m_folder / "run");
    const TrainConfig config = parseTrainConfig(request.config, "run.json", 0);
    const RunData data(request.data, m_folder / "run", m_folder / "cache", config, [](const auto&, auto, auto) {}, {});
    const TrainSettings& s = config.training;
    const auto trainer = valueOrThrow(valueOrThrow(loadLab())->buildTrainable(
        initialCheckpoint(config.model, s.seed), {DeviceKind::Cpu, 1, s.precision, s.adamW, s.clip, s.dropout, s.seed}, account));
    const auto weights = [&] {
        std::map<std::string, std::vector<float>> all;
        for (const TensorToWrite& tensor : valueOrThrow(trainer->state(false))) {
            std::vector<float>& values = all[tensor.name];
            values.resize(tensor.data.size() / 4);
            std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
        }
        return all;
    };
    std::map<std::string, std::vector<double>> average;
    for (const auto& [name, values] : weights()) average[name].assign(values.begin(), values.end());
    for (std::int64_t step = 1; step <= s.steps; ++step) {
        (void)valueOrThrow(trainer->step(data.batches().step(step), learningRateAt(s, step), step, {}));
        const double keep = std::min(0.9, (1.0 + static_cast<double>(step)) / (10.0 + static_cast<double>(step)));
        for (const auto& [name, values] : weights())
            for (std::size_t i = 0; i < values.size(); ++i) average[name][i] = keep * average[name][i] + (1 - keep) * values[i];
    }
    const Checkpoint written = readCheckpoint(m_folder / "run");
    const SafetensorsFile state = readSafetensors(m_folder / "run/state.safetensors");
    double apart = 0;
    for (const auto& [name, values] : weights()) {
        const auto* kept = reinterpret_cast<const float*>(written.tensors.at(name).data.data());
        EXPECT_EQ(std::memcmp(state.tensors.at("ema." + name).data.data(), kept, values.size() * 4), 0) << "the average is what is written";
        EXPECT_EQ(std::memcmp(state.tensors.at(name).data.data(), values.data(), values.size() * 4), 0) << "the weights go on untouched";
        for (std::size_t i = 0; i < values.size(); ++i) {
            EXPECT_NEAR(kept[i], average[name][i], 1e-6) << name;
            apart = std::max(apart, std::abs(static_cast<double>(values[i]) - average[name][i]));
        }
    }
    EXPECT_GT(apart, 1e-3) << "average and weights differ, so that the test can fail";

    // What is measured is the average.
    std::map<std::string, TensorView, std::less<>> tensors;
    std::map<std::string, std::vector<float>> room;
    for (const TensorToWrite& tensor : valueOrThrow(trainer->state(true))) {
        TensorView view;
        view.dtype = DType::F32;
        view.shape = tensor.shape;
        view.data = tensor.data;
        if (const auto found = average.find(tensor.name); found != average.end()) {
            std::vector<float>& values = room[tensor.name];
            values.assign(found->second.begin(), found->second.end());
            view.data = std::as_bytes(std::span(values));
        }
        tensors.emplace(tensor.name, view);
    }
    valueOrThrow(trainer->restore(tensors));
    double loss = 0;
    std::int64_t tokens = 0;
    for (const TokenBatch& batch : data.validation()) {
        loss += valueOrThrow(trainer->loss(batch));
        tokens += batch.tokens();
    }
    EXPECT_NEAR(*summary.validationLoss, loss / static_cast<double>(tokens), 1e-5);

    // Stopped and resumed it is the same to the last bit.
    std::stop_source stop;
    silent.told = [&](std::int64_t step) {
        if (step == 10) stop.request_stop();
    };
    (void)train(order("parts", averaged), account, silent, stop.get_token());
    silent.told = {};
    TrainOrder resumed = order("parts");
    resumed.resume = true;
    (void)train(resumed, account, silent, {});
    EXPECT_EQ(losses(m_folder / "parts"), losses(m_folder / "run"));
    EXPECT_EQ(test::readFile(m_folder / "parts/model.safetensors"), test::readFile(m_folder / "run/model.safetensors"));
}

}  // namespace
}  // namespace loom
