// SPDX-License-Identifier: GPL-3.0-or-later
// Training of every form: gradients against finite differences of plain loops, the fused operations against the plain formulas,
// a batch learnt by heart, state and restore.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/engine/api/lab.h"
#include "core/engine/train/initial_weights.h"
#include "tests/core/reference/memory_checkpoint.h"
#include "tests/core/reference/plain_model.h"
#include "tests/support/expect_error.h"

namespace loom::test {
namespace {

using Gradients = std::map<std::string, std::vector<double>>;

TokenBatch batchOf(std::int64_t rows, std::int64_t length, std::int64_t vocab, std::int64_t shift = 0) {
    TokenBatch batch;
    batch.rows = rows;
    const TokenIds ids = someTokens(rows * (length + 1) + shift, vocab);
    for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t t = 0; t < length; ++t) {
            batch.inputs.push_back(ids[static_cast<std::size_t>(shift + r * (length + 1) + t)].value());
            batch.targets.push_back(ids[static_cast<std::size_t>(shift + r * (length + 1) + t + 1)].value());
        }
    }
    return batch;
}

double plainLoss(const Checkpoint& checkpoint, const TokenBatch& batch) {
    const auto V = static_cast<std::size_t>(checkpoint.config.vocab);
    const std::int64_t T = batch.tokens() / batch.rows;
    double sum = 0;
    for (std::int64_t r = 0; r < batch.rows; ++r) {
        TokenIds ids;
        for (std::int64_t t = 0; t < T; ++t) ids.emplace_back(batch.inputs[static_cast<std::size_t>(r * T + t)]);
        const std::vector<double> logits = plainForward(checkpoint, ids).logits;
        for (std::int64_t t = 0; t < T; ++t) {
            const double* row = logits.data() + static_cast<std::size_t>(t) * V;
            double total = 0;
            for (std::size_t v = 0; v < V; ++v) total += std::exp(row[v]);
            sum += std::log(total) - row[batch.targets[static_cast<std::size_t>(r * T + t)]];
        }
    }
    return sum / static_cast<double>(batch.tokens());
}

class TrainableForms : public testing::TestWithParam<NetworkCase> {
protected:
    /// Which expert a token uses is no smooth function: bf16 would choose others.
    static std::vector<DType> precisions() {
        return GetParam().config.moe.experts > 0 ? std::vector{DType::F32} : std::vector{DType::F32, DType::BF16};
    }
    std::unique_ptr<TrainableModel> trainer(const Checkpoint& checkpoint, DType precision, double dropout = 0.0) {
        TrainerOptions options;
        options.threads = 1;
        options.precision = precision;
        options.dropout = dropout;
        options.adamW.weightDecay = 0.0;
        return valueOrThrow(valueOrThrow(loadLab())->buildTrainable(checkpoint, options, m_account));
    }
    MemoryAccount m_account;
};

/// ‖a − b‖ / ‖b‖ over all tensors together, and the same for the worst single tensor, whose ‖b‖ counts as at least a thousandth of the
/// whole: without rotation a key bias moves all scores of a query alike, so that its true gradient is nothing.
struct Distance {
    double all = 0;
    double worst = 0;
    std::string where;
};
Distance distance(const Gradients& a, const Gradients& b) {
    Distance result;
    double difference = 0, size = 0;
    for (const auto& [name, right] : b) {
        for (const double value : right) size += value * value;
    }
    for (const auto& [name, right] : b) {
        const std::vector<double>& left = a.at(name);
        double d = 0, s = 0;
        for (std::size_t i = 0; i < right.size(); ++i) {
            d += (left[i] - right[i]) * (left[i] - right[i]);
            s += right[i] * right[i];
        }
        difference += d;
        const double relative = std::sqrt(d / std::max(s, 1e-6 * size));
        if (relative > result.worst) {
            result.worst = relative;
            result.where = name;
        }
    }
    result.all = std::sqrt(difference / size);
    return result;
}

