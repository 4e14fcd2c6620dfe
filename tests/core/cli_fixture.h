// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli as a person or a script uses it: real processes, what they print and how they end.
#pragma once

#include <gtest/gtest.h>

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"

namespace loom::test {

/// The real checkpoint, where it is there.
inline const std::filesystem::path kStories = LOOM_SOURCE_DIR "/../shared/data/llama2c-stories260K";

struct Outcome {
    int code = -1;
    std::string out;
    std::string err;
};

class Cli : public testing::Test {
protected:
    TempFolder m_folder;

    /// What the program caches stays here.
    Cli() { setenv("LATENTLOOM_CACHE", (m_folder / "cache").c_str(), 1); }
    Outcome run(const std::string& arguments) { return shell("'" LOOM_BINARY_DIR "/latentloom-cli' " + arguments); }
    /// Any command line.
    Outcome shell(const std::string& line) {
        const std::string errors = (m_folder / "stderr").string();
        const std::string command = "{ " + line + "\n} 2>'" + errors + "' </dev/null";
        Outcome outcome;
        FILE* pipe = popen(command.c_str(), "r");
        std::array<char, 4096> part{};
        while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe)) outcome.out.append(part.data(), count);
        const int status = pclose(pipe);
        outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        outcome.err = readFile(errors);
        return outcome;
    }
    nlohmann::json json(const std::string& arguments) {
        const Outcome outcome = run(arguments + " --json");
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        return nlohmann::json::parse(outcome.out, nullptr, false);
    }
    /// One line with the word "error: ", nothing on stdout, exit code 1.
    void expectError(const std::string& arguments, const std::string& part) {
        const Outcome outcome = run(arguments);
        EXPECT_EQ(outcome.code, 1) << arguments << '\n' << outcome.err;
        EXPECT_EQ(outcome.out, "") << arguments;
        EXPECT_TRUE(outcome.err.starts_with("error: ")) << outcome.err;
        EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
        EXPECT_NE(outcome.err.find(part), std::string::npos) << arguments << '\n' << outcome.err;
    }
    std::string model(const TinyOptions& options = {}, const std::string& name = "model") {
        std::filesystem::create_directory(m_folder / name);
        writeTinyCheckpoint(m_folder / name, options);
        return "'" + (m_folder / name).string() + "'";
    }
    std::string path(const std::string& name) { return "'" + (m_folder / name).string() + "'"; }
};

}  // namespace loom::test
