// SPDX-License-Identifier: GPL-3.0-or-later
// What a person puts together on the Train page is the configuration that the engine reads.
#include <gtest/gtest.h>

#include "app/session/engine_training.h"
#include "core/engine/train/train_config.h"

namespace loom::session {
namespace {

TEST(EngineTraining, aShapeOfOnesOwnIsReadAsWhatItSays) {
    for (const Latent form : {Latent::None, Latent::Joint, Latent::PerHead}) {
        TrainSetup setup;
        setup.preset.clear();
        setup.name = "Mine";
        setup.seed = 9;
        setup.shape.form = form;
        setup.shape.width = 96;
        setup.shape.layers = 3;
        setup.shape.heads = 6;
        setup.shape.feedForward = 130;
        setup.shape.rank = form == Latent::PerHead ? 8 : 40;
        setup.shape.rotary = 12;
        setup.shape.context = 200;
        setup.shape.vocab = 700;
        setup.training.batch = 5;
        setup.training.steps = 90;
        setup.training.schedule = "linear";
        setup.training.dropout = 0.1;
        setup.training.patience = 4;
        setup.training.precision = "bf16";
        setup.training.average = 0.99;
        const TrainConfig read = parseTrainConfig(ownConfigText(setup), "the setup", setup.shape.vocab);
        ModelConfig expected = configOf(setup.shape);
        expected.bosToken = read.model.bosToken;  // the tokenizer's
        expected.eosTokens = read.model.eosTokens;
        EXPECT_TRUE(read.model == expected) << static_cast<int>(form);
        EXPECT_EQ(read.name, "Mine");
        const TrainSettings& s = read.training;
        EXPECT_EQ(s.context, 200);
        EXPECT_EQ(s.batch, 5);
        EXPECT_EQ(s.steps, 90);
        EXPECT_EQ(s.schedule, Schedule::Linear);
        EXPECT_EQ(s.precision, DType::BF16);
        EXPECT_EQ(s.dropout, 0.1);
        EXPECT_EQ(s.ema, 0.99);
        EXPECT_EQ(s.patience, 4);
        EXPECT_EQ(s.evaluateEvery, 9);
        EXPECT_EQ(s.seed, 9U);
        // Any vocabulary: the tokenizer decides.
        EXPECT_EQ(parseTrainConfig(ownConfigText(setup), "the setup", 333).model.vocab, 333);
    }
}

TEST(EngineTraining, twinsArePlannedTogetherAndFoundAgain) {
    const auto backend = makeEngineTraining();
    TrainSetup setup;
    setup.preset.clear();
    setup.shape = {Latent::None, 64, 2, 4, 128, 8, 8, 64, 500};
    const auto alone = backend->plan(setup, false, {}, {});
    ASSERT_TRUE(alone && *alone) << alone.error().message();
    EXPECT_TRUE((*alone)->twins.empty());
    setup.twins = {"mha", "mla-deepseek:r=16:dr=8", "mla-paper:r=4"};
    const auto plan = backend->plan(setup, false, {}, {});
    ASSERT_TRUE(plan && *plan) << plan.error().message();
    ASSERT_EQ((*plan)->twins.size(), 3U);
    EXPECT_EQ((*plan)->twins[0].kept, 2 * 64);
    EXPECT_EQ((*plan)->twins[1].kept, 16 + 8);
    EXPECT_EQ((*plan)->twins[2].kept, 4 * (4 + 4));
    EXPECT_EQ((*plan)->twins[0].parameters, (*alone)->parameters);
    EXPECT_GT((*plan)->twins[1].feedForward, 128) << "a latent needs fewer weights; the width makes up for them";
    EXPECT_NEAR(static_cast<double>((*plan)->twins[1].parameters), static_cast<double>((*alone)->parameters),
                0.005 * static_cast<double>((*alone)->parameters));
    EXPECT_EQ((*plan)->parameters, (*plan)->twins[0].parameters + (*plan)->twins[1].parameters + (*plan)->twins[2].parameters);
    EXPECT_GT((*plan)->memory.optimiser, 2 * (*alone)->memory.optimiser);
    EXPECT_EQ(backend->runsIn("/runs/x", &setup),
              (std::vector<std::string>{"/runs/x/mha", "/runs/x/mla-deepseek-r16-dr8", "/runs/x/mla-paper-r4"}));
    EXPECT_EQ(backend->runsIn("/no such group", nullptr), std::vector<std::string>{"/no such group"});
    setup.twins = {"mha", "mla-deepseek:x=3"};
    const auto unknown = backend->plan(setup, false, {}, {});
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().message().find("'x'"), std::string::npos) << unknown.error().message();
    setup.twins = {"mha"};
    EXPECT_FALSE(backend->plan(setup, false, {}, {})) << "nobody is a twin of himself";
}

}  // namespace
}  // namespace loom::session
