// SPDX-License-Identifier: GPL-3.0-or-later
// Stop strings in text that arrives in pieces.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/engine/generate/stop_strings.h"

namespace loom {
namespace {

struct Outcome {
    std::string text;
    bool stopped = false;
    bool operator==(const Outcome&) const = default;
};

/// Everything that is shown when `text` arrives in pieces of `size` bytes.
Outcome run(const std::vector<std::string>& stops, const std::string& text, std::size_t size) {
    StopStringMatcher matcher(stops);
    Outcome out;
    for (std::size_t at = 0; at < text.size(); at += size) {
        const auto progress = matcher.push(std::string_view(text).substr(at, size));
        out.text += progress.text;
        out.stopped = progress.stopped;
        EXPECT_EQ(progress.stopped, matcher.stopped());
    }
    out.text += matcher.flush();
    return out;
}

TEST(StopStrings, HoldsBackWhatMayBeABeginning) {
    StopStringMatcher matcher({"</end>"});
    EXPECT_EQ(matcher.push("one <").text, "one ");
    EXPECT_EQ(matcher.push("/e").text, "");
    EXPECT_EQ(matcher.push("at <b").text, "</eat <b");
    EXPECT_EQ(matcher.push(" </en").text, " ");
    EXPECT_EQ(matcher.flush(), "</en");
    EXPECT_EQ(matcher.flush(), "");
    EXPECT_FALSE(matcher.stopped());
}

TEST(StopStrings, StopsAndStaysStopped) {
    StopStringMatcher matcher({"END"});
    const auto progress = matcher.push("storyENDmore");
    EXPECT_EQ(progress.text, "story");
    EXPECT_TRUE(progress.stopped);
    EXPECT_EQ(matcher.push("more").text, "");
    EXPECT_TRUE(matcher.push("more").stopped);
    EXPECT_EQ(matcher.flush(), "");
}

TEST(StopStrings, TheOutcomeDoesNotDependOnThePieces) {
    struct Case {
        std::vector<std::string> stops;
        std::string text;
        Outcome expected;
    };
    const std::vector<Case> cases = {
        {{}, "anything", {"anything", false}},
        {{""}, "anything", {"anything", false}},
        {{"aab"}, "aaaaab!", {"aaa", true}},
        {{"abab"}, "abaababx", {"aba", true}},
        {{"abc", "b"}, "xabc", {"xa", true}},  // "b" is complete first
        {{"c", "abc"}, "xabc", {"x", true}},   // complete together: the one that starts first
        {{"zz", "\n\n"}, "a\nb\n\nc", {"a\nb", true}},
        {{"\xC3\xA9"}, "caf\xC3\xA9!", {"caf", true}},
        {{"longer than the text"}, "longer than", {"longer than", false}},
        {{"x"}, "x", {"", true}},
    };
    for (const Case& item : cases) {
        for (std::size_t size = 1; size <= item.text.size(); ++size) {
            EXPECT_EQ(run(item.stops, item.text, size), item.expected) << item.text << " in pieces of " << size;
        }
    }
}

}  // namespace
}  // namespace loom
