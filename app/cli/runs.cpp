// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli runs: the training runs of a folder, compared, renamed, exported and thrown away.
#include <array>
#include <ctime>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "core/data/utf8.h"
#include "core/engine/api/user_paths.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/train/run_export.h"
#include "core/engine/train/run_list.h"

namespace loom::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Options {
    std::string folder;  ///< empty = the person's own
    std::string run, text, csv, jsonLines, html;
    std::vector<std::string> runs;
    CLI::App *list = nullptr, *show = nullptr, *rename = nullptr, *note = nullptr, *remove = nullptr, *save = nullptr;

    [[nodiscard]] fs::path runsFolder() const { return folder.empty() ? userPaths().runs : fs::path(folder); }
    [[nodiscard]] fs::path find(const std::string& name) const { return findRun(runsFolder(), name); }
};

Json summaryJson(const RunSummary& s) {
    Json json{{"folder", s.folder}, {"name", s.name}, {"state", name(s.state)}, {"step", s.step}, {"steps", s.steps}};
    if (!s.problem.empty()) json["problem"] = s.problem;
    if (!s.notes.empty()) json["notes"] = s.notes;
    if (s.loss) json["loss"] = *s.loss;
    if (s.validationLoss) json["validation_loss"] = *s.validationLoss;
    if (s.bestLoss) json["best"] = {{"step", s.bestStep}, {"validation_loss", *s.bestLoss}};
    json.update({{"tokens", s.tokens},
                 {"seconds", s.seconds},
                 {"tokens_per_second", s.tokensPerSecond},
                 {"started", s.started},
                 {"form", s.form},
                 {"parameters", s.parameters},
                 {"precision", s.precision},
                 {"device", s.device},
                 {"data", s.data}});
    if (!s.preset.empty()) json["preset"] = s.preset;
    if (!s.twinGroup.empty()) json["twins"] = s.twinGroup;
    return json;
}

std::string dayText(std::int64_t seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    std::array<char, 32> room{};
    if (localtime_r(&time, &parts) != nullptr) (void)std::strftime(room.data(), room.size(), "%Y-%m-%d %H:%M", &parts);
    return room.data();
}

std::string lossText(const std::optional<double>& loss) {
    std::ostringstream text;
    if (loss)
        text << std::fixed << std::setprecision(4) << *loss;
    else
        text << "-";
    return text.str();
}

int listAll(const Options& options, const Context& context) {
    const fs::path folder = options.runsFolder();
    const std::vector<RunSummary> runs = listRuns(folder, context.stop);
    if (context.json) {
        Json all = Json::array();
        for (const RunSummary& run : runs) all.push_back(summaryJson(run));
        Context::print({{"folder", pathText(folder)}, {"runs", std::move(all)}});
        return kOk;
    }
    if (runs.empty())
        std::cerr << "There are no runs in " << pathText(folder) << ". Begin one with: latentloom-cli train --preset 2-minutes\n";
    for (const RunSummary& s : runs) {
        std::cout << dayText(s.started) << "  " << std::left << std::setw(9) << name(s.state) << std::right << std::setw(8) << s.step
                  << " of " << std::left << std::setw(8) << s.steps << "validation " << std::setw(8) << lossText(s.validationLoss) << s.name
                  << "  (" << pathText(fs::path(s.folder).lexically_proximate(fs::absolute(folder))) << ")\n";
        if (!s.problem.empty()) std::cout << "    " << s.problem << '\n';
    }
    return kOk;
}

int showOne(const Options& options, const Context& context) {
    const fs::path run = options.find(options.run);
    const RunSummary s = readRun(run);
    const RunSettings settings = s.state == RunState::Broken ? RunSettings{} : readRunSettings(run);
    const std::vector<StepSamples> samples = readRunSamples(run);
    if (context.json) {
        Json json = summaryJson(s);
        for (const auto& [key, value] : settings) json["settings"][key] = value;
        json["measurements_with_stories"] = samples.size();
        Context::print(json);
        return kOk;
    }
    std::cout << s.name << " (" << name(s.state) << ")\n" << s.folder << '\n';
    if (!s.problem.empty()) std::cout << s.problem << '\n';
    if (!s.notes.empty()) std::cout << s.notes << '\n';
    std::cout << "step " << s.step << " of " << s.steps << ", " << s.tokens << " tokens, loss " << lossText(s.loss) << ", validation "
              << lossText(s.validationLoss) << ", lowest " << lossText(s.bestLoss) << " at step " << s.bestStep << '\n';
    for (const auto& [key, value] : settings) std::cout << "  " << std::left << std::setw(34) << key << value << '\n';
    if (samples.empty()) return kOk;
    std::cout << "Stories of step " << samples.back().step << ":\n";
    for (const SampleStory& story : samples.back().stories) std::cout << "  " << story.prompt << story.text << "\n\n";
    return kOk;
}

