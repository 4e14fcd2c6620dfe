// SPDX-License-Identifier: GPL-3.0-or-later
// The list of runs: what it says of good, running, cut and hostile folders; names, notes, the trash; exports.
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/engine/train/line_reader.h"
#include "core/engine/train/run_export.h"
#include "core/engine/train/run_folder.h"
#include "core/engine/train/run_list.h"
#include "core/engine/train/run_metrics.h"
#include "core/engine/train/run_samples.h"
#include "core/engine/train/twin_group.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

class RunList : public testing::Test {
protected:
    /// A run as RunFolder writes it, without weights. `steps` of 100 are done.
    fs::path addRun(const std::string& folder, std::int64_t steps, std::int64_t started = 1'700'000'000, const std::string& more = "",
                    const std::string& latent = "") {
        const fs::path run = runs() / folder;
        fs::create_directories(run);
        const std::string model =
            latent.empty() ? R"("model_type":"llama")"
                           : R"("model_type":"latentloom","head_dim":4,"latent":"per_head","k_rank":)" + latent + R"(,"v_rank":2)";
        test::writeFile(run / "run.json",
                        R"({"format_version":1,"config":{"name":"Named )" + folder + R"(","preset":"2-minutes","model":{)" + model +
                            R"(,"vocab_size":100,"hidden_size":8,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":8,)"
                            R"("max_position_embeddings":16},"training":{"context":16,"batch":2,"steps":100)" +
                            more +
                            R"(}},"data":{"made":300,"seed":1},"valid":null,"valid_share":0.1,"data_hash":"0","threads":2,"started":)" +
                            std::to_string(started) + "}");
        std::string lines;
        for (std::int64_t step = 1; step <= steps; ++step) {
            TrainPoint point{step, 5.0 - 0.01 * static_cast<double>(step), 1e-3, 1.5, 0.5 * static_cast<double>(step), 32 * step, {}};
            if (step % 10 == 0) point.validationLoss = step == 30 ? 1.0 : 6.0 - 0.01 * static_cast<double>(step);
            lines += metricsLine(point) + "\n";
        }
        test::writeFile(run / "metrics.jsonl", lines);
        test::writeFile(run / "samples.jsonl", samplesLine({10, {{"Once", 1, 0.8, " upon <a> \"time\" & so"}}}) + "\n");
        return run;
    }
    [[nodiscard]] fs::path runs() const { return m_folder / "runs"; }
    test::TempFolder m_folder;
};

