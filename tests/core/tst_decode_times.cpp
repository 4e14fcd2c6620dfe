// SPDX-License-Identifier: GPL-3.0-or-later
// Decode times: every cell is measured once or left out for a reason, by a clock of ours, and a machine remembers them.
#include <gtest/gtest.h>

#include "core/engine/evaluate/decode_times.h"
#include "core/engine/generate/twin_decode.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/watched_engine.h"

namespace loom::test {
namespace {

class DecodeTimes : public testing::Test {
protected:
    DecodeTimes() {
        for (const auto& [name, family] : {std::pair{"full", Family::Llama}, std::pair{"latent", Family::DeepseekV3}}) {
            std::filesystem::create_directory(folder / name);
            writeTinyCheckpoint(folder / name, {.family = family});
        }
        TwinDecode decode(engine, openTwins(engine, {{.path = (folder / "full").string()}, {.path = (folder / "latent").string()}}, {}), {},
                          {});
        pair = decode.contestants();
        options.contexts = {16, 64, 256};
        options.batches = {1, 3};
        options.mostCacheBytes = 1 << 30;
        // Time passes only while a network computes: a millisecond a step.
        options.now = [this] { return clock; };
        before = [this] { clock += std::chrono::milliseconds(1); };
    }

    TempFolder folder;
    std::chrono::nanoseconds clock{};
    std::function<void()> before;
    WatchedEngine engine{[this] {
        if (before) before();
    }};
    std::vector<TwinContestant> pair;
    TimeGridOptions options;
};

TEST_F(DecodeTimes, EveryCellOfEveryRow) {
    TimeGrid grid;
    std::vector<std::pair<std::int64_t, std::int64_t>> progress;
    ASSERT_TRUE(
        measureTimeGrid(engine, pair, options, grid, [&](std::int64_t done, std::int64_t all) { progress.emplace_back(done, all); }, {}));
    ASSERT_EQ(grid.rows.size(), 3U);
    EXPECT_EQ(grid.rows[0].form, CacheForm::Full);
    EXPECT_EQ(grid.rows[1].form, CacheForm::Latent);
    EXPECT_EQ(grid.rows[2].name, grid.rows[1].name);
    EXPECT_TRUE(grid.rows[2].naive);
    EXPECT_EQ(grid.measured(), 18U);
    ASSERT_EQ(progress.size(), 18U);
    EXPECT_EQ(progress.back(), (std::pair<std::int64_t, std::int64_t>{18, 18}));
    for (std::size_t row = 0; row < 3; ++row) {
        for (std::size_t c = 0; c < 3; ++c) {
            EXPECT_EQ(grid.at(row, c, 0)->median, 1e-3) << "one story: a step of the clock each";
            EXPECT_EQ(grid.at(row, c, 0)->repeats, kMostRepeats) << "100 ms at a millisecond each would be more";
        }
    }
    EXPECT_EQ(grid.ratio(1, 2, 0), 1.0);
    EXPECT_FALSE(grid.ratio(7, 0, 0));
    EXPECT_FALSE(grid.machine.empty());
}

TEST_F(DecodeTimes, WhatIsTooLargeOrTooSlowStaysEmpty) {
    TimeGrid grid;
    options.mostCacheBytes = pair[0].cache.bytesPerToken() * 65;
    ASSERT_TRUE(measureTimeGrid(engine, pair, options, grid, {}, {}));
    EXPECT_TRUE(grid.at(0, 1, 0));
    EXPECT_FALSE(grid.at(0, 1, 1)) << "three caches of 65 positions";
    EXPECT_FALSE(grid.at(0, 2, 0));
    EXPECT_FALSE(grid.ratio(1, 2, 0));
    options.mostCacheBytes = 1 << 30;
    options.longestStep = 0.5e-3;
    ASSERT_TRUE(measureTimeGrid(engine, pair, options, grid, {}, {}));
    EXPECT_TRUE(grid.at(0, 0, 0)) << "somebody must find out";
    EXPECT_FALSE(grid.at(0, 1, 0));
    EXPECT_FALSE(grid.at(0, 2, 0));
}

TEST_F(DecodeTimes, AStopKeepsWhatIsThere) {
    TimeGrid grid;
    std::stop_source stop;
    const auto half = [&](std::int64_t done, std::int64_t) {
        if (done == 7) stop.request_stop();
    };
    EXPECT_FALSE(measureTimeGrid(engine, pair, options, grid, half, stop.get_token()));
    EXPECT_EQ(grid.measured(), 7U);
    before = [&] { stop.request_stop(); };
    EXPECT_FALSE(measureTimeGrid(engine, pair, options, grid, {}, stop.get_token()));
    EXPECT_EQ(grid.measured(), 0U);
}

TEST_F(DecodeTimes, AMachineRemembers) {
    const TimeGridOptions usual;
    const std::string key = timeGridKey(pair, usual);
    EXPECT_FALSE(readTimeGrid(folder / "times", key));
    TimeGrid grid = emptyTimeGrid(pair, options);
    grid.rows[0].cells[2] = StepTime{2e-3, 1e-3, 5e-3, 9};
    writeTimeGrid(folder / "times", key, grid);
    EXPECT_EQ(readTimeGrid(folder / "times", key), grid);
    std::vector<TwinContestant> others = pair;
    others[1].precision = "int8";
    EXPECT_NE(timeGridKey(others, usual), key);
    others = pair;
    std::swap(others[0], others[1]);
    EXPECT_NE(timeGridKey(others, usual), key);
    // What is broken is measured again, never believed.
    const std::filesystem::path file = (folder / "times") / ("times-" + key + ".json");
    const std::string good = readFile(file);
    for (const std::string& bad :
         {good.substr(0, good.size() / 2), std::string("[]"), std::string(), std::string("{\"format_version\":2}")}) {
        writeFile(file, bad);
        EXPECT_FALSE(readTimeGrid(folder / "times", key)) << bad;
    }
    std::string negative = good;
    negative.replace(negative.find("0.002"), 5, "-1.02");
    writeFile(file, negative);
    EXPECT_FALSE(readTimeGrid(folder / "times", key));
}

}  // namespace
}  // namespace loom::test
