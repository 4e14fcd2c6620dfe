// SPDX-License-Identifier: GPL-3.0-or-later
// The command line of the window.
#include <gtest/gtest.h>

#include <vector>

#include "app/launch_options.h"

namespace loom::app {
namespace {

ParsedCommandLine parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "latentloom");
    return parseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

TEST(LaunchOptions, NothingGiven) {
    const auto line = parse({});
    ASSERT_TRUE(line.options);
    EXPECT_TRUE(line.options->model.isEmpty());
    EXPECT_FALSE(line.options->empty || line.options->device);
    EXPECT_FALSE(line.options->page || line.options->layer || line.options->theme || line.options->textScale);
}

TEST(LaunchOptions, EverythingGiven) {
    const auto line = parse({"some folder/model.bin", "--tokenizer", "tok.bin", "--page", "inside", "--layer", "3", "--theme=dark",
                             "--text-scale", "1.5", "--device", "cuda", "--empty"});
    ASSERT_TRUE(line.options) << line.text;
    EXPECT_EQ(line.options->model, QStringLiteral("some folder/model.bin"));
    EXPECT_EQ(line.options->tokenizer, QStringLiteral("tok.bin"));
    EXPECT_EQ(line.options->page, Page::Inside);
    EXPECT_EQ(line.options->layer, 3);
    EXPECT_EQ(line.options->theme, ui::ThemeChoice::Dark);
    EXPECT_EQ(line.options->device, DeviceKind::Cuda);
    EXPECT_TRUE(line.options->empty);
    EXPECT_DOUBLE_EQ(line.options->textScale.value_or(0), 1.5);
}

TEST(LaunchOptions, UsageErrorsExitWithTwo) {
    const std::vector<std::vector<const char*>> wrong = {{"--page", "nowhere"}, {"--layer", "-1"},       {"--layer", "x"},
                                                         {"--theme", "pink"}, {"--text-scale", "100"}, {"--device", "tpu"},
                                                         {"--nonsense"},      {"one", "two"},          {"--page"}};
    for (const auto& arguments : wrong) {
        const auto line = parse(arguments);
        EXPECT_FALSE(line.options) << arguments[0];
        EXPECT_EQ(line.exitStatus, 2) << arguments[0];
        EXPECT_FALSE(line.text.empty()) << arguments[0];
    }
}

TEST(LaunchOptions, HelpAndVersion) {
    const auto help = parse({"--help"});
    EXPECT_FALSE(help.options);
    EXPECT_EQ(help.exitStatus, 0);
    for (const char* word :
         {"--tokenizer", "--page", "--layer", "--theme", "--text-scale", "--device", "--empty", "FILE-OR-FOLDER", "latentloom-cli"})
        EXPECT_NE(help.text.find(word), std::string::npos) << word;
    const auto version = parse({"--version"});
    EXPECT_EQ(version.exitStatus, 0);
    EXPECT_EQ(version.text.rfind("latentloom ", 0), 0U) << version.text;
}

TEST(LaunchOptions, DisplayIsWhatTheEnvironmentSays) {
    const QByteArray platform = qgetenv("QT_QPA_PLATFORM"), x = qgetenv("DISPLAY"), wayland = qgetenv("WAYLAND_DISPLAY");
    for (const char* variable : {"QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"}) qunsetenv(variable);
    EXPECT_FALSE(hasDisplay());
    qputenv("DISPLAY", "");
    EXPECT_FALSE(hasDisplay());
    qputenv("WAYLAND_DISPLAY", "wayland-0");
    EXPECT_TRUE(hasDisplay());
    qputenv("QT_QPA_PLATFORM", platform);
    qputenv("DISPLAY", x);
    qputenv("WAYLAND_DISPLAY", wayland);
}

}  // namespace
}  // namespace loom::app
