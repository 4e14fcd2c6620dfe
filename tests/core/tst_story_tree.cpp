// SPDX-License-Identifier: GPL-3.0-or-later
// StoryTree: branches that share beginnings, undo of anything, and its file.
#include "core/data/story_tree.h"

#include <random>

#include <gtest/gtest.h>

#include "core/data/story_history.h"
#include "core/engine/generate/story_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"

namespace loom {
namespace {

TokenStep token(const std::string& text, TokenOrigin origin = TokenOrigin::Generated) {
    TokenStep step;
    step.token = TokenId(static_cast<std::int64_t>(std::hash<std::string>{}(text) % 500));
    step.text = step.label = text;
    step.origin = origin;
    step.probability = 0.25F;
    return step;
}

Passage passage(const std::vector<std::string>& words, PassageOrigin origin = PassageOrigin::Model) {
    Passage made;
    made.origin = origin;
    for (const std::string& word : words)
        made.tokens.push_back(token(word, origin == PassageOrigin::Model ? TokenOrigin::Generated : TokenOrigin::Prompt));
    if (origin == PassageOrigin::Model) made.seed = 7;
    return made;
}

TEST(StoryTree, passagesGoOnFromEachOther) {
    StoryTree tree;
    EXPECT_TRUE(tree.isEmpty());
    const PassageId a = tree.append(passage({"Once", " upon"}, PassageOrigin::Person));
    const PassageId b = tree.append(passage({" a", " time"}));
    tree.extend(b, {token("!")});
    EXPECT_EQ(tree.text(b), "Once upon a time!");
    EXPECT_EQ(tree.length(b), 5);
    EXPECT_EQ(tree.path(b), (std::vector{a, b}));
    EXPECT_EQ(tree.passageAt(1), a);
    EXPECT_EQ(tree.passageAt(4), b);
    EXPECT_EQ(tree.passageAt(5), std::nullopt);
    EXPECT_EQ(tree.tokens(b)[3].position, 3);
    EXPECT_EQ(tree.lastFork(), std::nullopt);
    EXPECT_EQ(tree.problem(), "");
}

TEST(StoryTree, aCutDividesAPassageAndKeepsWhatCameBehind) {
    StoryTree tree;
    tree.append(passage({"Once", " upon"}, PassageOrigin::Person));
    const PassageId whole = tree.append(passage({" a", " time", " there", " was"}));
    const PassageId end = tree.append(passage({" a", " dog"}));
    const StoryTree before = tree;
    tree.cut(4);
    EXPECT_EQ(tree.current(), whole);
    EXPECT_EQ(tree.text(tree.current()), "Once upon a time");
    const PassageId other = tree.append(passage({" ago"}));
    EXPECT_EQ(tree.text(other), "Once upon a time ago");
    EXPECT_EQ(tree.text(end), "Once upon a time there was a dog") << "the old story is still there";
    EXPECT_EQ(tree.lastFork(), other);
    const auto old = tree.beside(other, -1);
    ASSERT_TRUE(old);
    tree.follow(*old);
    EXPECT_EQ(tree.current(), end) << "on to where it was read to";
    EXPECT_EQ(tree.tokensShared(), 9);
    EXPECT_EQ(tree.tokensApart(), 8 + 5);
    EXPECT_EQ(tree.leaves().size(), 2U);
    EXPECT_EQ(tree.problem(), "");
    EXPECT_EQ(before.text(end), "Once upon a time there was a dog");
    EXPECT_EQ(before.all().size(), 3U) << "copies are left as they are";
    tree.cut(2);
    EXPECT_EQ(tree.text(tree.current()), "Once upon") << "between passages nothing is divided";
    tree.cut(0);
    EXPECT_EQ(tree.current(), tree.root());
}

TEST(StoryTree, whatIsRemovedTakesItsContinuationsAlong) {
    StoryTree tree;
    const PassageId a = tree.append(passage({"a"}, PassageOrigin::Person));
    const PassageId b = tree.append(passage({"b"}));
    const PassageId c = tree.append(passage({"c"}));
    tree.go(a);
    const PassageId d = tree.append(passage({"d"}));
    tree.follow(b);
    ASSERT_EQ(tree.current(), c);
    tree.remove(b);
    EXPECT_FALSE(tree.has(b));
    EXPECT_FALSE(tree.has(c));
    EXPECT_EQ(tree.current(), d) << "the story beside it is shown";
    EXPECT_EQ(tree.problem(), "");
    tree.remove(d);
    EXPECT_EQ(tree.current(), a);
    EXPECT_NE(test::errorOf([&] { (void)tree.at(b); }).message().find("no passage"), std::string::npos);
    EXPECT_NE(test::errorOf([&] { tree.remove(tree.root()); }).message().find("stays"), std::string::npos);
}

TEST(StoryTree, laterKnowledgeGoesToItsTokens) {
    StoryTree tree;
    tree.append(passage({"a", "b"}, PassageOrigin::Person));
    const PassageId c = tree.append(passage({"c"}));
    TokenStep known = token("b");
    known.position = 1;
    known.probability = 0.5F;
    known.alternatives = {{known.token, "b", 0.5F, 0.5F}};
    known.laneNorms = {1, 2};
    TokenStep wrong = token("x");
    wrong.position = 2;
    wrong.alternatives = known.alternatives;
    tree.learn({known, wrong});
    EXPECT_EQ(tree.tokens(c)[1].probability, 0.5F);
    EXPECT_EQ(tree.tokens(c)[1].alternatives.size(), 1U);
    EXPECT_TRUE(tree.tokens(c)[1].laneNorms.empty()) << "norms belong to a cache";
    EXPECT_TRUE(tree.tokens(c)[2].alternatives.empty()) << "another token";
}

/// Random operations in any order.
void operate(StoryTree& tree, std::mt19937& random) {
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const std::vector<PassageId> all = tree.all();
    const auto any = [&] { return all[below(all.size())]; };
    switch (all.empty() ? 0 : below(8)) {
        case 0:
        case 1: tree.append(passage({"w" + std::to_string(random() % 50), "x", "y"}, static_cast<PassageOrigin>(below(3)))); break;
        case 2: tree.cut(static_cast<std::int64_t>(below(static_cast<std::size_t>(tree.length(tree.current())) + 2))); break;
        case 3: tree.go(any()); break;
        case 4: tree.follow(any()); break;
        case 5:
            if (below(3) == 0) tree.remove(any());
            break;
        case 6: tree.setBookmarked(any(), below(2) == 0); break;
        default:
            if (tree.at(tree.current()).children.empty() && tree.current() != tree.root()) tree.extend(tree.current(), {token("z")});
            break;
    }
}

TEST(StoryTree, anyOperationsKeepTheInvariantsAndAreUndone) {
    test::TempFolder folder;
    for (unsigned seed = 1; seed <= 40; ++seed) {
        std::mt19937 random(seed);
        StoryHistory history;
        std::vector<std::string> states{storyFileText(history.now())};
        for (int i = 0; i < 60; ++i) {
            StoryTree tree = history.now();
            operate(tree, random);
            ASSERT_EQ(tree.problem(), "") << "seed " << seed << ", operation " << i;
            history.push(tree);
            states.push_back(storyFileText(tree));
        }
        writeStoryFile(folder.path() / "a.story.json", history.now());
        EXPECT_EQ(storyFileText(readStoryFile(folder.path() / "a.story.json")), states.back());
        for (std::size_t i = states.size() - 1; i-- > 0;) {
            ASSERT_TRUE(history.canUndo());
            history.undo();
            ASSERT_EQ(storyFileText(history.now()), states[i]);
        }
        EXPECT_FALSE(history.canUndo());
        for (std::size_t i = 1; i < states.size(); ++i) {
            history.redo();
            ASSERT_EQ(storyFileText(history.now()), states[i]);
        }
        EXPECT_FALSE(history.canRedo());
        history.undo();
        history.push(StoryTree());
        EXPECT_FALSE(history.canRedo()) << "what had been undone is forgotten";
    }
}

TEST(StoryFile, keepsEverythingButAlternatives) {
    test::TempFolder folder;
    StoryTree tree;
    Passage first = passage({"", "Es war", " \"einmal\"\n"}, PassageOrigin::Person);
    first.tokens[0].origin = TokenOrigin::Special;
    first.tokens[0].label = "<|endoftext|>";
    first.model = "Demo MLA";
    tree.append(first);
    Passage second = passage({" ein", " Hund äöü 🐕"});
    second.seed = 18'446'744'073'709'551'615U;
    second.samplers.temperature = 0.3;
    second.samplers.topK = 7;
    second.vocabulary = 4;
    const PassageId b = tree.append(second);
    tree.setNote(b, "gut");
    tree.setBookmarked(b, true);
    const auto file = folder.path() / "ü.story.json";
    writeStoryFile(file, tree);
    const StoryTree read = readStoryFile(file);
    const Passage& back = read.at(read.current());
    EXPECT_EQ(back.seed, second.seed);
    EXPECT_EQ(back.samplers, second.samplers);
    EXPECT_EQ(back.vocabulary, 4);
    EXPECT_TRUE(back.bookmarked);
    EXPECT_EQ(back.note, "gut");
    EXPECT_EQ(back.tokens[1].text, " Hund äöü 🐕");
    EXPECT_EQ(back.tokens[1].probability, 0.25F);
    const auto steps = read.tokens(read.current());
    EXPECT_EQ(steps[0].origin, TokenOrigin::Special);
    EXPECT_EQ(steps[0].label, "<|endoftext|>");
    EXPECT_EQ(steps[1].origin, TokenOrigin::Prompt);
    EXPECT_EQ(steps[3].origin, TokenOrigin::Generated);
    EXPECT_EQ(storyMarkdown(tree), "**Es war \"einmal\"**\n ein Hund äöü 🐕\n\n---\n\n- , seed 18446744073709551615, 2 tokens\n");
}

TEST(StoryFile, refusesWhatItCannotBe) {
    test::TempFolder folder;
    const auto refuses = [&](const std::string& text, const std::string& word) {
        test::writeFile(folder.path() / "bad.story.json", text);
        const std::string message = test::errorOf([&] { (void)readStoryFile(folder.path() / "bad.story.json"); }).message();
        EXPECT_NE(message.find(word), std::string::npos) << message;
        EXPECT_NE(message.find("bad.story.json"), std::string::npos) << message;
    };
    const std::string good = R"({"goes_on_from": 0, "origin": "person", "tokens": [{"id": 1, "text": "a"}]})";
    refuses("{", "bad.story.json");
    refuses(R"({"passages": []})", "format_version");
    refuses(R"({"format_version": 1, "passages": [{"goes_on_from": 1, "origin": "person", "tokens": []}]})", "earlier passage");
    refuses(R"({"format_version": 1, "passages": [{"goes_on_from": 0, "origin": "person", "tokens": []}]})", "tokens is empty");
    refuses(R"({"format_version": 1, "passages": [{"goes_on_from": 0, "origin": "dog", "tokens": []}]})", "\"dog\"");
    refuses(R"({"format_version": 1, "passages": [{"goes_on_from": 0, "origin": "person", "tokens": [{"id": -1, "text": "a"}]}]})",
            "no token");
    refuses(R"({"format_version": 1, "shown": 4, "passages": [)" + good + "]}", "shown");
    refuses(R"({"format_version": 1, "read_last": [9], "passages": [)" + good + "]}", "read_last");
    refuses(
        R"({"format_version": 1, "passages": [{"goes_on_from": 0, "origin": "model", "seed": "-3", "tokens": [{"id": 1, "text": "a"}]}]})",
        "seed");
    refuses(R"({"format_version": 1, "passages": [{"goes_on_from": 0, "origin": "model", "samplers": {"topP": 9},)"
            R"( "tokens": [{"id": 1, "text": "a"}]}]})",
            "samplers");
    EXPECT_NE(test::errorOf([&] { (void)readStoryFile(folder.path() / "none.story.json"); }).message().find("none.story.json"),
              std::string::npos);
    test::writeFile(folder.path() / "ok.story.json", R"({"format_version": 1, "passages": [)" + good + "]}");
    EXPECT_EQ(readStoryFile(folder.path() / "ok.story.json").all().size(), 1U);
}

}  // namespace
}  // namespace loom
