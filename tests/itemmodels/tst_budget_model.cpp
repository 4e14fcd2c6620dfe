// SPDX-License-Identifier: GPL-3.0-or-later
// BudgetModel and ByteSourcesModel: the golden figures of the papers, four sources in four columns, bounds.
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "core/data/presets.h"
#include "widgets/itemmodels/budget_model.h"
#include "widgets/itemmodels/byte_sources_model.h"
#include "widgets/itemmodels/paper_model.h"

namespace loom::ui {
namespace {

constexpr auto kFatal = QAbstractItemModelTester::FailureReportingMode::Fatal;

TwinContestant contestant(const char* preset) {
    TwinContestant one;
    one.name = preset;
    one.config = presetNamed(preset).config;
    one.cache = cacheSpec(one.config, MlaPath::Absorbed, DType::F32);
    one.weightBytes = 11'000'000;
    return one;
}

/// As the engine counts: `capacity` positions allocated, layer by layer.
CacheUse useOf(const TwinContestant& one, std::int64_t used, std::int64_t capacity) {
    CacheUse use;
    use.spec = one.cache;
    use.usedTokens = used;
    use.capacityTokens = capacity;
    use.bytes = one.cache.bytesPerToken() * capacity;
    for (std::int64_t layer = 0; layer < one.cache.layers; ++layer)
        use.layers.push_back({LayerIndex{layer}, 0, use.bytes / one.cache.layers});
    return use;
}

qlonglong figure(const BudgetModel& model, const char* name, int column) {
    const int row = model.rowOf(QString::fromUtf8(name));
    EXPECT_GE(row, 0) << name;
    return row < 0 ? -1 : model.index(row, column).data(BudgetModel::ValueRole).toLongLong();
}

TEST(BudgetModel, GoldenFiguresOfTheEquations) {
    BudgetModel model;
    const QAbstractItemModelTester tester(&model, kFatal);
    const std::pair<const char*, qlonglong> golden[] = {
        {"deepseek-v3", 70'272},  {"deepseek-v2-lite", 31'104}, {"deepseek-v2-lite, naive", 276'480},
        {"paper-9l-mha", 18'432}, {"paper-9l-mla-r2", 9'216},   {"paper-9l-mla-r4", 4'608},
        {"mla-deepseek", 5'184}};
    for (const auto& [name, bytes] : golden) EXPECT_EQ(figure(model, name, BudgetModel::Formula), bytes) << name;
    EXPECT_EQ(figure(model, "paper-9l-mha", BudgetModel::Paper), 28'800) << "as the paper prints it, beside what the formula gives";
    EXPECT_EQ(figure(model, "paper-9l-mla-r2", BudgetModel::Paper), 15'900);
    EXPECT_EQ(figure(model, "paper-9l-mla-r4", BudgetModel::Paper), 8'000);
    EXPECT_FALSE(model.index(model.rowOf(QStringLiteral("gpt2")), BudgetModel::Paper).data(BudgetModel::ValueRole).isValid());
    for (const Preset& preset : presets()) EXPECT_GE(model.rowOf(QString::fromStdString(preset.name)), 0) << preset.name;
}

TEST(BudgetModel, HowManyStoriesFit) {
    BudgetModel model;
    const QAbstractItemModelTester tester(&model, kFatal);
    QSignalSpy headers(&model, &QAbstractItemModel::headerDataChanged);
    model.setQuestion({.memory = 8'000'000'000, .context = 512, .batch = 100, .dtype = DType::BF16, .weights = false});
    EXPECT_EQ(headers.size(), 1);
    EXPECT_EQ(figure(model, "paper-9l-mha", BudgetModel::Cache), 18'432LL * 512 * 100);
    EXPECT_EQ(figure(model, "paper-9l-mha", BudgetModel::Stories), 8'000'000'000 / (18'432 * 512));
    const int row = model.rowOf(QStringLiteral("paper-9l-mha"));
    EXPECT_TRUE(model.index(row, BudgetModel::Fits).data(BudgetModel::FitsRole).toBool());
    EXPECT_TRUE(model.verdict(row).contains(QStringLiteral("847")));
    // Seven billion parameters of two bytes leave no room in eight gigabytes.
    model.setQuestion({.memory = 8'000'000'000, .context = 512, .batch = 1, .dtype = DType::BF16, .weights = true});
    EXPECT_EQ(figure(model, "llama2-7b", BudgetModel::Stories), 0);
    EXPECT_TRUE(model.verdict(model.rowOf(QStringLiteral("llama2-7b"))).contains(QStringLiteral("weights alone")));
    // Cells of a byte, and a scale of four bytes for each row of each lane.
    model.setQuestion({.memory = 8'000'000'000, .context = 1, .batch = 1, .dtype = DType::I8, .weights = false});
    EXPECT_EQ(figure(model, "paper-9l-mha", BudgetModel::Formula), 9 * (2 * 512 + 2 * 4));
    // More than can be counted is no figure.
    model.setQuestion(
        {.memory = 1, .context = std::int64_t{1} << 40, .batch = std::int64_t{1} << 40, .dtype = DType::F32, .weights = true});
    EXPECT_FALSE(model.index(row, BudgetModel::Cache).data(BudgetModel::ValueRole).isValid());
    EXPECT_FALSE(model.index(row, BudgetModel::Cache).data().toString().isEmpty());
}

TEST(BudgetModel, ThoseComparedStandFirstWithTheirTensors) {
    BudgetModel model;
    const QAbstractItemModelTester tester(&model, kFatal);
    const int presetRows = model.rowCount();
    const std::vector<TwinContestant> pair{contestant("demo-mha"), contestant("demo-mla")};
    model.setContestants(pair);
    EXPECT_EQ(model.rowCount(), presetRows + 2);
    EXPECT_EQ(model.subject(0).name, QStringLiteral("A · demo-mha"));
    EXPECT_FALSE(model.index(1, BudgetModel::Tensors).data(BudgetModel::ValueRole).isValid()) << "nothing is allocated yet";
    model.setUses({useOf(pair[0], 20, 32), useOf(pair[1], 20, 32)});
    EXPECT_EQ(model.index(0, BudgetModel::Tensors).data(BudgetModel::ValueRole).toLongLong(), 12'288);
    EXPECT_EQ(model.index(1, BudgetModel::Tensors).data(BudgetModel::ValueRole).toLongLong(), 3'072);
    model.setQuestion({.dtype = DType::F32});
    EXPECT_EQ(model.index(1, BudgetModel::Formula).data(BudgetModel::ValueRole).toLongLong(), 3'072) << "formula and tensors agree";
    EXPECT_EQ(figure(model, "A · demo-mha", BudgetModel::Weights), 11'000'000);
    model.setContestants({pair[1]});
    EXPECT_EQ(model.rowCount(), presetRows + 1);
    model.setContestants({});
    EXPECT_EQ(model.rowCount(), presetRows);
    EXPECT_GT(figure(model, "demo-mha", BudgetModel::Weights), 0);
}

TEST(BudgetModel, TicksAndBounds) {
    BudgetModel model;
    const QAbstractItemModelTester tester(&model, kFatal);
    QSignalSpy ticked(&model, &BudgetModel::tickedChanged);
    const std::size_t before = model.ticked().size();
    EXPECT_GT(before, 3U);
    const int row = model.rowOf(QStringLiteral("deepseek-v2"));
    EXPECT_TRUE(model.setData(model.index(row, 0), Qt::Checked, Qt::CheckStateRole));
    EXPECT_EQ(model.ticked().size(), before + 1);
    EXPECT_TRUE(model.setData(model.index(row, 0), Qt::Unchecked, Qt::CheckStateRole));
    EXPECT_EQ(ticked.size(), 2);
    EXPECT_FALSE(model.setData(model.index(row, 1), Qt::Checked, Qt::CheckStateRole));
    EXPECT_FALSE(model.setData(model.index(row, 0), QStringLiteral("x"), Qt::EditRole));
    EXPECT_FALSE(model.data(model.index(-1, 0), Qt::DisplayRole).isValid());
    EXPECT_FALSE(model.headerData(BudgetModel::ColumnCount, Qt::Horizontal, Qt::DisplayRole).isValid());
    EXPECT_EQ(model.rowOf(QStringLiteral("nobody")), -1);
}

TEST(ByteSourcesModel, FourSourcesAreNeverMixed) {
    ByteSourcesModel model;
    const QAbstractItemModelTester tester(&model, kFatal);
    const int paper = model.rowCount();
    EXPECT_EQ(paper, 3);
    const std::vector<TwinContestant> pair{contestant("demo-mha"), contestant("demo-mla")};
    model.setContestants(pair);
    ASSERT_EQ(model.rowCount(), paper + 3);
    const auto bytes = [&model](int row, int column) { return model.index(row, column).data(ByteSourcesModel::BytesRole); };
    EXPECT_EQ(bytes(0, ByteSourcesModel::Formula).toLongLong(), 12'288);
    EXPECT_FALSE(bytes(0, ByteSourcesModel::Tensors).isValid());
    const std::vector<CacheUse> uses{useOf(pair[0], 20, 32), useOf(pair[1], 25, 48)};
    model.setUses(uses, uses[0].bytes + uses[1].bytes);
    EXPECT_EQ(bytes(0, ByteSourcesModel::Tensors).toLongLong(), 12'288);
    EXPECT_EQ(bytes(1, ByteSourcesModel::Tensors).toLongLong(), 3'072);
    EXPECT_EQ(bytes(2, ByteSourcesModel::Formula).toLongLong(), 12'288 * 32 + 3'072 * 48);
    EXPECT_EQ(bytes(2, ByteSourcesModel::Tensors), bytes(2, ByteSourcesModel::Formula));
    EXPECT_EQ(bytes(2, ByteSourcesModel::Allocator), bytes(2, ByteSourcesModel::Formula));
    EXPECT_EQ(bytes(3, ByteSourcesModel::Paper).toLongLong(), 28'800);
    EXPECT_EQ(bytes(3, ByteSourcesModel::Formula).toLongLong(), 18'432);
    EXPECT_FALSE(bytes(3, ByteSourcesModel::Tensors).isValid()) << "not loaded";
    EXPECT_FALSE(bytes(0, ByteSourcesModel::Paper).isValid());
    model.setUses({}, 5);
    EXPECT_EQ(bytes(2, ByteSourcesModel::Tensors).toLongLong(), 12'288 * 32 + 3'072 * 48) << "another number of caches is no answer";
    for (int column = 1; column < ByteSourcesModel::ColumnCount; ++column) {
        EXPECT_FALSE(model.headerData(column, Qt::Horizontal, Qt::DecorationRole).value<QIcon>().isNull());
        EXPECT_FALSE(model.headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString().isEmpty());
    }
    model.setContestants({});
    EXPECT_EQ(model.rowCount(), paper);
    EXPECT_FALSE(model.data(model.index(7, 0), Qt::DisplayRole).isValid());
}

TEST(PaperModel, ReportedFormulaAndMeasured) {
    PaperModel model;
    const QAbstractItemModelTester tester(&model, kFatal);
    ASSERT_EQ(model.rowCount(), 6);
    const auto figure = [&model](int row, int column) { return model.index(row, column).data(PaperModel::ValueRole); };
    EXPECT_EQ(figure(0, PaperModel::PaperLoss).toDouble(), 2.147);
    EXPECT_FALSE(figure(0, PaperModel::PaperAgainst).isValid());
    EXPECT_EQ(figure(2, PaperModel::PaperLoss).toDouble(), 2.154);
    EXPECT_EQ(model.index(2, PaperModel::PaperAgainst).data().toString(), QStringLiteral("+0.3 %"));
    EXPECT_EQ(model.index(4, PaperModel::PaperAgainst).data().toString(), QStringLiteral("+10.3 %"));
    EXPECT_TRUE(model.index(1, PaperModel::PaperAgainst).data().toString().startsWith(QStringLiteral("about −2")));
    const qlonglong formula[] = {18'432, 18'432, 9'216, 4'608, 2'304, 18'432};
    for (int row = 0; row < 6; ++row) EXPECT_EQ(figure(row, PaperModel::FormulaBytes).toLongLong(), formula[row]) << row;
    EXPECT_NEAR(figure(2, PaperModel::PaperBytes).toDouble(), 15'900, 0.01);
    EXPECT_FALSE(figure(2, PaperModel::MeasuredLoss).isValid()) << "a report is no measurement";
    RunSummary good, worse, other;
    good.preset = worse.preset = "paper-9l-mla-r2";
    good.bestLoss = 2.5;
    good.bestStep = 900;
    worse.bestLoss = 2.9;
    other.preset = "demo-mla";
    other.bestLoss = 1.0;
    model.setRuns({worse, good, other});
    EXPECT_EQ(figure(2, PaperModel::MeasuredLoss).toDouble(), 2.5) << "the best of them";
    EXPECT_EQ(figure(2, PaperModel::MeasuredSteps).toLongLong(), 900);
    EXPECT_EQ(figure(2, PaperModel::PaperLoss).toDouble(), 2.154);
    EXPECT_FALSE(figure(0, PaperModel::MeasuredLoss).isValid());
    model.setRuns({});
    EXPECT_FALSE(figure(2, PaperModel::MeasuredLoss).isValid());
    EXPECT_FALSE(model.data(model.index(9, 0), Qt::DisplayRole).isValid());
}

}  // namespace
}  // namespace loom::ui
