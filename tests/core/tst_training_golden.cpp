// SPDX-License-Identifier: GPL-3.0-or-later
// Ten training steps of every form, replayed against plain PyTorch in f64 (tests/golden/make_training_golden.py): losses, gradient norms
// and what the weights have become.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/engine/api/lab.h"

namespace fs = std::filesystem;

namespace loom::test {
namespace {

const fs::path kTraining = LOOM_SOURCE_DIR "/tests/golden/training";

struct Curve {
    AdamWSettings adamW;
    double clip = 0;
    std::vector<double> learningRates;
    std::vector<TokenBatch> batches;
    std::vector<double> losses;          ///< before each step
    std::vector<double> gradientNorms;   ///< before clipping
    std::map<std::string, double> sums;  ///< of |weight| after the last step
};

/// Rows of T + 1 ids: inputs are all but the last, targets all but the first.
TokenBatch batchOf(const std::vector<std::vector<std::int64_t>>& rows) {
    TokenBatch batch;
    batch.rows = std::ssize(rows);
    for (const auto& row : rows) {
        batch.inputs.insert(batch.inputs.end(), row.begin(), row.end() - 1);
        batch.targets.insert(batch.targets.end(), row.begin() + 1, row.end());
    }
    return batch;
}

Curve readCurve(const fs::path& folder) {
    std::ifstream stream(folder / "curve.json");
    const auto json = nlohmann::json::parse(stream);
    const auto& settings = json.at("settings");
    Curve curve;
    curve.adamW.beta1 = settings.at("beta1");
    curve.adamW.beta2 = settings.at("beta2");
    curve.adamW.eps = settings.at("eps");
    curve.adamW.weightDecay = settings.at("weight_decay");
    curve.clip = settings.at("clip");
    json.at("learning_rates").get_to(curve.learningRates);
    for (const auto& rows : json.at("batches")) curve.batches.push_back(batchOf(rows.get<std::vector<std::vector<std::int64_t>>>()));
    json.at("losses").get_to(curve.losses);
    json.at("gradient_norms").get_to(curve.gradientNorms);
    json.at("final").at("sum_abs_weight").get_to(curve.sums);
    return curve;
}

/// Largest relative differences that a precision may show.
struct Allowed {
    double curve = 0;
    double sums = 0;
};
Allowed allowedFor(DType precision) {
    if (precision == DType::F64) return {1e-10, 1e-9};
    if (precision == DType::F32) return {1e-4, 1e-4};
    return {2e-2, 2e-2};
}

double relativeDifference(double value, double expected) { return std::isfinite(value) ? std::abs(value / expected - 1.0) : INFINITY; }

template <class T>
double sumOfMagnitudes(std::span<const std::byte> data) {
    double sum = 0;
    for (std::size_t at = 0; at + sizeof(T) <= data.size(); at += sizeof(T)) {
        T value = 0;
        std::memcpy(&value, data.data() + at, sizeof value);
        sum += std::abs(static_cast<double>(value));
    }
    return sum;
}

/// A fresh trainer of a case. Its account must outlive it, so both go together.
struct Training {
    MemoryAccount account;
    std::unique_ptr<TrainableModel> model;
};

std::unique_ptr<Training> begin(const std::string& form, const Curve& curve, DType precision) {
    TrainerOptions options;
    options.threads = 1;
    options.precision = precision;
    options.adamW = curve.adamW;
    options.clip = curve.clip;
    auto training = std::make_unique<Training>();
    training->model = valueOrThrow(valueOrThrow(loadLab())->buildTrainable(readCheckpoint(kTraining / form), options, training->account));
    return training;
}

/// One batch a step, or each row as a batch of its own.
enum class Batches { Whole, RowByRow };

void replay(const std::string& form, DType precision, Batches how) {
    const Curve curve = readCurve(kTraining / form);
    const std::size_t steps = curve.batches.size();
    ASSERT_EQ(steps, 10U);
    ASSERT_EQ(curve.learningRates.size(), steps);
    ASSERT_EQ(curve.losses.size(), steps);
    ASSERT_EQ(curve.gradientNorms.size(), steps);
    const Allowed allowed = allowedFor(precision);
    const auto training = begin(form, curve, precision);

    for (std::size_t i = 0; i < steps; ++i) {
        std::vector<TokenBatch> batches{curve.batches[i]};
        if (how == Batches::RowByRow) {
            const TokenBatch whole = batches.front();
            const std::int64_t T = whole.tokens() / whole.rows;
            batches.clear();
            for (std::int64_t row = 0; row < whole.rows; ++row) {
                const auto part = [&](const std::vector<std::int64_t>& ids) {
                    return std::vector(ids.begin() + row * T, ids.begin() + (row + 1) * T);
                };
                batches.push_back({part(whole.inputs), part(whole.targets), 1});
            }
        }
        const auto result = training->model->step(batches, curve.learningRates[i], static_cast<std::int64_t>(i) + 1, {});
        ASSERT_TRUE(result) << result.error().message();
        EXPECT_TRUE(result->applied) << "step " << i + 1;
        EXPECT_LE(relativeDifference(result->loss, curve.losses[i]), allowed.curve) << "loss of step " << i + 1 << ": " << result->loss;
        EXPECT_LE(relativeDifference(result->gradientNorm, curve.gradientNorms[i]), allowed.curve)
            << "gradient norm of step " << i + 1 << ": " << result->gradientNorm;
    }

    const auto state = training->model->state(/*moments=*/false);
    ASSERT_TRUE(state) << state.error().message();
    EXPECT_EQ(state->size(), curve.sums.size());
    for (const TensorToWrite& tensor : *state) {
        ASSERT_TRUE(curve.sums.contains(tensor.name)) << tensor.name;
        const double sum = tensor.dtype == DType::F64 ? sumOfMagnitudes<double>(tensor.data) : sumOfMagnitudes<float>(tensor.data);
        EXPECT_LE(relativeDifference(sum, curve.sums.at(tensor.name)), allowed.sums) << tensor.name << ": " << sum;
    }
}

constexpr const char* kForms[] = {"llama-mha", "llama-gqa", "deepseek-joint", "gpt-mha", "paper-rope", "paper-learned"};

std::string underscored(std::string text) {
    std::replace(text.begin(), text.end(), '-', '_');
    return text;
}

class TrainingGolden : public testing::TestWithParam<std::tuple<const char*, DType>> {};

TEST_P(TrainingGolden, curveAgrees) { replay(std::get<0>(GetParam()), std::get<1>(GetParam()), Batches::Whole); }

INSTANTIATE_TEST_SUITE_P(All, TrainingGolden,
                         testing::Combine(testing::ValuesIn(kForms), testing::Values(DType::F64, DType::F32, DType::BF16)),
                         [](const testing::TestParamInfo<std::tuple<const char*, DType>>& each) {
                             const DType precision = std::get<1>(each.param);
                             const char* suffix = precision == DType::F64 ? "_f64" : precision == DType::F32 ? "_f32" : "_bf16";
                             return underscored(std::get<0>(each.param)) + suffix;
                         });

class TrainingGoldenForm : public testing::TestWithParam<const char*> {};

TEST_P(TrainingGoldenForm, rowsOneByOneGiveTheSameCurve) { replay(GetParam(), DType::F64, Batches::RowByRow); }

TEST_P(TrainingGoldenForm, lossIsTheSumOverTheBatch) {
    const Curve curve = readCurve(kTraining / GetParam());
    const auto training = begin(GetParam(), curve, DType::F64);
    const TokenBatch& batch = curve.batches.front();
    const auto loss = training->model->loss(batch);
    ASSERT_TRUE(loss) << loss.error().message();
    EXPECT_LE(relativeDifference(*loss / static_cast<double>(batch.tokens()), curve.losses.front()), 1e-8) << *loss;
}

INSTANTIATE_TEST_SUITE_P(All, TrainingGoldenForm, testing::ValuesIn(kForms),
                         [](const testing::TestParamInfo<const char*>& each) { return underscored(each.param); });

TEST(TrainingGoldenFolder, everyCaseIsTested) {
    std::size_t folders = 0;
    for (const auto& entry : fs::directory_iterator(kTraining)) folders += entry.is_directory() ? 1U : 0U;
    EXPECT_EQ(folders, std::size(kForms)) << "a folder without a test, or a test without its folder";
}

}  // namespace
}  // namespace loom::test
