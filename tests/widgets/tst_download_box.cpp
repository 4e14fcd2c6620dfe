// SPDX-License-Identifier: GPL-3.0-or-later
// The box for stories from the internet, alone and on the Train page: values in, texts and signals out.
#include "widgets/train/download_box.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QTest>

#include "widgets/train/plan_box.h"
#include "widgets/train/setup_view.h"

using namespace loom;
using namespace loom::ui;

namespace {

StoryDownload stories(const char* name, std::int64_t bytes) {
    StoryDownload s;
    s.name = name;
    s.title = std::string("Stories of ") + name;
    s.description = "Short ones.";
    s.url = "https://stories.example/a/b.txt";
    s.licence = "CDLA-Sharing-1.0";
    s.bytes = bytes;
    s.file = std::string("/data/") + name + ".txt";
    return s;
}

class DownloadBoxTest : public ::testing::Test {
protected:
    DownloadBoxTest() {
        box.setChoices(choices);
        box.resize(700, 300);
        box.show();
    }
    QLineEdit* field(const char* name) {
        for (QLineEdit* edit : box.findChildren<QLineEdit*>())
            if (edit->accessibleName() == QLatin1String(name)) return edit;
        return nullptr;
    }
    [[nodiscard]] bool says(const char* part) const { return box.text().contains(QString::fromUtf8(part)); }
    void press() { QTest::mouseClick(box.button(), Qt::LeftButton); }
    void arrive(std::size_t index) {
        choices[index].there = true;
        choices[index].part = 0;
        box.setChoices(choices);
        box.setEnded(QString::fromStdString(choices[index].file));
    }