TEST_P(TrainableForms, gradientsEqualFiniteDifferencesOfPlainLoops) {
    Checkpoint checkpoint = memoryCheckpoint(GetParam().config);
    const TokenBatch batch = batchOf(2, 9, checkpoint.config.vocab);
    const auto exact = trainer(checkpoint, DType::F64);
    EXPECT_NEAR(valueOrThrow(exact->loss(batch)) / static_cast<double>(batch.tokens()), plainLoss(checkpoint, batch), 1e-12);
    const Gradients gradients = valueOrThrow(exact->gradients({&batch, 1}));
    double scale = 0;
    for (const auto& [name, values] : gradients) {
        for (const double value : values) scale = std::max(scale, std::abs(value));
    }
    for (auto& [name, view] : checkpoint.tensors) {
        const std::size_t count = view.data.size() / sizeof(float);
        if (name.ends_with("e_score_correction_bias")) {  // moves a choice and nothing else
            EXPECT_EQ(gradients.at(name), std::vector<double>(count)) << name;
            continue;
        }
        for (const std::size_t at : {count / 7, count / 2, count - 1}) {
            auto* place = const_cast<std::byte*>(view.data.data()) + at * sizeof(float);
            float value = 0;
            std::memcpy(&value, place, sizeof(float));
            const auto lossAt = [&](float moved) {
                std::memcpy(place, &moved, sizeof(float));
                return plainLoss(checkpoint, batch);
            };
            const float up = value + 0x1p-12F;
            const float down = value - 0x1p-12F;
            const double slope = (lossAt(up) - lossAt(down)) / (static_cast<double>(up) - static_cast<double>(down));
            std::memcpy(place, &value, sizeof(float));
            EXPECT_NEAR(gradients.at(name)[at], slope, 1e-6 * scale) << name << " element " << at;
        }
    }
}

TEST_P(TrainableForms, fusedOperationsGiveTheSameGradients) {
    const Checkpoint checkpoint = memoryCheckpoint(GetParam().config);
    const TokenBatch batch = batchOf(3, 100, checkpoint.config.vocab);
    const Gradients exact = valueOrThrow(trainer(checkpoint, DType::F64)->gradients({&batch, 1}));
    const Distance f32 = distance(valueOrThrow(trainer(checkpoint, DType::F32)->gradients({&batch, 1})), exact);
    EXPECT_LE(f32.worst, 1e-4) << f32.where;
    if (precisions().size() == 1) return;
    const Distance bf16 = distance(valueOrThrow(trainer(checkpoint, DType::BF16)->gradients({&batch, 1})), exact);
    EXPECT_LE(bf16.all, 3e-2);
    EXPECT_LE(bf16.worst, 0.15) << bf16.where;
    EXPECT_GT(bf16.all, 1e-4) << "this is not bf16";
}

TEST_P(TrainableForms, moreThanOneBlockOfQueriesGivesTheSameGradients) {
    ModelConfig config = GetParam().config;
    config.context = 300;
    const Checkpoint checkpoint = memoryCheckpoint(config);
    const TokenBatch batch = batchOf(1, 300, config.vocab);  // attention works in blocks of 128
    const Gradients exact = valueOrThrow(trainer(checkpoint, DType::F64)->gradients({&batch, 1}));
    const Distance f32 = distance(valueOrThrow(trainer(checkpoint, DType::F32)->gradients({&batch, 1})), exact);
    EXPECT_LE(f32.worst, 1e-4) << f32.where;
}

TEST_P(TrainableForms, accumulationEqualsOneBatch) {
    const Checkpoint checkpoint = memoryCheckpoint(GetParam().config);
    const TokenBatch whole = batchOf(4, 8, checkpoint.config.vocab);
    std::vector<TokenBatch> halves(2);
    for (std::size_t h = 0; h < 2; ++h) {
        halves[h].rows = 2;
        halves[h].inputs.assign(whole.inputs.begin() + static_cast<std::ptrdiff_t>(16 * h),
                                whole.inputs.begin() + static_cast<std::ptrdiff_t>(16 * h + 16));
        halves[h].targets.assign(whole.targets.begin() + static_cast<std::ptrdiff_t>(16 * h),
                                 whole.targets.begin() + static_cast<std::ptrdiff_t>(16 * h + 16));
    }
    const auto exact = trainer(checkpoint, DType::F64);
    const Gradients one = valueOrThrow(exact->gradients({&whole, 1}));
    EXPECT_LE(distance(valueOrThrow(exact->gradients(halves)), one).worst, 1e-12);
}

