// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/launch_options.h"

#include <sstream>

#include <CLI/CLI.hpp>

#include <QFile>

namespace loom::app {

ParsedCommandLine parseCommandLine(int argc, const char* const* argv) {
    CLI::App app("Write stories with small language models and see what attention keeps in memory.", "latentloom");
    app.footer("Without a display, use latentloom-cli: it does the same work on the command line.");
    std::string model, tokenizer, page, theme, device;
    bool empty = false;
    std::int64_t layer = 0;
    double textScale = 1;
    app.set_version_flag("--version", std::string("latentloom " LATENTLOOM_VERSION), "Print the version and exit");
    app.add_option("FILE-OR-FOLDER", model,
                   "Checkpoint to open: a model folder, or a .safetensors, .gguf, llama2.c .bin or nanoGPT .pt file");
    app.add_option("--tokenizer", tokenizer, "Tokenizer file or folder, where it is not beside the checkpoint");
    app.add_flag("--empty", empty, "Open nothing, not even the models that come with the program");
    auto* deviceOption = app.add_option("--device", device, "Where to compute")->check(CLI::IsMember({"cpu", "cuda"}));
    auto* pageOption = app.add_option("--page", page, "Page to show")->check(CLI::IsMember({"write", "inside", "cache", "train", "compare"}));
    auto* layerOption = app.add_option("--layer", layer, "Layer to look at, counted from 0")->check(CLI::Range(0, 1'000'000));
    auto* themeOption = app.add_option("--theme", theme, "Colours of the window")->check(CLI::IsMember({"light", "dark", "system"}));
    auto* scaleOption =
        app.add_option("--text-scale", textScale, "Size of all text, 1 = normal")->check(CLI::Range(kSmallestText, kLargestText));

    ParsedCommandLine result;
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::ostringstream out, err;
        result.exitStatus = app.exit(error, out, err) == 0 ? 0 : 2;
        result.text = result.exitStatus == 0 ? out.str() : err.str();
        return result;
    }
    LaunchOptions options;
    options.model = QFile::decodeName(QByteArray::fromStdString(model));
    options.tokenizer = QFile::decodeName(QByteArray::fromStdString(tokenizer));
    if (pageOption->count() > 0) options.page = pageFromName(QString::fromStdString(page));
    if (layerOption->count() > 0) options.layer = layer;
    if (themeOption->count() > 0) options.theme = themeFromName(QString::fromStdString(theme));
    if (scaleOption->count() > 0) options.textScale = textScale;
    if (deviceOption->count() > 0) options.device = deviceFromName(QString::fromStdString(device));
    options.empty = empty;
    result.options = options;
    return result;
}

bool hasDisplay() {
#if defined(Q_OS_UNIX) && !defined(Q_OS_DARWIN)
    for (const char* variable : {"QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"})
        if (!qEnvironmentVariableIsEmpty(variable)) return true;
    return false;
#else
    return true;
#endif
}

}  // namespace loom::app
