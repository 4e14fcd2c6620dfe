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

}  // namespace
}  // namespace loom::session
