// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli train: from a text file to a story, stopped, killed, resumed, and asked for what cannot be.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <sstream>
#include <thread>

#include "tests/core/cli_fixture.h"

namespace loom {
namespace {

using test::Outcome;

const std::string kModel = R"("model":{"model_type":"llama","hidden_size":32,"num_hidden_layers":2,"num_attention_heads":2,)"
                           R"("intermediate_size":48,"max_position_embeddings":48,"tie_word_embeddings":true,"vocab_size":300})";

class CliTrain : public test::Cli {
protected:
    CliTrain() {
        test::writeFile(m_folder / "stories.txt", stories(0, 150));
        test::writeFile(m_folder / "valid.txt", stories(150, 172));
    }
    static std::string stories(int from, int to) {
        std::string text;
        for (int i = from; i < to; ++i)
            text +=
                "Once upon a time there was a cat number " + std::to_string(i) + ". It sat on a red mat and was happy.\n<|endoftext|>\n";
        return text;
    }
    void config(const std::string& training, const std::string& model = kModel) {
        test::writeFile(m_folder / "config.json", "{" + model + ",\"training\":{" + training + "}}");
    }
    std::string begin(const std::string& out, const std::string& more = "") {
        return "train --data " + path("stories.txt") + " --config " + path("config.json") + " --threads 1 --out " + path(out) + " " + more;
    }
    std::string resume(const std::string& out) { return "train --resume " + path(out) + " --threads 1"; }

    /// The loss of each step.
    std::vector<double> losses(const std::string& out) {
        std::vector<double> all;
        std::istringstream lines(test::readFile(m_folder / out / "metrics.jsonl"));
        for (std::string line; std::getline(lines, line);) {
            const nlohmann::json json = nlohmann::json::parse(line);
            EXPECT_EQ(json["step"], all.size() + 1);
            all.push_back(json["loss"].get<double>());
        }
        return all;
    }

