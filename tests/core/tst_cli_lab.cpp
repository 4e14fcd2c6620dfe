// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli runs, and train with presets, plans, forms and twins.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/core/cli_fixture.h"

namespace loom {
namespace {

namespace fs = std::filesystem;
using test::Outcome;

class CliLab : public test::Cli {
protected:
    CliLab() {
        setenv("XDG_DATA_HOME", (m_folder / "data").c_str(), 1);
        test::writeFile(
            m_folder / "small.json",
            R"({"name":"Small","model":{"model_type":"llama","hidden_size":32,"num_hidden_layers":2,"num_attention_heads":4,)"
            R"("intermediate_size":64,"max_position_embeddings":48,"tie_word_embeddings":true},"training":{"batch":2,"steps":12,)"
            R"("learning_rate":0.005,"evaluate_every":6,"validation_rows":4,"sample_tokens":8}})");
    }
    std::string begin(const std::string& out, const std::string& more = "") {
        return "train --data maker:200 --valid-share 0.1 --config " + path("small.json") + " --threads 1 --out " + path(out) + " " + more;
    }
    std::string inRuns(const std::string& command) { return "runs " + command + " --folder " + path("runs"); }
};

TEST_F(CliLab, runsAreListedChangedExportedAndThrownAway) {
    ASSERT_EQ(run(begin("runs/a")).code, 0);
    ASSERT_EQ(run(begin("runs/b", "--form mla-paper:r=4 --seed 2")).code, 0);
    nlohmann::json list = json(inRuns("list"));
    ASSERT_EQ(list["runs"].size(), 2U);
    EXPECT_EQ(list["runs"][0]["state"], "finished");
    EXPECT_EQ(list["runs"][0]["steps"], 12);
    EXPECT_NE(run(inRuns("list")).out.find("finished"), std::string::npos);
    const nlohmann::json shown = json(inRuns("show b"));
    EXPECT_EQ(shown["form"], "MLA (latent per head)");
    EXPECT_EQ(shown["settings"]["model.k_rank"], "4");
    EXPECT_EQ(shown["settings"]["training.seed"], "2");
    EXPECT_EQ(shown["measurements_with_stories"], 2);
    EXPECT_NE(run(inRuns("show b")).out.find("Stories of step 12"), std::string::npos);

    EXPECT_EQ(json(inRuns("rename b 'Second one'"))["name"], "Second one");
    EXPECT_EQ(run(inRuns("note 'Second one' 'looks good'")).code, 0);
    EXPECT_EQ(json(inRuns("show 'Second one'"))["notes"], "looks good");
    EXPECT_NE(test::readFile(m_folder / "runs/b/latentloom.json").find("Second one"), std::string::npos);

    const nlohmann::json saved =
        json(inRuns("export a b --csv " + path("r.csv") + " --jsonl " + path("r.jsonl") + " --html " + path("r.html")));
    EXPECT_EQ(saved["points"], 24);
    const std::string csv = test::readFile(m_folder / "r.csv");
    EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 25);
    EXPECT_NE(test::readFile(m_folder / "r.html").find("Second one"), std::string::npos);
    EXPECT_EQ(
        nlohmann::json::parse(test::readFile(m_folder / "r.jsonl").substr(0, test::readFile(m_folder / "r.jsonl").find('\n')))["step"], 1);
    EXPECT_EQ(run(inRuns("export a")).code, 2);
    expectError(inRuns("export nothing --csv " + path("x.csv")), "no such run");

