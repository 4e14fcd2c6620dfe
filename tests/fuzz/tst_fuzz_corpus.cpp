// SPDX-License-Identifier: GPL-3.0-or-later
// The corpus of every fuzz target, file by file: seeds that must be read or refused, and what once went wrong.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fuzz/fuzz_target.h"
#include "tests/support/temp_folder.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

const fs::path kCorpus = fs::path(LOOM_SOURCE_DIR) / "tests/fuzz/corpus";

std::vector<fs::path> filesOf(const std::string& target) {
    std::vector<fs::path> files;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(kCorpus / target, problem)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

class FuzzCorpus : public testing::TestWithParam<fuzz::Target> {};

TEST_P(FuzzCorpus, IsReadOrRefused) {
    const auto files = filesOf(GetParam().name);
    ASSERT_FALSE(files.empty()) << "the target has no seeds";
    for (const fs::path& file : files) {
        SCOPED_TRACE(file.filename().string());
        const std::string whole = test::readFile(file);
        fuzz::run(GetParam(), whole);
        for (const std::size_t share : {0, 1, 2, 3}) fuzz::run(GetParam(), std::string_view(whole).substr(0, whole.size() * share / 4));
        std::string changed = whole;
        for (std::size_t i = 0; i < changed.size(); i += 1 + changed.size() / 64) {  // every byte in turn is too much
            const char kept = changed[i];
            changed[i] = static_cast<char>(kept ^ 0x15);
            fuzz::run(GetParam(), changed);
            changed[i] = kept;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, FuzzCorpus, testing::ValuesIn(fuzz::targets().begin(), fuzz::targets().end()),
                         [](const auto& target) { return std::string(target.param.name); });

TEST(FuzzCorpus, EveryFolderHasItsTarget) {
    for (const auto& entry : fs::directory_iterator(kCorpus)) {
        const std::string name = entry.path().filename().string();
        const auto all = fuzz::targets();
        EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const auto& target) { return target.name == name; })) << name;
    }
}

}  // namespace
}  // namespace loom
