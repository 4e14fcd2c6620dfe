// SPDX-License-Identifier: GPL-3.0-or-later
// The command line of the window.
#pragma once

#include <optional>
#include <string>

#include <QString>

#include "app/settings.h"
#include "core/data/device_kind.h"

namespace loom::app {

struct LaunchOptions {
    QString model;      ///< file or folder to open; empty = none
    QString tokenizer;  ///< for that model; empty = the one that lies with it
    std::optional<Page> page;
    std::optional<std::int64_t> layer;
    std::optional<ui::ThemeChoice> theme;
    std::optional<double> textScale;
    std::optional<DeviceKind> device;
    bool empty = false;  ///< open nothing at the start

    // Not on the command line: main() says them.
    QString models;          ///< folder of the models that come with the program; empty = there are none
    bool offerTour = false;  ///< to somebody who has not seen it
    QString story;           ///< file that keeps the story from one start to the next; empty = nothing is kept
};

/// Either options, or a text to print and the status to exit with (help, version: 0 on stdout; usage errors: 2 on stderr).
struct ParsedCommandLine {
    std::optional<LaunchOptions> options;
    std::string text;
    int exitStatus = 0;
};
[[nodiscard]] ParsedCommandLine parseCommandLine(int argc, const char* const* argv);

/// Whether a window can be shown at all, as far as the environment tells.
[[nodiscard]] bool hasDisplay();

}  // namespace loom::app