    const nlohmann::json moved = json(inRuns("delete a"));
    EXPECT_TRUE(fs::exists(moved["moved_to"][0].get<std::string>() + "/run.json"));
    EXPECT_EQ(json(inRuns("list"))["runs"].size(), 1U);
    expectError(inRuns("delete a"), "no such run");
    expectError(inRuns("rename b ''"), "empty");
}

TEST_F(CliLab, twinsTrainTogetherAndGoOnTogether) {
    const nlohmann::json result = json(begin("pair", "--twins mha,mla-deepseek:r=8 --match flops"));
    ASSERT_EQ(result["twins"].size(), 2U);
    for (const nlohmann::json& twin : result["twins"]) {
        EXPECT_EQ(twin["step"], 12);
        EXPECT_TRUE(twin.contains("bits_per_byte"));
        EXPECT_EQ(run("inspect '" + twin["run"].get<std::string>() + "'").err, "");
    }
    EXPECT_EQ(json("inspect " + path("pair/mla-deepseek-r8"))["form"], "mla-deepseek");
    expectError(begin("pair", "--twins mha,mqa"), "a group of twins already");
    const nlohmann::json again = json("train --resume " + path("pair") + " --threads 1");
    EXPECT_EQ(again["twins"][1]["step"], 12);
    EXPECT_EQ(json("runs list --folder " + m_folder.path().string())["runs"].size(), 2U);
    EXPECT_EQ(run("train --resume " + path("pair") + " --twins mha,mqa").code, 2);
    expectError(begin("bad", "--twins mha"), "2 to 16");
}

TEST_F(CliLab, plansAreSaidAndNothingIsMade) {
    const nlohmann::json plan = json(begin("none", "--plan"));
    EXPECT_TRUE(plan["fits"].get<bool>());
    EXPECT_EQ(plan["steps"], 12);
    EXPECT_EQ(plan["tokens_per_step"], 96);
    EXPECT_GT(plan["seconds"].get<double>(), 0);
    EXPECT_EQ(plan["memory"]["optimiser"].get<std::int64_t>(), 2 * plan["memory"]["gradients"].get<std::int64_t>());
    EXPECT_FALSE(fs::exists(m_folder / "none"));
    const Outcome twins = run(begin("none", "--plan --twins mha,mqa"));
    EXPECT_EQ(twins.code, 0) << twins.err;
    EXPECT_NE(twins.out.find("mqa: "), std::string::npos) << twins.out;
    const nlohmann::json minutes = json(begin("none", "--plan --minutes 1"));
    EXPECT_GT(minutes["steps"].get<std::int64_t>(), 12);
    EXPECT_GT(minutes["seconds"].get<double>(), 10);

    // What does not fit is said before the start.
    std::string huge = test::readFile(m_folder / "small.json");
    huge.replace(huge.find("\"batch\":2"), 9, "\"batch\":900000,\"context\":48,\"accumulation\":3");
    test::writeFile(m_folder / "small.json", huge);
    const nlohmann::json large = json(begin("none", "--plan"));
    EXPECT_FALSE(large["fits"].get<bool>());
    EXPECT_NE(large["sentence"].get<std::string>().find("but only"), std::string::npos);
    expectError(begin("none"), "smaller training.batch");
    EXPECT_FALSE(fs::exists(m_folder / "none"));
}

TEST_F(CliLab, presetsNeedNoFile) {
    const nlohmann::json list = json("train --list");
    EXPECT_EQ(list["presets"][0]["name"], "2-minutes");
    EXPECT_EQ(json("train --preset mla-deepseek-6l-r64 --steps 3 --plan")["steps"], 3);
    const nlohmann::json made = json("train --preset 2-minutes --data maker:2000 --steps 4 --threads 1");
    EXPECT_EQ(made["step"], 4);
    EXPECT_TRUE(made.contains("validation_loss")) << "a share is held out";
    const std::string folder = made["run"].get<std::string>();
    EXPECT_EQ(fs::path(folder).parent_path(), m_folder / "data" / "latentloom" / "runs");
    EXPECT_EQ(json("runs list")["runs"][0]["preset"], "2-minutes");
    EXPECT_EQ(run("train --preset 2-minutes --config " + path("small.json")).code, 2);
    EXPECT_EQ(run("train --preset 2-minutes --minutes 3").code, 2);
    expectError("train --preset 3-minutes", "2-minutes");
    expectError("train --preset paper-6l-mha --form mla", "no attention form");
}

}  // namespace
}  // namespace loom