TEST_F(RunList, saysWhatRunsHaveReached) {
    EXPECT_TRUE(listRuns(runs()).empty()) << "a folder that is not there has none";
    addRun("old", 100, 1'000);
    addRun("new", 40, 2'000);
    fs::create_directories(runs() / "no run");
    test::writeFile(runs() / "a file", "x");
    const std::vector<RunSummary> all = listRuns(runs());
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].name, "Named new");
    EXPECT_EQ(all[0].state, RunState::Stopped);
    EXPECT_EQ(all[0].step, 40);
    EXPECT_EQ(all[0].steps, 100);
    EXPECT_EQ(all[0].tokens, 40 * 32);
    EXPECT_NEAR(all[0].tokensPerSecond, 64, 1e-9);
    EXPECT_EQ(all[0].validationLoss, 5.6);
    EXPECT_EQ(all[0].bestLoss, 1.0);
    EXPECT_EQ(all[0].bestStep, 30);
    EXPECT_NEAR(*all[0].loss, 4.6, 1e-12);
    EXPECT_EQ(all[0].form, "MHA");
    EXPECT_EQ(all[0].preset, "2-minutes");
    EXPECT_EQ(all[0].data, "maker:300:seed=1");
    EXPECT_EQ(all[0].parameters, 100 * 8 * 2 + 4 * 8 * 8 + 3 * 8 * 8 + 3 * 8);
    EXPECT_EQ(all[1].state, RunState::Finished);
    EXPECT_EQ(all[1].started, 1'000);
    EXPECT_EQ(readRunPoints(all[0].folder).size(), 40U);
    EXPECT_EQ(readRunSamples(all[0].folder).size(), 1U);
}

TEST_F(RunList, patienceThatEndedARunFinishesIt) {
    addRun("patient", 80, 1, R"(,"patience":5)");
    addRun("impatient", 70, 1, R"(,"patience":5)");
    EXPECT_EQ(readRun(runs() / "patient").state, RunState::Finished);
    EXPECT_EQ(readRun(runs() / "impatient").state, RunState::Stopped);
}

TEST_F(RunList, aRunWhoseLockIsHeldIsRunning) {
    const fs::path run = addRun("run", 10);
    EXPECT_FALSE(isRunning(run));
    {
        const auto lock = lockRun(run);
        EXPECT_EQ(readRun(run).state, RunState::Running);
        EXPECT_NE(test::errorOf([&] { (void)moveRunToTrash(run); }).what.find("Another process"), std::string::npos);
    }
    EXPECT_EQ(readRun(run).state, RunState::Stopped);
    EXPECT_TRUE(fs::exists(run));
}

TEST_F(RunList, hostileFilesBreakOneRunOnly) {
    addRun("good", 10);
    const fs::path cut = addRun("cut", 10);
    test::writeFile(cut / "metrics.jsonl", test::readFile(cut / "metrics.jsonl") +
                                               "[1,2]\n{\"step\":\"x\"}\n{\"step\":-5}\n{\"step\":1e300}\n" + std::string(100'000, 'x') +
                                               "\n{\"step\":3,\"loss\":9}\n{\"step\":11,\"lo");
    const fs::path odd = addRun("odd", 10);
    test::writeFile(odd / "run.json", "{\"format_version\":1");
    fs::create_directories(runs() / "key" / "run.json");
    const fs::path huge = addRun("huge", 10);
    fs::resize_file(huge / "metrics.jsonl", std::uintmax_t{5} << 30);  // sparse
    const fs::path notes = addRun("notes", 10);
    test::writeFile(notes / "run_notes.json", "nonsense");
    ASSERT_EQ(::symlink("loop", (runs() / "loop").c_str()), 0);

    const std::vector<RunSummary> all = listRuns(runs());
    ASSERT_EQ(all.size(), 6U);
    const auto named = [&](const std::string& folder) {
        for (const RunSummary& run : all)
            if (fs::path(run.folder).filename() == folder) return run;
        return RunSummary{};
    };
    EXPECT_EQ(named("good").state, RunState::Stopped);
    EXPECT_EQ(named("cut").state, RunState::Stopped);
    EXPECT_EQ(named("cut").step, 10);
    EXPECT_EQ(readRunPoints(cut).size(), 10U);
    EXPECT_EQ(named("odd").state, RunState::Broken);
    EXPECT_NE(named("odd").problem.find("run.json"), std::string::npos);
    EXPECT_EQ(named("key").state, RunState::Broken);
    EXPECT_EQ(named("huge").state, RunState::Broken);
    EXPECT_NE(named("huge").problem.find("metrics.jsonl"), std::string::npos);
    EXPECT_EQ(named("notes").state, RunState::Stopped);
    EXPECT_NE(named("notes").problem.find("run_notes.json"), std::string::npos);
    EXPECT_EQ(named("notes").name, "Named notes");
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(test::errorOf([&] { (void)listRuns(runs(), stop.get_token()); }).what, "Cancelled");
}

TEST_F(RunList, linesOfAnyLengthTakeLittleMemory) {
    std::string text = "one\n\n" + std::string(300'000, 'a') + "\ntwo\n" + std::string(9, 'b') + "\n" + std::string(10, 'c');
    test::writeFile(m_folder / "lines", text);
    LineReader lines(m_folder / "lines", 10);
    std::vector<std::string> read;
    while (const auto line = lines.next()) read.emplace_back(*line);
    EXPECT_EQ(read, (std::vector<std::string>{"one", "", "two", std::string(9, 'b'), std::string(10, 'c')}));
    test::writeFile(m_folder / "lines", std::string(600'000, 'a'));
    LineReader none(m_folder / "lines", 10);
    EXPECT_FALSE(none.next());
    EXPECT_FALSE(none.next());
}

TEST_F(RunList, namesAndNotes) {
    const fs::path run = addRun("run", 10);
    test::writeFile(run / "latentloom.json", R"({"format_version":1,"name":"Named run","twin":"../other"})");
    renameRun(run, "Grüße");
    setRunNotes(run, "a \"note\"\nof two lines");
    const RunSummary summary = readRun(run);
    EXPECT_EQ(summary.name, "Grüße");
    EXPECT_EQ(summary.notes, "a \"note\"\nof two lines");
    const nlohmann::json own = nlohmann::json::parse(test::readFile(run / "latentloom.json"));
    EXPECT_EQ(own["name"], "Grüße") << "the checkpoint is called so too";
    EXPECT_EQ(own["twin"], "../other");
    for (const std::string& bad : {std::string(), std::string("  "), std::string(201, 'n'), std::string("a\nb"), std::string("\xFF")})
        EXPECT_FALSE(test::errorOf([&] { renameRun(run, bad); }).what.empty()) << bad;
    EXPECT_FALSE(test::errorOf([&] { setRunNotes(run, std::string(20'001, 'n')); }).what.empty());
    EXPECT_FALSE(test::errorOf([&] { renameRun(m_folder.path(), "x"); }).what.empty());
    EXPECT_EQ(readRun(run).name, "Grüße");
}

TEST_F(RunList, aNewRunGetsAFolderOfItsOwn) {
    const auto named = [&](const std::string& name) { return pathText(freeRunFolder(runs(), name).filename()); };
    EXPECT_EQ(named("Grüße, 2. Версия"), "Grüße- 2- Версия");
    EXPECT_EQ(named("../../x"), "------x") << "nothing leads out of the folder";
    EXPECT_EQ(named("  "), "run");
    EXPECT_EQ(named(std::string(79, 'x') + "ß"), std::string(79, 'x')) << "no half characters";
    std::filesystem::create_directories(runs() / "mine");
    EXPECT_EQ(named("mine"), "mine 2");
}

TEST_F(RunList, foundByFolderOrByName) {
    const fs::path a = addRun("a", 10);
    addRun("b", 10);
    EXPECT_EQ(findRun(runs(), a.string()), a);
    EXPECT_EQ(findRun(runs(), "a"), a);
    EXPECT_EQ(findRun(runs(), "Named a"), a);
    renameRun(runs() / "b", "Named a");
    EXPECT_NE(test::errorOf([&] { (void)findRun(runs(), "Named a"); }).hint.find("a, b"), std::string::npos);
    EXPECT_NE(test::errorOf([&] { (void)findRun(runs(), "c"); }).hint.find("Known are a, b"), std::string::npos);
    EXPECT_NE(test::errorOf([&] { (void)findRun(m_folder / "none", ""); }).hint.find("no runs"), std::string::npos);
}

TEST_F(RunList, theTrashIsBesideTheRunsAndNothingIsLost) {
    const fs::path run = addRun("run", 10);
    const fs::path first = moveRunToTrash(run);
    EXPECT_EQ(first, runs() / ".trash" / "run");
    EXPECT_TRUE(isRun(first));
    EXPECT_TRUE(listRuns(runs()).empty()) << "what is in the trash is not listed";
    const fs::path second = moveRunToTrash(addRun("run", 20).string() + "/");
    EXPECT_EQ(second.filename(), "run 2");
    EXPECT_EQ(readRun(first).step, 10);
    EXPECT_EQ(readRun(second).step, 20);
}

TEST_F(RunList, twinsShareAGroupUntilTheLastHasGone) {
    const fs::path a = addRun("pair/mha", 10);
    const fs::path b = addRun("pair/mla", 10, 1, "", "2");
    EXPECT_TRUE(listRuns(runs()).empty()) << "only groups are looked into";
    writeTwinGroup(runs() / "pair", {{"mha", "mla"}, TwinMatch::Flops});
    const TwinGroup group = readTwinGroup(runs() / "pair");
    EXPECT_EQ(group.twins, (std::vector<std::string>{"mha", "mla"}));
    EXPECT_EQ(group.match, TwinMatch::Flops);
    ASSERT_EQ(listRuns(runs()).size(), 2U);
    EXPECT_EQ(readRun(a).twinGroup, (runs() / "pair").string());
    EXPECT_EQ(findRun(runs(), "mla"), b);
    (void)moveRunToTrash(a);
    EXPECT_TRUE(isTwinGroup(runs() / "pair"));
    (void)moveRunToTrash(b);
    EXPECT_FALSE(fs::exists(runs() / "pair"));

    fs::create_directories(runs() / "bad");
    for (const char* text :
         {R"({"format_version":1,"twins":["../x"]})", R"({"format_version":1,"twins":[]})", R"({"format_version":1,"twins":["a","a"]})",
          R"({"format_version":1,"twins":["a"],"match":"size"})", R"({"format_version":1,"twins":[1]})", R"({"twins":["a"]})"}) {
        test::writeFile(runs() / "bad" / "group.json", text);
        EXPECT_NE(test::errorOf([&] { (void)readTwinGroup(runs() / "bad"); }).where.find("group.json"), std::string::npos) << text;
    }
}

TEST_F(RunList, exportsReadBack) {
    const std::vector<RunRecord> records{readRunRecord(addRun("a", 25)), readRunRecord(addRun("b", 10, 1, "", "2"))};
    std::vector<RunRecord> quoted = records;
    quoted[0].summary.name = "a, \"b\"";
    const std::string csv = runsCsv(quoted);
    std::istringstream rows(csv);
    std::string line;
    std::getline(rows, line);
    EXPECT_EQ(line, "run,step,tokens,seconds,loss,validation_loss,learning_rate,gradient_norm\r");
    std::getline(rows, line);
    EXPECT_EQ(line, "\"a, \"\"b\"\"\",1,32,0.5,4.99,,0.001,1.5\r");
    EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 36);

    std::istringstream objects(runsJsonLines(records));
    int count = 0;
    int measured = 0;
    while (std::getline(objects, line)) {
        const nlohmann::json json = nlohmann::json::parse(line);
        EXPECT_EQ(json["run"], count < 25 ? "Named a" : "Named b");
        measured += json.contains("validation_loss") ? 1 : 0;
        ++count;
    }
    EXPECT_EQ(count, 35);
    EXPECT_EQ(measured, 3);
}

TEST_F(RunList, theReportNeedsNothingElse) {
    std::vector<RunRecord> records{readRunRecord(addRun("a", 100)), readRunRecord(addRun("b", 10, 1, "", "2"))};
    records[0].summary.name = "<script>alert(1)</script>";
    const std::string html = runsHtml(records);
    EXPECT_EQ(html.find("<script"), std::string::npos) << "what people call things is text";
    EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
    for (const char* elsewhere : {"http:", "https:", "src=", "@import", "url("})
        EXPECT_EQ(html.find(elsewhere), std::string::npos) << elsewhere;
    EXPECT_NE(html.find("upon &lt;a&gt; &quot;time&quot; &amp; so"), std::string::npos);
    EXPECT_NE(html.find("<tr class=\"differs\"><td>model.k_rank</td><td>–</td><td>2</td></tr>"), std::string::npos);
    EXPECT_NE(html.find("<tr><td>training.batch</td><td>2</td><td>2</td></tr>"), std::string::npos);
    EXPECT_NE(html.find("nats per token 4.99</title>"), std::string::npos) << "values stand under the pointer";
    records[1].summary.name = records[0].summary.name;
    EXPECT_NE(runsHtml(records).find("&lt;/script&gt; (b)"), std::string::npos) << "two of one name are told apart";
    const auto count = [&](const std::string& what) {
        std::size_t n = 0;
        for (std::size_t at = html.find(what); at != std::string::npos; at = html.find(what, at + 1)) ++n;
        return n;
    };
    EXPECT_EQ(count("<svg "), 5U);
    EXPECT_EQ(count("<svg "), count("</svg>"));
    EXPECT_EQ(count("<table>"), count("</table>"));
    for (const double wild : {1e300, 1e-300, -1e300, 0.0}) {  // what a file may hold
        records[0].points[50].loss = records[0].points[60].gradientNorm = wild;
        EXPECT_NE(runsHtml(records).find("</html>"), std::string::npos) << wild;
    }
    records[0].points.clear();
    records.resize(1);
    EXPECT_NE(runsHtml(records).find("Nothing was measured yet"), std::string::npos);
}

TEST_F(RunList, settingsHaveWhatTheConfigurationLeftOut) {
    const RunSettings rows = readRunSettings(addRun("a", 1));
    const auto value = [&](const std::string& key) {
        for (const auto& [k, v] : rows)
            if (k == key) return v;
        return std::string("none");
    };
    EXPECT_EQ(value("training.batch"), "2");
    EXPECT_EQ(value("training.schedule"), "cosine");
    EXPECT_EQ(value("training.learning_rate"), "0.001");
    EXPECT_EQ(value("model.hidden_size"), "8");
    EXPECT_EQ(value("form"), "MHA");
    EXPECT_EQ(value("data"), "maker:300:seed=1");
}

TEST(RunSamples, aStopEndsThemAtAnyMoment) {
    const auto engine = Engine::create({DeviceKind::Cpu, 1});
    const fs::path model = fs::path(LOOM_SOURCE_DIR) / "models" / "demo-mla";
    std::stop_source stop;
    std::int64_t asked = 0;
    const auto stopAtSecond = [&](std::int64_t done, std::int64_t) {
        ++asked;
        if (done == 1) stop.request_stop();
    };
    EXPECT_EQ(writeSamples(*engine, model, 4, 3, stopAtSecond, stop.get_token()).size(), 1U);
    EXPECT_EQ(asked, 2);
    EXPECT_TRUE(writeSamples(*engine, model, 4, 3, {}, stop.get_token()).empty()) << "not an Error, whatever it meets first";
    EXPECT_EQ(writeSamples(*engine, model, 4, 2, {}, {}).size(), 2U);
    EXPECT_THROW((void)writeSamples(*engine, model / "none", 4, 2, {}, {}), Error);
}

}  // namespace
}  // namespace loom