/// What was changed, as a sentence or a document.
int told(const Context& context, const std::string& sentence, const Json& json) {
    if (context.json)
        Context::print(json);
    else
        std::cout << sentence << '\n';
    return kOk;
}

int removeAll(const Options& options, const Context& context) {
    std::vector<fs::path> found;  // all of them before any is moved
    for (const std::string& run : options.runs) found.push_back(options.find(run));
    Json moved = Json::array();
    std::string sentence;
    for (const fs::path& run : found) {
        const std::string to = pathText(moveRunToTrash(run));
        moved.push_back(to);
        sentence += (sentence.empty() ? "" : "\n") + ("Moved to " + to);
    }
    return told(context, sentence, {{"moved_to", std::move(moved)}});
}

int save(const Options& options, const Context& context) {
    if (options.csv.empty() && options.jsonLines.empty() && options.html.empty()) {
        std::cerr << "Say what to write: --csv FILE, --jsonl FILE or --html FILE.\n";
        return kUsage;
    }
    std::vector<RunRecord> records;
    std::size_t points = 0;
    for (const std::string& run : options.runs) {
        records.push_back(readRunRecord(options.find(run)));
        points += records.back().points.size();
    }
    Json files = Json::array();
    const auto write = [&](const std::string& file, const auto& text) {
        if (file.empty()) return;
        writeTextFile(file, text(records));
        files.push_back(file);
    };
    write(options.csv, runsCsv);
    write(options.jsonLines, runsJsonLines);
    write(options.html, runsHtml);
    std::string sentence = std::to_string(records.size()) + " runs, " + std::to_string(points) + " steps, written to ";
    for (std::size_t i = 0; i < files.size(); ++i) sentence += (i > 0 ? ", " : "") + files[i].get<std::string>();
    return told(context, sentence, {{"files", files}, {"runs", records.size()}, {"points", points}});
}

int run(const Options& options, const Context& context) {
    if (options.show->parsed()) return showOne(options, context);
    if (options.remove->parsed()) return removeAll(options, context);
    if (options.save->parsed()) return save(options, context);
    if (options.list->parsed()) return listAll(options, context);
    requireUtf8(options.text, "text");
    const fs::path folder = options.find(options.run);
    if (options.rename->parsed()) {
        renameRun(folder, options.text);
        return told(context, pathText(folder) + " is called " + options.text + " now",
                    {{"folder", pathText(folder)}, {"name", options.text}});
    }
    setRunNotes(folder, options.text);
    return told(context, "Noted", {{"folder", pathText(folder)}, {"notes", options.text}});
}

}  // namespace

Registration addRuns(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* group = program.add_subcommand("runs", "Training runs: list, show, rename, note, delete, export.");
    group->require_subcommand(1);
    const auto add = [&](const char* name, const char* what) {
        CLI::App* command = group->add_subcommand(name, what);
        command->add_option("--folder", options->folder, "Where the runs are (default: `paths` says where yours are)");
        addCommonOptions(*command, context, false);
        return command;
    };
    const auto one = [&](CLI::App* command) {
        command->add_option("RUN", options->run, "Folder of a run, its name in the folder of runs, or what it is called")->required();
    };
    const auto several = [&](CLI::App* command) { command->add_option("RUN", options->runs, "Folders or names of runs")->required(); };
    options->list = add("list", "All runs, newest first, with what they have reached.");
    options->show = add("show", "One run: what it has reached, all its settings, its latest stories.");
    one(options->show);
    options->rename = add("rename", "Call a run something else. Its folder stays where it is.");
    one(options->rename);
    options->rename->add_option("NAME", options->text, "The name")->required();
    options->note = add("note", "Write a note for a run, instead of the one before.");
    one(options->note);
    options->note->add_option("TEXT", options->text, "The note; \"\" takes it away")->required();
    options->remove = add("delete", "Move runs to the folder .trash beside them, from where they can be moved back.");
    several(options->remove);
    options->save = add("export", "Curves, settings and stories of runs together.");
    several(options->save);
    options->save->add_option("--csv", options->csv, "A table with a row per step");
    options->save->add_option("--jsonl", options->jsonLines, "An object per step and line");
    options->save->add_option("--html", options->html, "A report that opens in any browser, without a network");
    return {group, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
