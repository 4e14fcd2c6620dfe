// SPDX-License-Identifier: GPL-3.0-or-later
// Where stories come from: templates, the story maker, text files, JSON lines, folders.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <unordered_set>

#include "core/engine/stories/story_maker.h"
#include "core/engine/stories/story_source.h"
#include "core/engine/stories/story_template.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"

namespace loom {
namespace {

TEST(StoryTemplate, choosesLooksUpAndAgrees) {
    const TemplateWords words{{"hero", "Mia"}, {"thing", "apple"}};
    const auto last = [](std::int64_t below) { return below - 1; };
    const auto first = [](std::int64_t) { return std::int64_t{0}; };
    EXPECT_EQ(expandTemplate("{hero} saw a(n) {thing}.", words, first), "Mia saw an apple.");
    EXPECT_EQ(expandTemplate("a(n) [big|old] {thing}", words, first), "a big apple");
    EXPECT_EQ(expandTemplate("a(n) [big|old] {thing}", words, last), "an old apple");
    EXPECT_EQ(expandTemplate("[x|y [1|2|3]]", words, last), "y 3");
    EXPECT_EQ(expandTemplate("ends[| here]", words, first), "ends");
    EXPECT_NE(test::errorOf([&] { (void)expandTemplate("[a|b", words, first); }).what.find("not closed"), std::string::npos);
    EXPECT_NE(test::errorOf([&] { (void)expandTemplate("{hero", words, first); }).what.find("not closed"), std::string::npos);
    EXPECT_NE(test::errorOf([&] { (void)expandTemplate("{villain}", words, first); }).what.find("unknown"), std::string::npos);
}

TEST(StoryMaker, makesTheSameStoriesEverywhereAndDistinctOnes) {
    EXPECT_EQ(makeStory(1, 7), makeStory(1, 7));
    EXPECT_NE(makeStory(1, 7), makeStory(2, 7));
    std::unordered_set<std::string> seen;
    constexpr std::int64_t kMade = 200'000;
    std::size_t shortest = 10'000, longest = 0;
    for (std::int64_t i = 0; i < kMade; ++i) {
        std::string story = makeStory(5, i);
        shortest = std::min(shortest, story.size());
        longest = std::max(longest, story.size());
        seen.insert(std::move(story));
    }
    EXPECT_GT(std::ssize(seen), kMade - kMade / 1000);
    EXPECT_GE(shortest, 300U);
    EXPECT_LE(longest, 1300U);
}

TEST(StoryMaker, writesWholeSentences) {
    std::set<char> characters;
    for (std::int64_t i = 0; i < 20'000; ++i) {
        const std::string story = makeStory(3, i);
        characters.insert(story.begin(), story.end());
        EXPECT_EQ(story.find("  "), std::string::npos) << story;
        EXPECT_EQ(story.find(" ."), std::string::npos) << story;
        EXPECT_EQ(story.find(".."), std::string::npos) << story;
        EXPECT_EQ(story.find(".\"."), std::string::npos) << story;
        EXPECT_NE(std::string_view(".!\"").find(story.back()), std::string_view::npos) << story;
        EXPECT_EQ(std::count(story.begin(), story.end(), '"') % 2, 0) << story;
        for (std::size_t at = story.find(". "); at != std::string::npos; at = story.find(". ", at + 1)) {
            const char next = story[at + 2];
            EXPECT_TRUE((next >= 'A' && next <= 'Z') || next == '"') << story;
        }
    }
    for (const char c : characters)
        EXPECT_TRUE(c == '\n' || (c >= ' ' && c < 0x7F && std::string_view("{}[]|<>").find(c) == std::string_view::npos)) << c;
}

class Sources : public testing::Test {
protected:
    std::filesystem::path file(const std::string& name, std::string_view text) {
        std::filesystem::create_directories((m_folder / name).parent_path());
        test::writeFile(m_folder / name, std::string(text));
        return m_folder / name;
    }
    /// All stories of a source; keeps its report.
    std::vector<std::string> all(const SourceSpec& spec) {
        const auto source = openSource(spec);
        std::vector<std::string> stories;
        while (const auto story = source->next()) stories.emplace_back(*story);
        m_report = source->report();
        EXPECT_EQ(source->bytesDone(), source->bytesTotal());
        return stories;
    }
    std::vector<std::string> all(const std::filesystem::path& path, Separator separator = Separator::Auto, const std::string& field = {}) {
        return all(SourceSpec{path, separator, field});
    }
    Error errorOf(const SourceSpec& spec) {
        return test::errorOf([&] { (void)all(spec); });
    }
    using Stories = std::vector<std::string>;
    test::TempFolder m_folder;
    SourceReport m_report;
};

TEST_F(Sources, theSeparatorOfATextIsFoundOut) {
    EXPECT_EQ(all(file("a.txt", "one\n\ntwo\n<|endoftext|>\nthree\n<|endoftext|>\n")), (Stories{"one\n\ntwo", "three"}));
    EXPECT_EQ(m_report.format, "text, stories end with <|endoftext|>");
    EXPECT_EQ(all(file("b.txt", "one\n\nstill one\n\n\ntwo\n")), (Stories{"one\n\nstill one", "two"}));
    EXPECT_EQ(m_report.format, "text, two empty lines between stories");
    EXPECT_EQ(all(file("c.txt", "one\nstill one\n \t\ntwo\n\n")), (Stories{"one\nstill one", "two"}));
    const std::string line(250, 'x');
    EXPECT_EQ(all(file("d.txt", line + "\n" + line + "y\n")), (Stories{line, line + "y"}));
    EXPECT_EQ(all(file("e.txt", "wrapped\nlines\nof one story\n")), (Stories{"wrapped\nlines\nof one story"}));
    EXPECT_EQ(all(file("f.txt", "one line")), (Stories{"one line"}));
}

TEST_F(Sources, aPersonMayChooseTheSeparator) {
    const auto path = file("a.txt", "one\n\ntwo\nthree\n");
    EXPECT_EQ(all(path, Separator::Line), (Stories{"one", "two", "three"}));
    EXPECT_EQ(all(path, Separator::None), (Stories{"one\n\ntwo\nthree"}));
    EXPECT_EQ(all(path, Separator::BlankLines), (Stories{"one\n\ntwo\nthree"}));
    for (const Separator separator :
         {Separator::Auto, Separator::EndOfText, Separator::BlankLines, Separator::BlankLine, Separator::Line, Separator::None})
        EXPECT_EQ(separatorNamed(name(separator)), separator);
    EXPECT_FALSE(separatorNamed("comma"));
}

TEST_F(Sources, otherSystemsLineBreaksAndMarksAreTaken) {
    EXPECT_EQ(all(file("a.txt", "\xEF\xBB\xBFone\r\ntwo\r\n<|endoftext|>\r\nthree\rfour")), (Stories{"one\ntwo", "three\nfour"}));
    EXPECT_NE(errorOf({file("b.txt", std::string_view("\xFF\xFE"
                                                      "a\0",
                                                      4))})
                  .what.find("UTF-16"),
              std::string::npos);
}

TEST_F(Sources, whatIsNoTextIsLeftOutAndNamedByLine) {
    const auto path =
        file("a.txt", "good\n<|endoftext|>\nline two\nbad \xFF here\n<|endoftext|>\nalso good\n<|endoftext|>\n \n<|endoftext|>\n");
    EXPECT_EQ(all(path), (Stories{"good", "also good"}));
    EXPECT_EQ(m_report.leftOut, 1);
    ASSERT_EQ(m_report.problems.size(), 1U);
    EXPECT_EQ(m_report.problems[0].line, 4);
    EXPECT_EQ(m_report.problems[0].what, "not UTF-8");
    EXPECT_NE(m_report.problems[0].file.find("a.txt"), std::string::npos);

    std::string many;
    for (int i = 0; i < 80; ++i) many += "\xFF\n";
    EXPECT_TRUE(all(file("b.txt", many), Separator::Line).empty());
    EXPECT_EQ(m_report.leftOut, 80);
    EXPECT_EQ(m_report.problems.size(), kMostProblems);
    EXPECT_EQ(m_report.problems.back().line, 50);
}

TEST_F(Sources, badFilesAreNamed) {
    EXPECT_NE(errorOf({file("empty.txt", "")}).what.find("empty"), std::string::npos);
    EXPECT_NE(errorOf({m_folder / "missing.txt"}).where.find("missing.txt"), std::string::npos);
    EXPECT_NE(errorOf({file("binary.txt", std::string_view("ab\0c", 4))}).what.find("zero byte at byte 2"), std::string::npos);
    std::filesystem::create_directory(m_folder / "nothing");
    EXPECT_NE(errorOf({m_folder / "nothing"}).what.find("holds no text"), std::string::npos);
    const auto sparse = file("sparse.txt", "once");
    std::filesystem::resize_file(sparse, std::uintmax_t{5} << 30);
    EXPECT_NE(errorOf({sparse}).what.find("zero byte at byte 4"), std::string::npos);
}

TEST_F(Sources, jsonLinesHoldStoriesInAField) {
    EXPECT_EQ(all(file("a.jsonl", "{\"id\":1,\"text\":\"one\\ntwo\"}\n\n{\"text\":\"caf\u00e9\"}\n")), (Stories{"one\ntwo", "caf\u00e9"}));
    EXPECT_EQ(m_report.format, "JSON lines, field text");
    const auto path = file("b.jsonl", "{\"tale\":\"one\"}\n{\"tale\":2}\nnot json\n{\"other\":\"x\"}\n[1]\n{\"tale\":\"two\"}");
    EXPECT_EQ(all(path), (Stories{"one", "two"}));
    EXPECT_EQ(m_report.leftOut, 4);
    EXPECT_EQ(m_report.problems[0].line, 2);
    EXPECT_NE(m_report.problems[0].what.find("no text"), std::string::npos);
    EXPECT_EQ(m_report.problems[3].line, 5);
    EXPECT_EQ(all(file("c.jsonl", "{\"prompt\":\"p\",\"answer\":\"a\"}\n"), Separator::Auto, "answer"), (Stories{"a"}));
    EXPECT_NE(errorOf({file("d.jsonl", "{\"prompt\":\"p\",\"answer\":\"a\"}\n")}).what.find("\"answer\""), std::string::npos);
    EXPECT_NE(errorOf({file("e.jsonl", "{\"n\":1}\n")}).what.find("No field"), std::string::npos);
    EXPECT_NE(errorOf({file("f.jsonl", "Once upon a time\n")}).where.find("line 1"), std::string::npos);
}

TEST_F(Sources, aFolderIsReadInTheOrderOfItsNames) {
    file("tales/b.txt", "three\n<|endoftext|>\nfour");
    file("tales/a.txt", "one");
    file("tales/deep/c.jsonl", "{\"text\":\"five\"}\n");
    file("tales/picture.png", std::string_view("\0\1", 2));
    file("tales/.hidden/d.txt", "hidden");
    file("tales/z.txt", std::string_view("\0", 1));
    EXPECT_EQ(all(m_folder / "tales"), (Stories{"one", "three", "four", "five"}));
    EXPECT_EQ(m_report.files, 3);
    ASSERT_EQ(m_report.problems.size(), 1U);
    EXPECT_NE(m_report.problems[0].file.find("z.txt"), std::string::npos);
    file("bad/z.txt", std::string_view("\0", 1));
    EXPECT_NE(errorOf({m_folder / "bad"}).where.find("z.txt"), std::string::npos);
}

TEST_F(Sources, theMakerIsASource) {
    const auto stories = all(sourceNamed("maker:5"));
    ASSERT_EQ(stories.size(), 5U);
    EXPECT_EQ(stories[4], makeStory(1, 4));
    EXPECT_EQ(nameOf(sourceNamed("maker:5")), "maker:5:seed=1");
    EXPECT_EQ(sourceNamed("maker").made, 50'000);
    EXPECT_EQ(sourceNamed("some/maker.txt").path, "some/maker.txt");
    for (const char* bad : {"maker:", "maker:0", "maker:-3", "maker:many", "maker:99999999999"})
        EXPECT_NE(test::errorOf([&] { (void)sourceNamed(bad); }).where.find(bad), std::string::npos) << bad;
}

}  // namespace
}  // namespace loom
