// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom: the window.
#include <cstdio>
#include <cstdlib>

#include <QCoreApplication>
#include <QIcon>
#include <QTimer>

#include "app/event_watch.h"
#include "app/launch_options.h"
#include "app/main_window.h"
#include "app/shipped_models.h"
#include "widgets/common/icons.h"

namespace {

constexpr const char* kNoDisplay =
    "latentloom: there is no display to open a window on. Use latentloom-cli, which does the same work on the command line.\n";

/// While Qt looks for a display: where it finds none it would explain itself in many lines and abort.
void onStartMessage(QtMsgType type, const QMessageLogContext&, const QString&) {
    if (type != QtFatalMsg) return;
    std::fputs(kNoDisplay, stderr);
    std::_Exit(1);
}

}  // namespace

int main(int argc, char** argv) {
    loom::app::ParsedCommandLine line = loom::app::parseCommandLine(argc, argv);
    if (!line.options) {
        std::fputs(line.text.c_str(), line.exitStatus == 0 ? stdout : stderr);
        return line.exitStatus;
    }
    if (!loom::app::hasDisplay()) {  // QApplication would abort
        std::fputs(kNoDisplay, stderr);
        return 1;
    }
    // Only the program's name: its options have been read, and Qt's own are set in the environment.
    int count = 1;
    QApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
    const QtMessageHandler usual = qInstallMessageHandler(onStartMessage);
    loom::app::WatchedApplication app(count, argv);
    qInstallMessageHandler(usual);
    QApplication::setApplicationName(QStringLiteral("latentloom"));
    QApplication::setApplicationDisplayName(QStringLiteral("LatentLoom"));
    QApplication::setApplicationVersion(QStringLiteral(LATENTLOOM_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("latentloom"));
    QApplication::setWindowIcon(loom::ui::appIcon());

    line.options->models = loom::app::shippedModels(QCoreApplication::applicationDirPath(), qEnvironmentVariable("LATENTLOOM_MODELS"));
    line.options->offerTour = true;
    line.options->story = loom::session::StoryController::usualFile();
    loom::app::MainWindow window(*line.options);
    window.show();
    app.setWatch(window.parts().watch, &window);
    // The first layout and paint are not what the watch is for.
    QTimer::singleShot(500, window.parts().watch, &loom::app::EventWatch::reset);
    const int status = QApplication::exec();
    app.setWatch(nullptr, nullptr);
    return status;
}
