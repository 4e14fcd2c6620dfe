// SPDX-License-Identifier: GPL-3.0-or-later
// The window over an engine made of gates, with settings of its own.
#pragma once

#include <memory>

#include <gtest/gtest.h>

#include <QAction>
#include <QFile>
#include <QSettings>
#include <QTest>

#include "../session/fake_engine.h"
#include "app/main_window.h"
#include "widgets/write/write_page.h"

namespace loom::app {

class WindowFixture : public ::testing::Test {
protected:
    void SetUp() override {
        const QString file =
            QSettings(QSettings::IniFormat, QSettings::UserScope, QStringLiteral("latentloom"), QStringLiteral("latentloom")).fileName();
        ASSERT_TRUE(file.startsWith(qEnvironmentVariable("XDG_CONFIG_HOME")));
        QFile::remove(file);
    }
    void TearDown() override {
        window.reset();
        EXPECT_FALSE(script->orderBroken);
    }
    void show(const LaunchOptions& options = {}, bool real = false) {
        window.reset();
        script->engineGone = false;
        window = real ? std::make_unique<MainWindow>(options)
                      : std::make_unique<MainWindow>(options, [this] { return test::makeFakeEngine(script); });
        window->show();
        window->activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(window.get()));
    }
    template <class Condition>
    static bool wait(Condition condition) {
        return QTest::qWaitFor(condition, 60000);
    }
    void openFake(const char* name = "/models/good") {
        window->openModel(QString::fromLatin1(name));
        ASSERT_TRUE(wait([&] { return session().hasModel() && !session().isOpening(); }));
    }
    void beginWriting(std::int64_t tokens, const char* prompt = "") {
        parts().writePage->setMaxTokens(tokens);
        parts().writePage->setPromptText(QString::fromLatin1(prompt));
        parts().actions.write->trigger();
        ASSERT_TRUE(session().isWriting());
    }
    const WindowParts& parts() const { return window->parts(); }
    session::SessionController& session() const { return *parts().session; }

    std::shared_ptr<test::Script> script = std::make_shared<test::Script>();
    std::unique_ptr<MainWindow> window;
};

}  // namespace loom::app
