// SPDX-License-Identifier: GPL-3.0-or-later
// Where the models are looked for that come with the program.
#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include "app/shipped_models.h"

namespace loom::app {
namespace {

class Shipped : public ::testing::Test {
protected:
    /// A demo model in this folder below the root.
    void put(const QString& models) {
        const QString folder = root.filePath(models + QStringLiteral("/demo-mla"));
        ASSERT_TRUE(QDir().mkpath(folder));
        QFile file(folder + QStringLiteral("/config.json"));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    }
    QString found(const QString& chosen = {}) { return shippedModels(root.filePath(QStringLiteral("tree/build/test/bin")), chosen); }
    void SetUp() override { ASSERT_TRUE(QDir().mkpath(root.filePath(QStringLiteral("tree/build/test/bin")))); }
    QTemporaryDir root;
};

TEST_F(Shipped, NowhereMeansNone) {
    EXPECT_EQ(found(), QString());
    EXPECT_EQ(found(root.path()), QString());
}

TEST_F(Shipped, TheSourceTreeComesBeforeTheInstalledOnes) {
    put(QStringLiteral("tree/build/test/share/latentloom/models"));
    EXPECT_EQ(found(), root.filePath(QStringLiteral("tree/build/test/share/latentloom/models")));
    put(QStringLiteral("tree/models"));
    EXPECT_EQ(found(), root.filePath(QStringLiteral("tree/models")));
}

TEST_F(Shipped, APersonsChoiceWinsEvenWhenNothingIsThere) {
    put(QStringLiteral("tree/models"));
    put(QStringLiteral("mine"));
    EXPECT_EQ(found(root.filePath(QStringLiteral("mine/"))), root.filePath(QStringLiteral("mine")));
    EXPECT_EQ(found(root.filePath(QStringLiteral("other"))), QString());
}

TEST_F(Shipped, AFolderWithoutTheDemoIsNotIt) {
    put(QStringLiteral("tree/models"));
    ASSERT_TRUE(QFile::remove(root.filePath(QStringLiteral("tree/models/demo-mla/config.json"))));
    EXPECT_EQ(found(), QString());
}

}  // namespace
}  // namespace loom::app
