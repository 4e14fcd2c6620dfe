// SPDX-License-Identifier: GPL-3.0-or-later
// Settings: round trip, nonsense in the file, files of a newer version.
#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QSettings>

#include "app/settings.h"

namespace loom::app {
namespace {

QString file() {
    return QSettings(QSettings::IniFormat, QSettings::UserScope, QStringLiteral("latentloom"), QStringLiteral("latentloom")).fileName();
}

class SettingsFile : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(file().startsWith(qEnvironmentVariable("XDG_CONFIG_HOME"))) << file().toStdString();
        QFile::remove(file());
    }
    void TearDown() override { QFile::remove(file()); }
    static void write(const QByteArray& text) {
        QDir().mkpath(QFileInfo(file()).absolutePath());
        QFile out(file());
        ASSERT_TRUE(out.open(QIODevice::WriteOnly));
        out.write(text);
    }
};

TEST_F(SettingsFile, RoundTrip) {
    Settings settings;
    settings.theme = ui::ThemeChoice::Dark;
    settings.textScale = 1.21;
    settings.layer = 3;
    settings.head = 2;
    settings.colourMap = 1;
    settings.samplers = {0.5, 40, 0.9, 0.02, 1.1};
    settings.samplers.mirostatTau = 3.25;
    settings.samplers.dryAllowed = 4;
    settings.samplers.dryBreakers = "\n;\\ä";
    settings.samplers.order = orderFrom("xtc,top-k").value();
    settings.opening = QStringLiteral("Es war; einmal, \"ü\"");
    settings.beams = {.width = 7, .lengthPenalty = -0.5};
    settings.ownPresets = {{QStringLiteral("Fairy tales, ä"), settings.samplers}, {QStringLiteral("b/c"), plainSampling()}};
    settings.seed = QStringLiteral("18446744073709551615");
    settings.newSeedEachTime = false;
    settings.maxTokens = 77;
    settings.path = MlaPath::Naive;
    settings.lastFolder = QStringLiteral("/tmp/ä b");
    settings.recent = {QStringLiteral("/a,b;c.bin"), QStringLiteral("/ü")};
    settings.geometry = QByteArray("\0\1\2x", 4);
    settings.samplersVisible = false;
    settings.device = DeviceKind::Cuda;
    settings.precision = PrecisionChoice::Int8;
    settings.tourSeen = true;
    settings.mirror = QStringLiteral("https://mirror.example/hf");
    settings.coloursSurprise = true;
    TrainSetup& train = settings.train;
    train.stories = "/tales, ä.jsonl";
    train.separator = "line";
    train.twins = {"mha", "mla-deepseek:r=64"};
    train.match = "flops";
    train.field = "tale";
    train.made = 777;
    train.validShare = 0.25;
    train.tokenizer = "/t";
    train.preset.clear();
    train.shape = {Latent::PerHead, 64, 3, 2, 100, 7, 8, 96, 1000};
    train.training = {3, 44, 5e-4, "constant", "bf16", 0.2, 0.99, 6};
    train.seed = 12;
    train.device = DeviceKind::Cuda;
    saveSettings(settings);
    const Settings read = loadSettings();
    EXPECT_EQ(read.theme, settings.theme);
    EXPECT_DOUBLE_EQ(read.textScale, settings.textScale);
    EXPECT_EQ(read.layer, 3);
    EXPECT_EQ(read.head, 2);
    EXPECT_EQ(read.colourMap, 1);
    EXPECT_EQ(read.samplers, settings.samplers);
    EXPECT_EQ(read.beams, settings.beams);
    EXPECT_EQ(read.opening, settings.opening);
    EXPECT_EQ(read.ownPresets, settings.ownPresets);
    settings.ownPresets.erase(settings.ownPresets.begin());
    saveSettings(settings);
    EXPECT_EQ(loadSettings().ownPresets, settings.ownPresets) << "one that was deleted stays deleted";
    EXPECT_EQ(read.precision, PrecisionChoice::Int8);
    EXPECT_EQ(read.seed, settings.seed);
    EXPECT_FALSE(read.newSeedEachTime);
    EXPECT_EQ(read.maxTokens, 77);
    EXPECT_EQ(read.path, MlaPath::Naive);
    EXPECT_EQ(read.lastFolder, settings.lastFolder);
    EXPECT_EQ(read.recent, settings.recent);
    EXPECT_EQ(read.geometry, settings.geometry);
    EXPECT_FALSE(read.samplersVisible);
    EXPECT_EQ(read.device, DeviceKind::Cuda);
    EXPECT_TRUE(read.tourSeen);
    EXPECT_EQ(read.mirror, settings.mirror);
    EXPECT_EQ(read.train, settings.train);
}