    std::vector<StoryDownload> choices{stories("many", 2'227'753'162), stories("few", 22'502'601)};
    DownloadBox box;
    QSignalSpy wanted{&box, &DownloadBox::wanted}, changed{&box, &DownloadBox::changed};
};

}  // namespace

TEST_F(DownloadBoxTest, SaysWhatItIsBeforeAnythingIsLoaded) {
    EXPECT_TRUE(box.stories()->itemText(0).startsWith(QStringLiteral("Stories of many (2.23")));
    EXPECT_TRUE(says("CDLA-Sharing-1.0")) << box.text().toStdString();
    EXPECT_TRUE(says("stories.example")) << box.text().toStdString();
    EXPECT_TRUE(box.path().isEmpty());
    EXPECT_EQ(wanted.size(), 0);
    press();
    ASSERT_EQ(wanted.size(), 1);
    const auto wish = wanted[0][0].value<DownloadWish>();
    EXPECT_EQ(wish.name, "many");
    EXPECT_TRUE(wish.mirror.empty());
}

TEST_F(DownloadBoxTest, ShowsHowFarItIs) {
    box.setStarted();
    EXPECT_TRUE(says("Connecting"));
    EXPECT_FALSE(box.stories()->isEnabled());
    box.setProgress({DownloadPhase::Loading, 1'113'876'581, 2'227'753'162, 11'200'000, 99});
    EXPECT_TRUE(says("1.11")) << box.text().toStdString();
    EXPECT_TRUE(says("/s")) << box.text().toStdString();
    EXPECT_TRUE(says("left")) << box.text().toStdString();
    const auto* bar = box.findChild<QProgressBar*>();
    EXPECT_TRUE(bar->isVisible());
    EXPECT_EQ(bar->value() * 2, bar->maximum());
    box.setProgress({DownloadPhase::Loading, 5'000'000, 0, 0, -1});
    EXPECT_FALSE(says("left")) << "nobody knows";
    EXPECT_EQ(bar->maximum(), 0);
    box.setProgress({DownloadPhase::ReadingPart, 10, 20, 0, -1});
    EXPECT_TRUE(says("Checking")) << box.text().toStdString();
}

TEST_F(DownloadBoxTest, CancelThenGoOn) {
    QSignalSpy cancel(&box, &DownloadBox::cancelWanted);
    box.setStarted();
    press();
    EXPECT_EQ(cancel.size(), 1);
    EXPECT_FALSE(box.button()->isEnabled());
    box.setProgress({DownloadPhase::Loading, 1, 2, 0, -1});
    EXPECT_TRUE(says("Stopping")) << "whatever still comes";
    choices[0].part = 412'000'000;
    box.setChoices(choices);
    box.setStopped();
    EXPECT_TRUE(says("412")) << box.text().toStdString();
    EXPECT_TRUE(box.button()->isEnabled());
    EXPECT_NE(box.button()->text(), QStringLiteral("Download"));
    press();
    EXPECT_EQ(wanted.size(), 1);
}

TEST_F(DownloadBoxTest, WhatHasComeIsOffered) {
    box.setStarted();
    EXPECT_TRUE(box.path().isEmpty());
    arrive(0);
    EXPECT_EQ(changed.size(), 1);
    EXPECT_EQ(box.path(), QStringLiteral("/data/many.txt"));
    EXPECT_FALSE(box.button()->isVisible());
    EXPECT_TRUE(says("/data/many.txt"));
    EXPECT_TRUE(box.select(QStringLiteral("/data/many.txt")));
    EXPECT_FALSE(box.select(QStringLiteral("/data/few.txt"))) << "not here";
    EXPECT_FALSE(box.select(QStringLiteral("/somewhere/else.txt")));
    choices[0].there = false;
    box.setChoices(choices);
    EXPECT_EQ(changed.size(), 2) << "somebody has removed it";
}

TEST_F(DownloadBoxTest, AFailureIsSaidUntilSomethingIsChanged) {
    box.setStarted();
    box.setFailed(QStringLiteral("The disk is full"));
    EXPECT_TRUE(says("The disk is full"));
    EXPECT_TRUE(box.button()->isEnabled());
    field("Mirror")->setText(QStringLiteral("https://mirror.example"));
    EXPECT_FALSE(says("The disk is full"));
}

TEST_F(DownloadBoxTest, AMirrorIsAnAddress) {
    box.setDefaultMirror(QStringLiteral("https://of.the.house"));
    EXPECT_EQ(field("Mirror")->placeholderText(), QStringLiteral("https://of.the.house"));
    box.setMirror(QStringLiteral("mirror"));
    EXPECT_FALSE(box.button()->isEnabled());
    press();
    EXPECT_EQ(wanted.size(), 0);
    box.setMirror(QStringLiteral(" https://mirror.example/hf "));
    EXPECT_EQ(box.mirror(), QStringLiteral("https://mirror.example/hf"));
    EXPECT_TRUE(says("loaded from mirror.example")) << box.text().toStdString();
    press();
    ASSERT_EQ(wanted.size(), 1);
    EXPECT_EQ(wanted[0][0].value<DownloadWish>().mirror, "https://mirror.example/hf");
}

TEST_F(DownloadBoxTest, AnyAddress) {
    QSignalSpy other(&box, &DownloadBox::otherLoaded);
    box.stories()->setCurrentIndex(2);
    EXPECT_FALSE(field("Mirror")->isVisible());
    EXPECT_FALSE(box.button()->isEnabled());
    for (const char* bad : {"stories.txt", "file:///etc/passwd", "https://", "ftp://a.example/b"}) {
        field("Address of a file of stories")->setText(QString::fromLatin1(bad));
        EXPECT_FALSE(box.button()->isEnabled()) << bad;
    }
    field("Address of a file of stories")->setText(QStringLiteral("https://a.example/kites.jsonl"));
    press();
    ASSERT_EQ(wanted.size(), 1);
    EXPECT_EQ(wanted[0][0].value<DownloadWish>().url, "https://a.example/kites.jsonl");
    EXPECT_TRUE(wanted[0][0].value<DownloadWish>().name.empty());
    box.setStarted();
    box.setEnded(QStringLiteral("/data/kites.jsonl"));
    ASSERT_EQ(other.size(), 1);
    EXPECT_EQ(other[0][0].toString(), QStringLiteral("/data/kites.jsonl"));
}

TEST_F(DownloadBoxTest, ABuildThatCannotSaysSo) {
    box.setMissing(QStringLiteral("Built without it."));
    EXPECT_TRUE(says("Built without it."));
    EXPECT_FALSE(box.button()->isEnabled());
    arrive(0);
    EXPECT_EQ(box.path(), QStringLiteral("/data/many.txt")) << "what is here can be used all the same";
    EXPECT_FALSE(says("Built without it."));
}

TEST_F(DownloadBoxTest, OnTheTrainPage) {
    SetupView setup;
    setup.downloadBox()->setChoices(choices);
    QRadioButton* downloaded = nullptr;
    for (QRadioButton* radio : setup.findChildren<QRadioButton*>())
        if (radio->text() == QStringLiteral("Downloaded")) downloaded = radio;
    ASSERT_NE(downloaded, nullptr);
    EXPECT_FALSE(setup.downloadBox()->head()->isEnabled());
    downloaded->setChecked(true);
    EXPECT_TRUE(setup.downloadBox()->head()->isEnabled());
    EXPECT_TRUE(setup.planBox()->whyNot().contains(QStringLiteral("Download"))) << "a run cannot begin without stories";
    QSignalSpy plans(&setup, &SetupView::planWanted), looks(&setup, &SetupView::lookWanted);
    setup.ask();
    EXPECT_EQ(plans.size(), 1) << "what it will take is known before";
    EXPECT_EQ(looks.size(), 0);
    choices[0].there = true;
    setup.downloadBox()->setChoices(choices);
    EXPECT_FALSE(setup.planBox()->whyNot().contains(QStringLiteral("Download"))) << setup.planBox()->whyNot().toStdString();
    setup.ask();
    ASSERT_EQ(looks.size(), 1);
    EXPECT_EQ(looks[0][0].value<TrainSetup>().stories, "/data/many.txt");
    EXPECT_EQ(setup.setup().separator, "auto");

    TrainSetup later;
    later.stories = "/data/many.txt";
    SetupView next;
    next.downloadBox()->setChoices(choices);
    next.setSetup(later);
    EXPECT_EQ(next.setup().stories, "/data/many.txt");
    EXPECT_TRUE(next.downloadBox()->isVisibleTo(&next)) << "what was downloaded before is chosen again";
    emit next.downloadBox()->otherLoaded(QStringLiteral("/data/kites.txt"));
    EXPECT_EQ(next.setup().stories, "/data/kites.txt");
}