TEST_P(TrainableForms, learnsOneBatchByHeart) {
    const Checkpoint checkpoint = initialCheckpoint(GetParam().config, 3);
    const TokenBatch batch = batchOf(2, 12, checkpoint.config.vocab);
    for (const DType precision : precisions()) {
        const auto model = trainer(checkpoint, precision);
        double first = 0, last = 0;
        for (std::int64_t step = 1; step <= 250; ++step) {
            const StepResult result = valueOrThrow(model->step({&batch, 1}, 2e-2, step, {}));
            ASSERT_TRUE(result.applied);
            if (step == 1) first = result.loss;
            last = result.loss;
        }
        EXPECT_NEAR(first, std::log(static_cast<double>(checkpoint.config.vocab)), 0.3);
        EXPECT_LE(last, 0.05) << name(precision);
    }
}

TEST_P(TrainableForms, restoredStateGoesOnIdentically) {
    const Checkpoint checkpoint = initialCheckpoint(GetParam().config, 5);
    const auto batch = [&](std::int64_t step) { return batchOf(2, 10, checkpoint.config.vocab, step % 5); };
    for (const DType precision : precisions()) {
        const auto whole = trainer(checkpoint, precision, 0.1);
        std::map<std::string, std::vector<std::byte>> kept;
        std::vector<double> losses;
        for (std::int64_t step = 1; step <= 24; ++step) {
            const TokenBatch b = batch(step);
            losses.push_back(valueOrThrow(whole->step({&b, 1}, 3e-3, step, {})).loss);
            if (step != 4) continue;
            for (const TensorToWrite& t : valueOrThrow(whole->state(true))) kept[t.name].assign(t.data.begin(), t.data.end());
        }
        std::map<std::string, TensorView, std::less<>> views;
        for (const TensorToWrite& t : valueOrThrow(whole->state(true))) views[t.name] = {t.dtype, t.shape, kept.at(t.name)};
        const auto resumed = trainer(initialCheckpoint(GetParam().config, 99), precision, 0.1);
        const Result<void> restored = resumed->restore(views);
        ASSERT_TRUE(restored) << restored.error().message();
        for (std::int64_t step = 5; step <= 24; ++step) {
            const TokenBatch b = batch(step);
            EXPECT_EQ(valueOrThrow(resumed->step({&b, 1}, 3e-3, step, {})).loss, losses[static_cast<std::size_t>(step - 1)])
                << name(precision) << ", step " << step;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, TrainableForms, testing::ValuesIn(networkCases()),
                         [](const testing::TestParamInfo<NetworkCase>& each) { return each.param.name; });

class Trainable : public testing::Test {
protected:
    std::unique_ptr<TrainableModel> make(const TrainerOptions& options) {
        return valueOrThrow(valueOrThrow(loadLab())->buildTrainable(initialCheckpoint(m_config, 1), options, m_account));
    }
    ModelConfig m_config = networkCase("mhaTied");
    MemoryAccount m_account;
};

TEST_F(Trainable, aLossThatIsNotFiniteChangesNothing) {
    TrainerOptions options;
    const auto model = make(options);
    const TokenBatch batch = batchOf(2, 6, m_config.vocab);
    std::map<std::string, std::vector<std::byte>> bytes;
    std::map<std::string, TensorView, std::less<>> views;
    for (const TensorToWrite& t : valueOrThrow(model->state(true))) {
        bytes[t.name].assign(t.data.begin(), t.data.end());
        if (t.name == "model.norm.weight") {
            const float nan = std::nanf("");
            std::memcpy(bytes[t.name].data(), &nan, sizeof nan);
        }
        views[t.name] = {t.dtype, t.shape, bytes[t.name]};
    }
    ASSERT_TRUE(model->restore(views));
    EXPECT_FALSE(valueOrThrow(model->step({&batch, 1}, 1e-2, 1, {})).applied);
    for (const TensorToWrite& t : valueOrThrow(model->state(true))) {
        EXPECT_EQ(std::memcmp(t.data.data(), bytes.at(t.name).data(), t.data.size()), 0) << t.name;
    }
}

TEST_F(Trainable, clippingLimitsTheStepAndDecayLeavesNormsAlone) {
    const TokenBatch batch = batchOf(2, 6, m_config.vocab);
    TrainerOptions options;
    options.clip = 1e-3;
    const auto clipped = make(options);
    options.clip = 0;
    const auto free = make(options);
    const StepResult a = valueOrThrow(clipped->step({&batch, 1}, 0.0, 1, {}));
    const StepResult b = valueOrThrow(free->step({&batch, 1}, 0.0, 1, {}));
    EXPECT_EQ(a.gradientNorm, b.gradientNorm);
    EXPECT_GT(a.gradientNorm, 1e-3);
    const auto momentNorm = [](TrainableModel& model) {
        double sum = 0;
        for (const TensorToWrite& t : valueOrThrow(model.state(true))) {
            if (!t.name.starts_with("exp_avg.")) continue;
            for (std::size_t i = 0; i < t.data.size(); i += sizeof(float)) {
                float value = 0;
                std::memcpy(&value, t.data.data() + i, sizeof value);
                sum += static_cast<double>(value) * static_cast<double>(value);
            }
        }
        return std::sqrt(sum);
    };
    EXPECT_NEAR(momentNorm(*clipped), 0.1 * 1e-3, 1e-7);  // (1 − β1) of a gradient of the largest allowed norm
    EXPECT_NEAR(momentNorm(*free), 0.1 * b.gradientNorm, 1e-4 * b.gradientNorm);
}

class TrainableExperts : public Trainable {
protected:
    /// Two layers whose tokens choose 2 of 8.
    static ModelConfig config(ExpertScoring scoring) {
        ModelConfig c = networkCase("expertsSigmoid");
        c.layers = 2;
        c.moe.scoring = scoring;
        c.moe.normalised = scoring == ExpertScoring::Sigmoid;
        c.moe.firstLayer = 0;
        c.moe.perToken = 2;
        c.moe.groups = c.moe.topGroups = 1;
        return c;
    }
    /// Mean use of the busiest expert over the last 20 of 100 steps, and the loss there.
    std::pair<double, double> trained(ExpertScoring scoring, DType precision, ExpertBalancing balancing) {
        m_config = config(scoring);
        TrainerOptions options;
        options.precision = precision;
        options.balancing = balancing;
        const auto model = make(options);
        double load = 0, loss = 0;
        for (std::int64_t step = 1; step <= 100; ++step) {
            const TokenBatch batch = batchOf(4, 24, m_config.vocab, step % 3);
            const StepResult result = valueOrThrow(model->step({&batch, 1}, 5e-3, step, {}));
            EXPECT_TRUE(result.applied && result.expertLoad);
            EXPECT_GE(*result.expertLoad, 1.0);
            EXPECT_LE(*result.expertLoad, 4.0) << "8 experts, 2 for each token";
            if (step <= 80) continue;
            load += *result.expertLoad / 20;
            loss += result.loss / 20;
        }
        return {load, loss};
    }
};

TEST_F(TrainableExperts, biasesAndThePenaltyKeepThemEvenlyUsed) {
    for (const DType precision : {DType::F32, DType::BF16}) {
        const auto [uneven, plain] = trained(ExpertScoring::Sigmoid, precision, {});
        const auto [even, balanced] = trained(ExpertScoring::Sigmoid, precision, {0.0, 1e-2});
        EXPECT_LT(even - 1, 0.6 * (uneven - 1)) << name(precision) << ", biases";
        EXPECT_LT(balanced, plain + 0.1) << "and it learns as well";
    }
    const auto [penalised, learnt] = trained(ExpertScoring::Softmax, DType::F32, {0.3, 0.0});
    const auto [free, unpenalised] = trained(ExpertScoring::Softmax, DType::F32, {});
    EXPECT_LT(penalised - 1, 0.6 * (free - 1)) << "penalty";
    EXPECT_LT(learnt, unpenalised + 0.1);
}

TEST_F(TrainableExperts, aStepMovesEachBiasTowardsAnEvenShare) {
    m_config = config(ExpertScoring::Sigmoid);
    TrainerOptions options;
    options.balancing.speed = 0.25;
    const auto model = make(options);
    const std::string name = "model.layers.1.mlp.gate.e_score_correction_bias";
    const auto biases = [&] {
        std::vector<float> values(8);
        for (const TensorToWrite& t : valueOrThrow(model->state(false)))
            if (t.name == name) std::memcpy(values.data(), t.data.data(), t.data.size());
        return values;
    };
    EXPECT_EQ(biases(), std::vector<float>(8));
    const TokenBatch batch = batchOf(2, 9, m_config.vocab);  // 36 choices: no even share, so each bias moves
    ASSERT_TRUE(valueOrThrow(model->step({&batch, 1}, 0.0, 1, {})).applied);
    std::int64_t up = 0;
    for (const float bias : biases()) {
        EXPECT_EQ(std::abs(bias), 0.25F);
        up += bias > 0 ? 1 : 0;
    }
    EXPECT_GT(up, 0);
    EXPECT_LT(up, 8);
}

TEST_F(TrainableExperts, thePenaltyIsAddedWithItsWeight) {
    m_config = config(ExpertScoring::Softmax);
    m_config.layers = 1;
    const TokenBatch batch = batchOf(3, 11, m_config.vocab);
    const std::string gate = "model.layers.0.mlp.gate.weight";
    const auto gradients = [&](double weight) {
        TrainerOptions options;
        options.precision = DType::F64;
        options.balancing.loss = weight;
        return valueOrThrow(make(options)->gradients({&batch, 1})).at(gate);
    };
    const std::vector<double> none = gradients(0), one = gradients(1), two = gradients(2);
    double size = 0;
    for (std::size_t i = 0; i < none.size(); ++i) {
        size += std::abs(one[i] - none[i]);
        EXPECT_NEAR(two[i] - none[i], 2 * (one[i] - none[i]), 1e-12);
    }
    EXPECT_GT(size, 1e-6);
    // Σ f·P does not change where all scores rise alike, as a softmax does not: columns of its gradient sum to nothing.
    const std::size_t D = none.size() / 8;
    for (std::size_t column = 0; column < D; ++column) {
        double sum = 0;
        for (std::size_t e = 0; e < 8; ++e) sum += one[e * D + column] - none[e * D + column];
        EXPECT_NEAR(sum, 0.0, 1e-12);
    }
}

TEST_F(Trainable, dropoutIsAFunctionOfSeedAndStep) {
    const TokenBatch batch = batchOf(2, 20, m_config.vocab);
    const auto loss = [&](std::uint64_t seed, std::int64_t step) {
        TrainerOptions options;
        options.dropout = 0.3;
        options.seed = seed;
        return valueOrThrow(make(options)->step({&batch, 1}, 0.0, step, {})).loss;
    };
    EXPECT_EQ(loss(1, 1), loss(1, 1));
    EXPECT_NE(loss(1, 1), loss(1, 2));
    EXPECT_NE(loss(1, 1), loss(2, 1));
}

TEST_F(Trainable, saysWhatIsWrong) {
    TrainerOptions options;
    const auto model = make(options);
    EXPECT_FALSE(model->step({}, 1e-3, 1, {}));
    const Result<void> restored = model->restore({});
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().where, "model.embed_tokens.weight");
    std::stop_source stop;
    stop.request_stop();
    const TokenBatch batch = batchOf(1, 4, m_config.vocab);
    const auto cancelled = model->step({&batch, 1}, 1e-3, 1, stop.get_token());
    ASSERT_FALSE(cancelled);
    EXPECT_EQ(cancelled.error().what, "Cancelled");
}

TEST_F(Trainable, memoryIsCountedAndGivenBack) {
    const std::int64_t parameters = countParameters(m_config).total;
    {
        TrainerOptions options;
        options.precision = DType::BF16;
        const auto model = make(options);
        EXPECT_EQ(m_account.current(MemoryKind::Optimiser), 2 * 4 * parameters);
        EXPECT_GT(m_account.current(MemoryKind::Weights), 5 * parameters);  // f32, and bf16 of the matrices
    }
    EXPECT_EQ(m_account.current(MemoryKind::Optimiser), 0);
    EXPECT_EQ(m_account.current(MemoryKind::Weights), 0);
}

}  // namespace
}  // namespace loom::test
