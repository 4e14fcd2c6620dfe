// SPDX-License-Identifier: GPL-3.0-or-later
// Model card: every fact that is known and nothing else; the loss curve beside it.
#include "widgets/card/model_card_dialog.h"

#include <gtest/gtest.h>

#include <qcustomplot.h>

#include <QLabel>

#include "tests/widgets/cache_fixture.h"
#include "widgets/card/card_facts.h"
#include "widgets/common/time_format.h"
#include "widgets/plot/loss_curve.h"

namespace loom::ui {
namespace {

ModelSummary plain() {
    ModelSummary model = test::summaryOf(test::jointConfig(), DType::F32);
    model.name = "Demo <b>MLA</b>";
    model.path = "/models/demo-mla";
    model.parameters = {5'771'072, 4'722'496};
    return model;
}

ModelSummary withCard() {
    ModelCard card;
    card.description = "Trained on <i>short</i> stories.";
    card.data.licence = "CDLA-Sharing-1.0";
    card.training.steps = 9000;
    card.training.seconds = 12345;
    card.training.settings = {{"learning_rate", 0.003}};
    card.result.loss = 2.1;
    card.result.bitsPerByte = 0.74;
    for (std::int64_t step = 100; step >= 0; step -= 10) {
        card.curve.push_back({step, step * 8192, 8.0 - static_cast<double>(step) / 20, std::nullopt});
    }
    card.curve.front().validationLoss = 3.25;
    card.samples = {{"Once", "Once upon", 1, 0.8}, {"One day", ", a dog", std::nullopt, std::nullopt}};
    ModelSummary model = plain();
    model.card = std::make_shared<const ModelCard>(card);
    return model;
}

QString valueOf(const QList<CardSection>& sections, const char* name) {
    for (const CardSection& section : sections)
        for (const CardFact& fact : section.facts)
            if (fact.name == QLatin1String(name)) return QString(fact.value).replace(QChar(0x202F), QLatin1Char(' '));
    return {};
}

bool shows(const QDialog& dialog, const char* text) {
    for (const QLabel* label : dialog.findChildren<QLabel*>())
        if (label->text() == QString::fromUtf8(text)) return true;
    return false;
}

TEST(CardFacts, WithoutACardTheFilesSpeak) {
    const auto sections = cardSections(plain());
    ASSERT_EQ(sections.size(), 1);
    EXPECT_EQ(valueOf(sections, "Attention"), QStringLiteral("MLA (joint latent), 8 heads, latent 96 + rotary key 32"));
    EXPECT_EQ(valueOf(sections, "Parameters"), QStringLiteral("5,771,072, of these 4,722,496 without embeddings"));
    EXPECT_TRUE(valueOf(sections, "Keeps per token").startsWith(QStringLiteral("3,072 B = (96 latent")));
    EXPECT_EQ(valueOf(sections, "Place"), QStringLiteral("/models/demo-mla"));
}

TEST(CardFacts, WithOneEveryFactHasItsLine) {
    const auto sections = cardSections(withCard());
    EXPECT_EQ(valueOf(sections, "Licence of the data"), QStringLiteral("CDLA-Sharing-1.0"));
    EXPECT_EQ(valueOf(sections, "Steps"), QStringLiteral("9,000"));
    EXPECT_EQ(valueOf(sections, "Time"), QStringLiteral("3 h 26 min"));
    EXPECT_EQ(valueOf(sections, "learning_rate"), QStringLiteral("0.003"));
    EXPECT_EQ(valueOf(sections, "Loss"), QStringLiteral("2.100 nats per token"));
    EXPECT_EQ(valueOf(sections, "Bits per byte"), QStringLiteral("0.740"));
    EXPECT_EQ(valueOf(sections, "Perplexity"), QString()) << "not in this card";
}

TEST(CardFacts, Durations) {
    EXPECT_EQ(formatDuration(40), QStringLiteral("40 s"));
    EXPECT_EQ(formatDuration(0.4), QStringLiteral("<1 s"));
    EXPECT_EQ(formatDuration(725), QStringLiteral("12 min 05 s"));
    EXPECT_EQ(formatDuration(3599.6), QStringLiteral("1 h 00 min"));
    EXPECT_EQ(formatDuration(7380), QStringLiteral("2 h 03 min"));
    EXPECT_EQ(formatDuration(200'000), QStringLiteral("2 d 7 h"));
    EXPECT_EQ(formatDuration(-1), QString());
}

TEST(ModelCardDialog, ShowsTextOfFilesAsItIs) {
    ModelCardDialog dialog(withCard());
    EXPECT_TRUE(shows(dialog, "Demo <b>MLA</b>"));
    const auto* description = dialog.findChild<QLabel*>(QStringLiteral("description"));
    ASSERT_NE(description, nullptr);
    EXPECT_EQ(description->text(), QStringLiteral("Trained on <i>short</i> stories."));
    EXPECT_EQ(description->textFormat(), Qt::PlainText);
    EXPECT_TRUE(shows(dialog, "Once upon")) << "the prompt is not said twice";
    EXPECT_TRUE(shows(dialog, "One day, a dog"));
    EXPECT_TRUE(shows(dialog, "seed 1, temperature 0.8"));
    EXPECT_NE(dialog.findChild<LossCurve*>(), nullptr);
    EXPECT_FALSE(dialog.grab().isNull());
}

TEST(ModelCardDialog, WithoutACardThereIsNoEmptyCurve) {
    ModelCardDialog dialog(plain());
    EXPECT_EQ(dialog.findChild<LossCurve*>(), nullptr);
    EXPECT_TRUE(shows(dialog, "/models/demo-mla"));
}

TEST(LossCurve, DrawsWhatIsThereInOrder) {
    LossCurve curve;
    curve.resize(400, 220);
    EXPECT_EQ(curve.describe(3), QString());
    curve.setCurve(withCard().card->curve);
    auto* plot = curve.findChild<QCustomPlot*>();
    ASSERT_EQ(plot->graphCount(), 2);
    EXPECT_EQ(plot->graph(0)->dataCount(), 11);
    EXPECT_EQ(plot->graph(1)->dataCount(), 1);
    EXPECT_EQ(plot->graph(0)->data()->constBegin()->value, 8.0);
    EXPECT_GE(plot->xAxis->range().upper, 100);
    EXPECT_LT(plot->yAxis->range().lower, 3.0);
    EXPECT_FALSE(plot->xAxis->label().isEmpty() || plot->yAxis->label().isEmpty());
    EXPECT_EQ(curve.describe(97), QStringLiteral("step 100, 819,200 tokens seen: training 3.000, held out 3.250"));
    EXPECT_EQ(curve.describe(44), QStringLiteral("step 40, 327,680 tokens seen: training 6.000, held out –"));
    EXPECT_EQ(curve.csv().section(QLatin1Char('\n'), 0, 1), QStringLiteral("step,tokens,loss,validation_loss\n0,0,8,"));
    curve.setCurve({});
    EXPECT_FALSE(curve.grab().isNull());
}

}  // namespace
}  // namespace loom::ui
