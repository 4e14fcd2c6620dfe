// SPDX-License-Identifier: GPL-3.0-or-later
// Stories encoded once: token files, what is held out, duplicates, the cache and everything that can be wrong with it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/engine/tokenizer/bpe_trainer.h"
#include "core/engine/train/data_set.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

class DataSets : public testing::Test {
protected:
    DataSets() {
        BpeTrainer trainer({});
        trainer.add("once upon a time there was a cat");
        writeTokenizer(m_folder / "tok", trainer.train());
        m_tokenizer = openTokenizer(m_folder / "tok", 0);
        m_hash = hashOfFile(m_folder / "tok" / "tokenizer.json");
    }
    SourceSpec source(const std::string& name, std::string_view text) {
        test::writeFile(m_folder / name, std::string(text));
        return {m_folder / name};
    }
    DataSet prepare(const DataOrder& order, std::stop_token stop = {}) {
        return prepareData(
            order, *m_tokenizer, m_hash, m_folder / "cache", [this](const DataProgress&) { ++m_reports; }, std::move(stop));
    }
    /// The stories of a token file, decoded.
    std::vector<std::string> stories(const TokenFile& file) const {
        std::vector<std::string> all;
        TokenIds story;
        for (std::int64_t i = 1; i < file.row().size(); ++i) {
            if (file.row()[i] != file.row()[0]) {
                story.emplace_back(file.row()[i]);
                continue;
            }
            all.push_back(m_tokenizer->decode(story));
            story.clear();
        }
        EXPECT_TRUE(story.empty()) << "the last token ends a story";
        return all;
    }
    using Stories = std::vector<std::string>;
    test::TempFolder m_folder;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    std::uint64_t m_hash = 0;
    int m_reports = 0;
};

TEST_F(DataSets, storiesStandBetweenEndsOfText) {
    const DataSet data = prepare({source("a.txt", "once upon\n<|endoftext|>\n\n<|endoftext|>\na c\u00e4t\n<|endoftext|>\n")});
    EXPECT_EQ(stories(data.train), (Stories{"once upon", "a c\u00e4t"}));
    EXPECT_EQ(data.counts.train.stories, 2);
    EXPECT_EQ(data.counts.train.bytes, 9 + 6);
    EXPECT_EQ(data.counts.train.tokens, data.train.row().size());
    EXPECT_EQ(data.train.row()[0], 0);
    EXPECT_FALSE(data.valid);
    EXPECT_FALSE(data.fromCache);
    const DataSet same = prepare({source("b.txt", "once upon<|endoftext|>a c\u00e4t")});
    EXPECT_EQ(same.counts.train, data.counts.train);
    EXPECT_TRUE(same.fromCache) << "the same stories under another name";
    EXPECT_NE(prepare({source("c.txt", "once upon<|endoftext|>a dog")}).counts.train.hash, data.counts.train.hash);
}

TEST_F(DataSets, duplicatesAreTakenOnceUnlessAskedFor) {
    const SourceSpec spec = source("a.txt", "one<|endoftext|>two<|endoftext|>one<|endoftext|>one");
    const DataSet once = prepare({spec});
    EXPECT_EQ(stories(once.train), (Stories{"one", "two"}));
    EXPECT_EQ(once.counts.found, 4);
    EXPECT_EQ(once.counts.duplicates, 2);
    DataOrder order{spec};
    order.keepDuplicates = true;
    EXPECT_EQ(stories(prepare(order).train), (Stories{"one", "two", "one", "one"}));
}

TEST_F(DataSets, heldOutStoriesOfTheirOwnAreNotTrainedOn) {
    DataOrder order{source("a.txt", "one<|endoftext|>two<|endoftext|>three")};
    order.valid = source("v.txt", "two<|endoftext|>four");
    const DataSet data = prepare(order);
    EXPECT_EQ(stories(data.train), (Stories{"one", "three"}));
    EXPECT_EQ(stories(*data.valid), (Stories{"two", "four"}));
    EXPECT_EQ(data.counts.duplicates, 1);
}

TEST_F(DataSets, aShareIsHeldOutByTheStoryAlone) {
    DataOrder order{sourceNamed("maker:2000")};
    order.validShare = 0.1;
    const DataSet data = prepare(order);
    const Stories held = stories(*data.valid);
    EXPECT_NEAR(static_cast<double>(held.size()), 200.0, 45.0);
    EXPECT_EQ(std::ssize(held) + data.counts.train.stories, data.counts.found - data.counts.duplicates);
    order.train = sourceNamed("maker:3000");  // 1,000 more behind them
    const Stories more = stories(*prepare(order).valid);
    EXPECT_TRUE(std::equal(held.begin(), held.end(), more.begin())) << "what was held out stays held out";
    const Stories trained = stories(data.train);
    const std::set<std::string> other(trained.begin(), trained.end());
    for (const std::string& story : held) EXPECT_FALSE(other.contains(story));
}

