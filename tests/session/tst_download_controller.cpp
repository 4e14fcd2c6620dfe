// SPDX-License-Identifier: GPL-3.0-or-later
// DownloadController over the real engine, with a server of this test in place of the web.
#include "app/session/download_controller.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include <QSignalSpy>
#include <QTest>

#include "tests/support/local_server.h"
#include "tests/support/temp_folder.h"

namespace loom::session {
namespace {

class Downloads : public ::testing::Test {
protected:
    Downloads() {
        ::setenv("XDG_DATA_HOME", folder.path().c_str(), 1);
        ::unsetenv("LATENTLOOM_MIRROR");
    }
    template <class Condition>
    static bool wait(Condition condition) {
        return QTest::qWaitFor(condition, 60000);
    }
    [[nodiscard]] DownloadWish wish() const { return {{}, server.address() + "/kites.txt", {}}; }
    [[nodiscard]] std::filesystem::path file() const { return folder / "latentloom/stories/kites.txt"; }

    test::TempFolder folder;
    const std::string content = std::string(200'000, 'k');
    std::atomic<std::size_t> stallAfter{std::string::npos};
    test::LocalServer server{[this](const test::WebQuestion& q) {
        test::WebAnswer answer = test::fileAnswer(q, content);
        answer.stallAfter = stallAfter;
        return answer;
    }};
    DownloadController controller;
    QSignalSpy started{&controller, &DownloadController::started}, progressed{&controller, &DownloadController::progressed},
        ended{&controller, &DownloadController::ended}, stopped{&controller, &DownloadController::stopped},
        failed{&controller, &DownloadController::failed};
};

TEST_F(Downloads, NothingBeforeItIsAskedFor) {
    EXPECT_EQ(controller.missing(), QString());
    EXPECT_EQ(controller.choices().size(), 2U);
    EXPECT_FALSE(controller.isLoading());
    EXPECT_EQ(controller.lane().current, JobId{});
    EXPECT_TRUE(server.questions().empty());
    EXPECT_FALSE(std::filesystem::exists(folder / "latentloom"));
}

TEST_F(Downloads, ComesWhole) {
    controller.start(wish());
    EXPECT_TRUE(controller.isLoading());
    EXPECT_NE(controller.lane().current, JobId{});
    controller.start(wish());
    EXPECT_EQ(started.size(), 1) << "one at a time";
    ASSERT_TRUE(wait([&] { return !ended.isEmpty(); }));
    EXPECT_EQ(ended[0][0].toString().toStdString(), file().string());
    EXPECT_EQ(test::readFile(file()), content);
    EXPECT_FALSE(controller.isLoading());
    ASSERT_FALSE(progressed.isEmpty());
    EXPECT_EQ(progressed.back()[0].value<std::shared_ptr<const DownloadProgress>>()->total, 200'000);
    EXPECT_TRUE(failed.isEmpty());
    controller.start(wish());
    ASSERT_TRUE(wait([&] { return !failed.isEmpty(); }));
    EXPECT_TRUE(failed[0][0].toString().contains(QStringLiteral("already"))) << failed[0][0].toString().toStdString();
}

TEST_F(Downloads, IsCancelledAtOnceAndGoesOn) {
    stallAfter = 50'000;
    controller.start(wish());
    ASSERT_TRUE(wait([&] { return std::filesystem::exists(file().string() + ".part"); }));
    ASSERT_TRUE(wait([&] { return std::filesystem::file_size(file().string() + ".part") == 50'000; }));
    controller.cancel();
    ASSERT_TRUE(wait([&] { return !stopped.isEmpty(); }));
    EXPECT_TRUE(failed.isEmpty());
    EXPECT_FALSE(controller.isLoading());
    stallAfter = std::string::npos;
    controller.start(wish());
    ASSERT_TRUE(wait([&] { return !ended.isEmpty(); }));
    EXPECT_EQ(server.questions().back().header("range"), "bytes=50000-");
    EXPECT_EQ(test::readFile(file()), content);
}

TEST_F(Downloads, ClosingTheWindowKeepsThePart) {
    stallAfter = 50'000;
    {
        DownloadController closing;
        closing.start(wish());
        ASSERT_TRUE(wait([&] {
            return std::filesystem::exists(file().string() + ".part") && std::filesystem::file_size(file().string() + ".part") == 50'000;
        }));
    }
    EXPECT_EQ(test::readFile(file().string() + ".part"), content.substr(0, 50'000));
}

TEST_F(Downloads, AMirrorWithOtherBytesIsRefused) {
    controller.start({"tinystories:valid", {}, server.address()});
    ASSERT_TRUE(wait([&] { return !failed.isEmpty(); }));
    EXPECT_TRUE(failed[0][0].toString().contains(QStringLiteral("22502601"))) << failed[0][0].toString().toStdString();
    EXPECT_TRUE(server.questions().back().path.starts_with("/datasets/"));
}

}  // namespace
}  // namespace loom::session
