// SPDX-License-Identifier: GPL-3.0-or-later
// main() of every test with a window: offscreen, a QApplication, and any Qt warning fails the test that caused it.
#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>

#include <QApplication>
#include <QByteArray>
#include <QLocale>
#include <QString>
#include <QTemporaryDir>

namespace {

// Exact texts that are no fault of ours. Keep it short.
constexpr const char* kAllowed[] = {
    "This plugin does not support propagateSizeHints()",
    "This plugin does not support raise()",
    "This plugin does not support grabbing the keyboard",
};

// Beginnings of texts about the machine's fonts: a random network writes any script there is.
constexpr const char* kAllowedBeginnings[] = {"  OpenType support missing for \""};

void onMessage(QtMsgType type, const QMessageLogContext&, const QString& message) {
    const QByteArray text = message.toUtf8();
    std::fprintf(stderr, "%s\n", text.constData());
    if (type == QtDebugMsg || type == QtInfoMsg) return;
    for (const char* allowed : kAllowed)
        if (text == allowed) return;
    for (const char* beginning : kAllowedBeginnings)
        if (text.startsWith(beginning)) return;
    if (type == QtFatalMsg) std::abort();
    ADD_FAILURE() << "Qt warning: " << text.constData();
}

}  // namespace

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    QTemporaryDir runtime;
    if (!runtime.isValid()) return 1;
    qputenv("XDG_RUNTIME_DIR", runtime.path().toUtf8());
    qputenv("XDG_CONFIG_HOME", runtime.path().toUtf8() + "/config");
    qputenv("XDG_DATA_HOME", runtime.path().toUtf8() + "/data");
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
    qInstallMessageHandler(onMessage);
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
    const QApplication app(argc, argv);
    QApplication::setApplicationName(QStringLiteral("latentloom-test"));
    return RUN_ALL_TESTS();
}