TEST_F(DataSets, theCacheIsKeyedByContentTokenizerAndDivision) {
    DataOrder order{source("a.txt", "one<|endoftext|>two\n<|endoftext|>\n\xFF bad\n")};
    EXPECT_FALSE(prepare(order).fromCache);
    const DataSet again = prepare(order);
    EXPECT_TRUE(again.fromCache);
    EXPECT_EQ(stories(again.train), (Stories{"one", "two"}));
    EXPECT_EQ(again.counts.leftOut, 1);
    ASSERT_EQ(again.report.problems.size(), 1U);
    EXPECT_EQ(again.report.problems[0].line, 3);
    EXPECT_EQ(again.report.format, "text, stories end with <|endoftext|>");
    order.validShare = 0.4;
    EXPECT_EQ(test::errorOf([&] { (void)prepare(order); }).what.find("No story is left"), 0U) << "with two stories none may be held out";
    order.validShare = 0;
    m_hash ^= 1;
    EXPECT_FALSE(prepare(order).fromCache);
    source("a.txt", "one<|endoftext|>2\n");
    EXPECT_FALSE(prepare(order).fromCache);
}

TEST_F(DataSets, aDamagedCacheIsMadeAgain) {
    const DataOrder order{source("a.txt", "one<|endoftext|>two")};
    (void)prepare(order);
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(m_folder / "cache")) files.push_back(entry.path());
    ASSERT_EQ(files.size(), 2U);
    for (const fs::path& file : files) {
        const std::string good = test::readFile(file);
        for (const std::string& bad :
             {good.substr(0, good.size() / 2), std::string(good.size(), 'x'), std::string("{}"), "\1" + good.substr(1)}) {
            if (bad == good) continue;
            test::writeFile(file, bad);
            const DataSet data = prepare(order);
            EXPECT_FALSE(data.fromCache) << file << ' ' << bad.size();
            EXPECT_EQ(stories(data.train), (Stories{"one", "two"}));
        }
        EXPECT_TRUE(prepare(order).fromCache);
    }
}

TEST_F(DataSets, badInputsAreNamed) {
    const auto error = [&](const DataOrder& order) { return test::errorOf([&] { (void)prepare(order); }); };
    const Error blank = error({source("blank.txt", "\n<|endoftext|>\n")});
    EXPECT_NE(blank.what.find("no story"), std::string::npos);
    EXPECT_NE(blank.where.find("blank.txt"), std::string::npos);
    const Error bad = error({source("bad.txt", "abc\xFFzz")});
    EXPECT_NE(bad.message().find("line 1: not UTF-8"), std::string::npos) << bad.message();
    DataOrder held{source("good.txt", "one")};
    held.valid = source("void.txt", " \n");
    EXPECT_NE(error(held).where.find("void.txt"), std::string::npos);
    held.valid = source("other.txt", "one");
    EXPECT_NE(error(held).what.find("no story"), std::string::npos) << "all of it is held out";
    DataOrder share{source("good.txt", "one")};
    share.validShare = 0.6;
    EXPECT_NE(error(share).what.find("0.6"), std::string::npos);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_NE(test::errorOf([&] { (void)prepare({source("good.txt", "one")}, stop.get_token()); }).what.find("cancelled"),
              std::string::npos);
    test::writeFile(m_folder / "file", "x");
    EXPECT_FALSE(test::errorOf([&] {
                     (void)prepareData({source("good.txt", "one")}, *m_tokenizer, m_hash, m_folder / "file", {}, {});
                 }).what.empty());
}

TEST_F(DataSets, progressIsTold) {
    (void)prepare({sourceNamed("maker:3000")});
    EXPECT_GE(m_reports, 10);
}

TEST_F(DataSets, tokenFilesOfLargeVocabulariesAreFourBytesWide) {
    const fs::path path = m_folder / "wide.tokens";
    TokenFileWriter writer(path, 100'000, TokenId{0});
    writer.add(TokenIds{TokenId{70'000}, TokenId{3}}, 9);
    writer.commit();
    const TokenFile file(path, 100'000);
    EXPECT_EQ(file.row()[1], 70'000);
    EXPECT_EQ(file.counts().tokens, 4);
    EXPECT_EQ(file.counts().bytes, 9);
    EXPECT_NE(test::errorOf([&] { TokenFile other(path, 300); }).what.find("another vocabulary"), std::string::npos);
    EXPECT_NE(test::errorOf([&] { TokenFile other(path, 69'999); }).what.find("outside of the vocabulary"), std::string::npos);
}

}  // namespace
}  // namespace loom
