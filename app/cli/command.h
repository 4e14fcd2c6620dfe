// SPDX-License-Identifier: GPL-3.0-or-later
// What the commands of latentloom-cli share: how they are registered, how they report, how they are cancelled.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/engine/api/engine.h"

namespace loom::cli {

enum ExitCode { kOk = 0, kFailed = 1, kUsage = 2, kCancelled = 130 };

/// What every command receives besides its own options.
struct Context {
    bool json = false;
    std::int64_t threads = 0;
    std::string device = "cpu";
    std::stop_token stop;

    [[nodiscard]] EngineOptions engineOptions() const;
    /// Prints one JSON document on stdout.
    static void print(const nlohmann::ordered_json& document);
};

/// A command's body: returns the exit code, throws Error.
using Body = std::function<int(const Context&)>;

struct Registration {
    CLI::App* app = nullptr;
    Body body;
};

/// Adds --json (and --threads, --device where the network computes) to a command.
void addCommonOptions(CLI::App& command, Context& context, bool computes);

/// MODEL, --tokenizer and --mla, for the commands that take them.
void addModelOption(CLI::App& command, std::string& model);
void addTokenizerOption(CLI::App& command, std::string& tokenizer);
void addMlaOption(CLI::App& command, std::string& mla);
/// --precision: f32, bf16, int8, int4, auto or reference.
void addPrecisionOption(CLI::App& command, std::string& precision);

/// One per file.
[[nodiscard]] Registration addBench(CLI::App& program, Context& context);
[[nodiscard]] Registration addCompare(CLI::App& program, Context& context);
[[nodiscard]] Registration addConvert(CLI::App& program, Context& context);
[[nodiscard]] Registration addEval(CLI::App& program, Context& context);
[[nodiscard]] Registration addGenerate(CLI::App& program, Context& context);
[[nodiscard]] Registration addLogits(CLI::App& program, Context& context);
[[nodiscard]] Registration addInspect(CLI::App& program, Context& context);
[[nodiscard]] Registration addPaths(CLI::App& program, Context& context);
[[nodiscard]] Registration addStories(CLI::App& program, Context& context);
[[nodiscard]] Registration addLook(CLI::App& program, Context& context);
[[nodiscard]] Registration addMemory(CLI::App& program, Context& context);
[[nodiscard]] Registration addRuns(CLI::App& program, Context& context);
[[nodiscard]] Registration addScore(CLI::App& program, Context& context);
[[nodiscard]] Registration addTokenize(CLI::App& program, Context& context);
[[nodiscard]] Registration addTokenizerTrain(CLI::App& program, Context& context);
[[nodiscard]] Registration addTrain(CLI::App& program, Context& context);

/// Opens MODEL with or without its tokenizer.
[[nodiscard]] std::shared_ptr<const OpenModel> openModel(Engine& engine, const std::string& model, const std::string& tokenizer,
                                                         bool needTokenizer);
[[nodiscard]] MlaPath pathFrom(const std::string& name);
[[nodiscard]] PrecisionChoice precisionFrom(const std::string& name);
/// "f32", "bf16", "f16" or "int8".
[[nodiscard]] DType cacheTypeFrom(const std::string& name);
/// "1,2,3" → ids. Throws Error naming what is no number.
[[nodiscard]] TokenIds parseIds(const std::string& list);
[[nodiscard]] std::vector<std::int64_t> values(const TokenIds& ids);
/// Throws Error when text given by a person is no UTF-8.
void requireUtf8(const std::string& text, const std::string& option);

}  // namespace loom::cli
