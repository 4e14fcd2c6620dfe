// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli stories get: real processes, and a server of this test in place of the web.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/core/cli_fixture.h"
#include "tests/support/local_server.h"

namespace fs = std::filesystem;

namespace loom::test {
namespace {

class CliGet : public Cli {
protected:
    CliGet() {
        ::setenv("XDG_DATA_HOME", (m_folder / "data").c_str(), 1);
        ::unsetenv("LATENTLOOM_MIRROR");
    }
    [[nodiscard]] std::string address() const { return server.address(); }

    std::string content = "The red kite flew away.\n<|endoftext|>\nA small dog found it.\n<|endoftext|>\nThey went home.\n<|endoftext|>\n";
    std::size_t cutAfter = std::string::npos, stallAfter = std::string::npos;
    int laterStatus = 0;  ///< of what is asked for from its middle; 0 = as usual
    LocalServer server{[this](const WebQuestion& q) {
        if (laterStatus != 0 && !q.header("range").empty()) return WebAnswer{laterStatus};
        WebAnswer answer = fileAnswer(q, content);
        answer.cutAfter = cutAfter;
        answer.stallAfter = stallAfter;
        return answer;
    }};
};

TEST_F(CliGet, LoadsAnyAddressAndReadsIt) {
    const auto result = json("stories get " + address() + "/kites.txt");
    const std::string file = (m_folder / "data/latentloom/stories/kites.txt").string();
    EXPECT_EQ(result["file"], file);
    EXPECT_EQ(result["bytes"], content.size());
    EXPECT_EQ(result["checked"], "none");
    EXPECT_EQ(readFile(file), content);
    EXPECT_EQ(json("stories " + file)["stories"], 3);
    const Outcome again = run("stories get " + address() + "/kites.txt");
    EXPECT_EQ(again.code, 1);
    EXPECT_NE(again.err.find("already"), std::string::npos) << again.err;
}

TEST_F(CliGet, GoesOnAndChecks) {
    cutAfter = 40;
    laterStatus = 404;  // the second try ends it
    const Outcome cut = run("stories get " + address() + "/kites.txt --out " + path("k.txt"));
    EXPECT_EQ(cut.code, 1);
    EXPECT_NE(cut.err.find("not found"), std::string::npos) << cut.err;
    EXPECT_EQ(readFile(m_folder / "k.txt.part"), content.substr(0, 40));
    cutAfter = std::string::npos;
    laterStatus = 0;
    const auto whole = json("stories get " + address() + "/kites.txt --out " + path("k.txt"));
    EXPECT_EQ(whole["resumed_from"], 40);
    EXPECT_EQ(readFile(m_folder / "k.txt"), content);
    const std::string sum = whole["sha256"];
    EXPECT_EQ(json("stories get " + address() + "/kites.txt --out " + path("k.txt") + " --sha256 " + sum)["was_there"], true);
    fs::create_directory(m_folder / "folder");
    const Outcome wrong = run("stories get " + address() + "/kites.txt --out " + path("folder") + " --sha256 " + std::string(64, 'a'));
    EXPECT_EQ(wrong.code, 1);
    EXPECT_NE(wrong.err.find(sum), std::string::npos) << wrong.err;
    EXPECT_TRUE(fs::is_empty(m_folder / "folder"));
}

TEST_F(CliGet, AnInterruptKeepsThePartAndSaysHowToGoOn) {
    stallAfter = 40;
    const std::string part = path("k.txt.part");
    const Outcome stopped = shell("'" LOOM_BINARY_DIR "/latentloom-cli' stories get " + address() + "/kites.txt --out " + path("k.txt") +
                                  " & pid=$!; n=0; while [ $n -lt 3000 ] && [ ! -s " + part +
                                  " ]; do sleep 0.01; n=$((n+1)); done; "
                                  "kill -INT $pid; wait $pid");
    EXPECT_EQ(stopped.code, 130) << stopped.err;
    EXPECT_NE(stopped.err.find("40 B lie in"), std::string::npos) << stopped.err;
    EXPECT_NE(stopped.err.find("goes on from there"), std::string::npos) << stopped.err;
    EXPECT_EQ(readFile(m_folder / "k.txt.part"), content.substr(0, 40));
}

TEST_F(CliGet, AMirrorMustServeTheSameBytes) {
    for (const std::string& command :
         {"stories get --part valid --mirror " + address(), "stories get tinystories:valid --mirror " + address() + "/"}) {
        const Outcome other = run(command);
        EXPECT_EQ(other.code, 1);
        EXPECT_NE(other.err.find("TinyStories, a hundredth of it: 22.5 MB, licence CDLA-Sharing-1.0"), std::string::npos) << other.err;
        EXPECT_NE(other.err.find("bytes instead of 22502601"), std::string::npos) << other.err;
        EXPECT_EQ(server.questions().back().path,
                  "/datasets/roneneldan/TinyStories/resolve/f54c09fd23315a6f9c86f9dc80f725de7d8f9c64/TinyStoriesV2-GPT4-valid.txt");
    }
    ::setenv("LATENTLOOM_MIRROR", (address() + "/hf").c_str(), 1);
    (void)run("stories get");
    EXPECT_TRUE(server.questions().back().path.starts_with("/hf/datasets/")) << server.questions().back().path;
    EXPECT_TRUE(server.questions().back().path.ends_with("train.txt"));
}

TEST_F(CliGet, ListLoadsNothing) {
    const auto all = json("stories get --list --mirror " + address());
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0]["name"], "tinystories");
    EXPECT_EQ(all[0]["bytes"], 2'227'753'162);
    EXPECT_EQ(all[0]["there"], false);
    EXPECT_TRUE(all[1]["url"].get<std::string>().starts_with(address()));
    const Outcome text = run("stories get --list");
    EXPECT_NE(text.out.find("2.23 GB"), std::string::npos) << text.out;
    EXPECT_TRUE(server.questions().empty());
    EXPECT_FALSE(fs::exists(m_folder / "data"));
}

TEST_F(CliGet, TheNameStandsForTheFileOnceItIsHere) {
    expectError("stories tinystories", "stories get tinystories");
    expectError("train --data tinystories:valid --preset 2-minutes --out " + path("run"), "stories get tinystories:valid");
    fs::create_directories(m_folder / "data/latentloom/stories");
    writeFile(m_folder / "data/latentloom/stories/TinyStoriesV2-GPT4-valid.txt", content);
    EXPECT_EQ(json("stories tinystories:valid")["stories"], 3);
}

TEST_F(CliGet, WrongUse) {
    EXPECT_EQ(run("stories").code, 2) << "neither a source nor get";
    EXPECT_EQ(run("stories get --part middle").code, 2);
    expectError("stories get bigstories", "No stories");
    const Outcome both = run("stories get " + address() + "/x --mirror " + address());
    EXPECT_EQ(both.code, 1);
    EXPECT_NE(both.err.find("--mirror"), std::string::npos) << both.err;
    EXPECT_NE(run("stories get --help").out.find("network"), std::string::npos);
}

}  // namespace
}  // namespace loom::test