TEST_F(SettingsFile, NothingThereMeansDefaults) {
    const Settings read = loadSettings();
    EXPECT_EQ(read.samplers, SamplerSettings{});
    EXPECT_TRUE(read.recent.isEmpty());
    EXPECT_EQ(read.train, TrainSetup{});
}

TEST_F(SettingsFile, NonsenseIsReplaced) {
    write(
        "[General]\nversion=1\ntheme=purple\ntextScale=nan\n[inside]\nlayer=-5\ncolourMap=9\n"
        "[samplers]\ntemperature=lots\ntopK=-3\ntopP=17\nrepetitionPenalty=inf\nmaxTokens=0\n"
        "order=top-k,magic\nbeams=many\nlengthPenalty=nan\n[presets]\n1\\name=mine\n1\\topP=x\n3\\name=lost\n[model]\nrecent=,\ndevice="
        "abacus\n"
        "[train]\nform=spiral\nwidth=10\nheads=3\nvalidShare=7\nsteps=-4\nlearningRate=nan\nbatch=many\n");
    const Settings read = loadSettings();
    EXPECT_EQ(read.theme, ui::ThemeChoice::System);
    EXPECT_DOUBLE_EQ(read.textScale, 1.0);
    EXPECT_EQ(read.layer, 0);
    EXPECT_EQ(read.colourMap, 1);
    EXPECT_EQ(read.samplers.temperature, SamplerSettings{}.temperature);
    EXPECT_EQ(read.samplers.topK, 0);
    EXPECT_EQ(read.samplers.topP, 1);
    EXPECT_EQ(problemWith(read.samplers), std::nullopt);
    EXPECT_EQ(read.samplers.order, kSamplerOrder);
    EXPECT_EQ(read.beams, BeamSearch{});
    EXPECT_EQ(read.ownPresets, (std::vector<ui::OwnPreset>{{QStringLiteral("mine"), {}}}));
    EXPECT_GE(read.maxTokens, 1);
    EXPECT_TRUE(read.recent.isEmpty());
    EXPECT_EQ(read.device, DeviceKind::Cpu);
    EXPECT_FALSE(read.tourSeen);
    EXPECT_EQ(read.train, TrainSetup{}) << "three heads do not divide ten, and the rest is no better";
}

TEST_F(SettingsFile, GarbageIsSurvived) {
    write(QByteArray("\xff\xfe\0\0[[[[\n=\n\xc3\x28", 13));
    EXPECT_EQ(loadSettings().samplers, SamplerSettings{});
}

TEST_F(SettingsFile, ANewerFileIsLeftAlone) {
    write("[General]\nversion=2\ntheme=dark\n");
    EXPECT_EQ(loadSettings().theme, ui::ThemeChoice::System);
    Settings settings;
    settings.theme = ui::ThemeChoice::Light;
    saveSettings(settings);
    QFile in(file());
    ASSERT_TRUE(in.open(QIODevice::ReadOnly));
    EXPECT_EQ(in.readAll(), QByteArray("[General]\nversion=2\ntheme=dark\n"));
}

TEST(Recent, NewestFirstOnceAndNotTooMany) {
    Settings settings;
    for (int i = 0; i < 12; ++i) addRecent(settings, QString::number(i));
    addRecent(settings, QStringLiteral("7"));
    EXPECT_EQ(settings.recent.size(), kRecentFiles);
    EXPECT_EQ(settings.recent.front(), QStringLiteral("7"));
    EXPECT_EQ(settings.recent.count(QStringLiteral("7")), 1);
}

TEST(Names, GoBothWays) {
    for (const Page page : {Page::Write, Page::Inside, Page::Cache, Page::Train, Page::Compare}) EXPECT_EQ(pageFromName(name(page)), page);
    for (const auto theme : {ui::ThemeChoice::System, ui::ThemeChoice::Light, ui::ThemeChoice::Dark})
        EXPECT_EQ(themeFromName(name(theme)), theme);
    EXPECT_EQ(pageFromName(QStringLiteral("Write")), std::nullopt);
    EXPECT_EQ(themeFromName({}), std::nullopt);
}

}  // namespace
}  // namespace loom::app