    /// Starts the program and sends it `signal` as soon as `moment` has come; returns its exit code, or 128 + signal.
    int interrupted(const std::vector<std::string>& arguments, int signal, const std::function<bool()>& moment) {
        const std::string program = LOOM_BINARY_DIR "/latentloom-cli";
        const pid_t child = fork();
        if (child == 0) {
            const int nothing = open("/dev/null", O_RDWR);
            for (const int descriptor : {0, 1, 2}) dup2(nothing, descriptor);
            std::vector<char*> argv{const_cast<char*>(program.c_str())};
            for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
            argv.push_back(nullptr);
            execv(program.c_str(), argv.data());
            _exit(127);
        }
        int status = 0;
        while (!moment()) {
            if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        kill(child, signal);
        waitpid(child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    static std::function<bool()> after(std::chrono::milliseconds wait) {
        return [end = std::chrono::steady_clock::now() + wait] { return std::chrono::steady_clock::now() >= end; };
    }
    /// When this many steps stand in the metrics.
    std::function<bool()> atStep(const std::string& out, std::int64_t step) {
        return [file = m_folder / out / "metrics.jsonl", step] {
            if (!std::filesystem::exists(file)) return false;
            const std::string lines = test::readFile(file);
            return std::count(lines.begin(), lines.end(), '\n') >= step;
        };
    }
    std::vector<std::string> beginWords(const std::string& out) {
        return {"train",
                "--data",
                (m_folder / "stories.txt").string(),
                "--config",
                (m_folder / "config.json").string(),
                "--threads",
                "1",
                "--out",
                (m_folder / out).string()};
    }
    std::vector<std::string> resumeWords(const std::string& out) {
        return {"train", "--resume", (m_folder / out).string(), "--threads", "1"};
    }
};

TEST_F(CliTrain, fromATextToAStory) {
    config(R"("batch":4,"steps":60,"learning_rate":1e-2,"warmup":5,"evaluate_every":20,"storage":"bf16")");
    const nlohmann::json result = json(begin("run", "--valid " + path("valid.txt")));
    EXPECT_EQ(result["step"], 60);
    EXPECT_EQ(result["tokens"], 60 * 4 * 48);
    EXPECT_FALSE(result["stopped"].get<bool>());
    const std::vector<double> curve = losses("run");
    ASSERT_EQ(curve.size(), 60U);
    EXPECT_LT(curve.back(), 0.5 * curve.front());
    EXPECT_LT(result["validation_loss"].get<double>(), 3.0);

    EXPECT_EQ(run("inspect " + path("run")).err, "") << "a run's own card and notes must read without a warning";
    const nlohmann::json inspected = json("inspect " + path("run"));
    EXPECT_EQ(inspected["form"], "mha");
    EXPECT_EQ(inspected["storage"], "bf16");
    const nlohmann::json story = json("generate " + path("run") + " --prompt 'Once upon a time' --max-tokens 20 --temperature 0");
    EXPECT_NE(story["text"].get<std::string>().find("cat"), std::string::npos) << story["text"];
    const nlohmann::json held = json("eval " + path("run") + " --data " + path("valid.txt"));
    EXPECT_NEAR(held["bits_per_byte"].get<double>(), result["bits_per_byte"].get<double>(), 1e-9);

    const nlohmann::json card = nlohmann::json::parse(test::readFile(m_folder / "run" / "training.json"));
    EXPECT_EQ(card["training"]["steps"], 60);
    EXPECT_EQ(card["data"]["stories"], 150);
    EXPECT_EQ(card["samples"].size(), 5U);
    const std::string timeline = test::readFile(m_folder / "run" / "samples.jsonl");
    EXPECT_EQ(std::count(timeline.begin(), timeline.end(), '\n'), 3) << "stories of each measurement";
    EXPECT_EQ(json("inspect " + path("run/best"))["form"], "mha");
    EXPECT_NEAR(card["result"]["bits_per_byte"].get<double>(), result["bits_per_byte"].get<double>(), 1e-9);
    EXPECT_EQ(card["curve"].back()["step"], 60);
    EXPECT_NEAR(card["curve"].back()["validation_loss"].get<double>(), result["validation_loss"].get<double>(), 1e-12);
}

TEST_F(CliTrain, everyFormTrainsAndOpens) {
    const std::string common =
        R"("num_hidden_layers":2,"hidden_size":32,"intermediate_size":48,"max_position_embeddings":48,"vocab_size":300,)";
    const std::string own = R"("model_type":"latentloom",)" + common +
                            R"("num_attention_heads":4,"head_dim":8,"norm":"layer_norm","mlp":"gelu","mlp_bias":true,)";
    const std::vector<std::pair<std::string, std::string>> forms{
        {"mla-deepseek",
         R"("model_type":"deepseek_v3",)" + common +
             R"("num_attention_heads":4,"q_lora_rank":null,"kv_lora_rank":12,"qk_nope_head_dim":8,"qk_rope_head_dim":4,"v_head_dim":8,)"
             R"("first_k_dense_replace":2,"tie_word_embeddings":true)"},
        {"mla-paper", own + R"("latent":"per_head","k_rank":4,"v_rank":4,"positions":"rotary","tie_word_embeddings":true)"},
        {"mla-paper", own + R"("latent":"per_head","k_rank":4,"v_rank":4,"positions":"learned","tie_word_embeddings":true)"},
        {"mha", own + R"("latent":"none","positions":"learned","tie_word_embeddings":true)"}};
    int number = 0;
    for (const auto& [form, model] : forms) {
        config(R"("batch":4,"steps":25,"learning_rate":1e-2,"warmup":5,"precision":"bf16")", "\"model\":{" + model + "}");
        const std::string run = "run" + std::to_string(number++);
        EXPECT_LT(json(begin(run))["loss"].get<double>(), 4.5) << model;
        EXPECT_EQ(json("inspect " + path(run))["form"], form);
        const nlohmann::json story = json("generate " + path(run) + " --prompt Once --max-tokens 10 --seed 1");
        EXPECT_EQ(story["cache"]["used_bytes"].get<std::int64_t>() * story["cache"]["capacity_tokens"].get<std::int64_t>(),
                  story["cache"]["bytes"].get<std::int64_t>() * story["cache"]["used_tokens"].get<std::int64_t>());
    }
}

TEST_F(CliTrain, ctrlCStopsCleanlyAndResumeGoesOnIdentically) {
    config(R"("batch":2,"steps":400,"learning_rate":3e-3,"dropout":0.1,"checkpoint_every":0,"precision":"bf16")");
    ASSERT_EQ(run(begin("whole")).code, 0);
    const std::vector<double> whole = losses("whole");
    int code = interrupted(beginWords("parts"), SIGINT, atStep("parts", 20));
    ASSERT_EQ(code, 130);
    ASSERT_LT(losses("parts").size(), 380U) << "at least 20 steps must follow";
    for (std::int64_t step = 100; step < 400 && code != 0; step += 100) {
        code = interrupted(resumeWords("parts"), SIGINT, atStep("parts", step));
        ASSERT_TRUE(code == 130 || code == 0) << code;
    }
    if (code != 0) code = run(resume("parts")).code;
    ASSERT_EQ(code, 0);
    EXPECT_EQ(losses("parts"), whole);
    const Outcome again = run(resume("parts"));
    EXPECT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(losses("parts"), whole);
}

TEST_F(CliTrain, killedAtAnyMomentItCanBeResumed) {
    config(R"("batch":2,"steps":250,"learning_rate":3e-3,"checkpoint_every":3)");
    ASSERT_EQ(run(begin("whole")).code, 0);
    const std::vector<double> whole = losses("whole");
    int code = -1;
    for (int i = 0; i < 60 && code != 0; ++i) {
        const bool there = std::filesystem::exists(m_folder / "killed" / "run.json");
        // Moments from before the folder exists to the middle of the run, drifting from one to the next.
        const std::chrono::milliseconds wait(i < 20 ? 40 + 61 * i % 700 : 3000);
        code = interrupted(there ? resumeWords("killed") : beginWords("killed"), SIGKILL, after(wait));
        ASSERT_TRUE(code == 128 + SIGKILL || code == 0) << code << " at round " << i;
        if (std::filesystem::exists(m_folder / "killed" / "model.safetensors")) {
            const Outcome inspected = run("inspect " + path("killed"));
            ASSERT_EQ(inspected.code, 0) << inspected.err;
        }
    }
    if (code != 0) {
        const Outcome last = run(resume("killed"));
        ASSERT_EQ(last.code, 0) << last.err;
    }
    EXPECT_EQ(losses("killed"), whole);
    for (const auto& entry : std::filesystem::directory_iterator(m_folder / "killed")) {
        EXPECT_EQ(entry.path().filename().string().find(".part-"), std::string::npos) << entry.path();
    }
}

TEST_F(CliTrain, tellsHowToGoOn) {
    config(R"("batch":2,"steps":100000,"learning_rate":3e-3)");
    ASSERT_EQ(interrupted(beginWords("run"), SIGINT, atStep("run", 2)), 130);
    const Outcome outcome = run(resume("run") + " & sleep 2; kill -INT $!; wait $!");
    EXPECT_NE(outcome.err.find("train --resume"), std::string::npos) << outcome.err;
}

TEST_F(CliTrain, badInputsAreNamed) {
    config(R"("batch":2,"steps":3)");
    test::writeFile(m_folder / "empty.txt", "");
    test::writeFile(m_folder / "line.txt", "One line.");
    test::writeFile(m_folder / "binary.bin", std::string("\x7F"
                                                         "ELF\0\0\1",
                                                         7));
    const auto with = [&](const std::string& data) {
        return "train --data " + path(data) + " --config " + path("config.json") + " --threads 1 --out " + path("bad");
    };
    expectError(with("empty.txt"), "empty");
    expectError(with("line.txt"), "vocab_size");
    expectError(with("binary.bin"), "binary.bin");
    expectError(with("missing.txt"), "missing.txt");
    EXPECT_FALSE(std::filesystem::exists(m_folder / "bad" / "run.json"));
    ASSERT_EQ(run("tokenizer train --data " + path("stories.txt") + " --vocab 300 --out " + path("tok")).code, 0);
    expectError(with("line.txt") + " --tokenizer " + path("tok"), "fewer than one row");  // context longer than the data

    if (std::filesystem::exists(test::kStories)) {
        config(R"("batch":2,"steps":3)", "\"model\":{" + kModel.substr(9, kModel.find(",\"vocab_size\"") - 9) + "}");
        expectError(begin("bad", "--tokenizer '" + (test::kStories / "tok512.bin").string() + "'"), "only a tokenizer.json");
    }
    config(R"("steps":0)");
    expectError(begin("bad"), "training.steps is 0");
    config(R"("stepz":3)");
    expectError(begin("bad"), "stepz");
    test::writeFile(m_folder / "config.json", "{");
    expectError(begin("bad"), "config.json");
    EXPECT_EQ(run("train --data x").code, 2);
    EXPECT_EQ(run("train --resume " + path("r") + " --config c.json").code, 2);
    expectError(resume("nothing"), "no training run");

    config(R"("batch":2,"steps":3)");
    ASSERT_EQ(run(begin("run")).code, 0);
    expectError(begin("run"), "a training run already");
    expectError("train --resume " + path("run") + " --data " + path("valid.txt"), "not what the run was begun with");
    test::writeFile(m_folder / "run" / "state.safetensors", "broken");
    expectError(resume("run"), "state.safetensors");
}

TEST_F(CliTrain, aFullDiskEndsTheRunAndKeepsTheLastCheckpoint) {
    config(R"("batch":2,"steps":30,"checkpoint_every":10)");
    ASSERT_EQ(run(begin("run")).code, 0);
    const std::string before = test::readFile(m_folder / "run" / "model.safetensors");
    // A limit on the size of files stands for the full disk: writing fails in the middle.
    config(R"("batch":2,"steps":30,"checkpoint_every":10,"seed":2)");
    const std::string program = "'" LOOM_BINARY_DIR "/latentloom-cli' ";
    const Outcome outcome = shell("trap '' XFSZ; ulimit -f 40; " + program + begin("small"));
    EXPECT_EQ(outcome.code, 1) << outcome.err;
    EXPECT_NE(outcome.err.find("error: "), std::string::npos) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(m_folder / "small" / "state.safetensors"));
    const Outcome resumed = run(resume("small"));  // with room again
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(losses("small").size(), 30U);
    EXPECT_EQ(test::readFile(m_folder / "run" / "model.safetensors"), before);
}

TEST_F(CliTrain, storiesMayComeFromTheMakerJsonLinesOrAFolder) {
    config(R"("batch":2,"steps":3,"evaluate_every":1)");
    const Outcome made =
        run("train --data maker:300 --valid-share 0.1 --config " + path("config.json") + " --threads 1 --json --out " + path("made"));
    ASSERT_EQ(made.code, 0) << made.err;
    EXPECT_NE(made.err.find("stories held out"), std::string::npos) << made.err;
    EXPECT_TRUE(nlohmann::json::parse(made.out).contains("bits_per_byte"));
    config(R"("batch":2,"steps":5,"evaluate_every":1)");
    ASSERT_EQ(interrupted({"train", "--data", "maker:300", "--valid-share", "0.1", "--config", (m_folder / "config.json").string(), "--out",
                           (m_folder / "again").string(), "--threads", "1", "--steps", "100000"},
                          SIGINT, atStep("again", 1)),
              130);
    EXPECT_EQ(interrupted(resumeWords("again"), SIGINT, atStep("again", 3)), 130) << "the same stories are made again";

    std::filesystem::create_directory(m_folder / "tales");
    test::writeFile(m_folder / "tales" / "a.txt", stories(0, 80));
    std::string lines;
    for (int i = 80; i < 150; ++i) lines += "{\"id\":" + std::to_string(i) + ",\"tale\":\"A dog is number " + std::to_string(i) + ".\"}\n";
    test::writeFile(m_folder / "tales" / "b.jsonl", lines + "{\"id\":7}\n");
    const Outcome folder = run("train --data " + path("tales") + " --config " + path("config.json") + " --threads 1 --out " + path("told"));
    ASSERT_EQ(folder.code, 0) << folder.err;
    EXPECT_NE(folder.err.find("2 files; 150 stories"), std::string::npos) << folder.err;
    EXPECT_NE(folder.err.find("b.jsonl, line 71"), std::string::npos) << folder.err;
    EXPECT_EQ(json("stories " + path("tales"))["left_out"], 1);
}

TEST_F(CliTrain, aTimeBudgetChoosesTheSteps) {
    config(R"("batch":2)");
    const nlohmann::json result = json(begin("run", "--minutes 0.05"));
    EXPECT_GT(result["steps"].get<std::int64_t>(), 3);
    EXPECT_EQ(result["step"], result["steps"]);
}

TEST_F(CliTrain, fewerStepsThanTheWarmupShortenIt) {
    config(R"("batch":2,"steps":1000,"warmup":100,"seed":3)");
    const nlohmann::json result = json(begin("run", "--steps 20 --seed 4"));
    EXPECT_EQ(result["step"], 20);
    const nlohmann::json kept = nlohmann::json::parse(test::readFile(m_folder / "run" / "run.json"));
    EXPECT_EQ(kept["config"]["training"]["seed"], 4);
    EXPECT_EQ(nlohmann::json::parse(test::readFile(m_folder / "run" / "training.json"))["training"]["warmup"], 2);
}

TEST_F(CliTrain, twoProcessesDoNotTrainTheSameRun) {
    config(R"("batch":2,"steps":100000)");
    const std::string program = "'" LOOM_BINARY_DIR "/latentloom-cli' ";
    const Outcome outcome =
        shell(program + begin("run") + " >/dev/null 2>&1 & first=$!; while [ ! -f " + path("run") +
              "/metrics.jsonl ]; do sleep 0.05; done; " + program + resume("run") + "; code=$?; kill -9 $first; exit $code");
    EXPECT_EQ(outcome.code, 1);
    EXPECT_NE(outcome.err.find("Another process is training this run"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace loom
