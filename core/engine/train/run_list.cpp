// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/run_list.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <system_error>

#include <sys/stat.h>

#include "core/data/error.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/train/run_folder.h"
#include "core/engine/train/run_metrics.h"
#include "core/engine/train/run_notes.h"
#include "core/engine/train/twin_group.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRecentSteps = 51;  ///< that the speed is taken from

/// Absolute, without "." and a slash at the end.
fs::path plainPath(const fs::path& folder) {
    const fs::path plain = fs::absolute(folder).lexically_normal();
    return plain.has_filename() ? plain : plain.parent_path();
}

/// Folders in `folder` that a list shows, by name. Throws Error where it cannot be read.
std::vector<fs::path> foldersIn(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        std::error_code ignored;
        const bool hidden = entry->path().filename().native().starts_with('.');
        if (!hidden && entry->is_directory(ignored)) found.push_back(entry->path());
    }
    if (code) throw Error{"The folder of runs cannot be read: " + code.message(), pathText(folder), "Check its permissions"};
    std::sort(found.begin(), found.end());
    return found;
}

/// All run folders below `folder`, those of groups included.
std::vector<fs::path> runFolders(const fs::path& folder) {
    std::vector<fs::path> runs;
    if (!fileExists(folder)) return runs;
    for (const fs::path& entry : foldersIn(folder)) {
        if (isRun(entry)) runs.push_back(entry);
        if (!isTwinGroup(entry)) continue;
        for (const fs::path& twin : foldersIn(entry))
            if (isRun(twin)) runs.push_back(twin);
    }
    return runs;
}

/// What the curve says of a run, from one reading of its file: measurements, and the last steps.
void addMetrics(RunSummary& summary, const fs::path& file, std::int64_t patience) {
    std::array<std::string, kRecentSteps> recent;  ///< the last lines, in turns
    std::size_t lines = 0;
    std::int64_t worse = 0;  ///< measurements since the best one
    forMetricsLines(file, [&](std::string_view line) {
        recent[lines++ % kRecentSteps].assign(line);
        if (line.find("\"validation_loss\"") == std::string_view::npos) return;
        const std::optional<TrainPoint> point = pointOfLine(line);
        if (!point || !point->validationLoss) return;
        summary.validationLoss = point->validationLoss;
        ++worse;
        if (summary.bestLoss && *summary.bestLoss <= *point->validationLoss) return;
        summary.bestLoss = point->validationLoss;
        summary.bestStep = point->step;
        worse = 0;
    });
    std::vector<TrainPoint> last;
    for (std::size_t i = lines - std::min(lines, kRecentSteps); i < lines; ++i) {
        const std::optional<TrainPoint> point = pointOfLine(recent[i % kRecentSteps]);
        if (point && (last.empty() || point->step > last.back().step)) last.push_back(*point);
    }
    if (last.empty()) return;
    const TrainPoint& first = last.front();
    const TrainPoint& end = last.back();
    summary.step = end.step;
    summary.tokens = end.tokens;
    summary.seconds = end.seconds;
    summary.loss = end.loss;
    if (end.seconds > first.seconds)
        summary.tokensPerSecond = static_cast<double>(end.tokens - first.tokens) / (end.seconds - first.seconds);
    else if (end.seconds > 0)
        summary.tokensPerSecond = static_cast<double>(end.tokens) / end.seconds;
    const bool patienceEnded = patience > 0 && worse >= patience;
    if (summary.step >= summary.steps || patienceEnded) summary.state = RunState::Finished;
}

std::int64_t changedAt(const fs::path& file) {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 ? static_cast<std::int64_t>(status.st_mtime) : 0;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

}  // namespace

RunSummary readRun(const fs::path& run) {
    if (!isRun(run)) throw Error{"There is no training run", pathText(run), "Give a folder that holds run.json"};
    RunSummary summary;
    const fs::path folder = plainPath(run);
    summary.folder = pathText(folder);
    summary.name = pathText(folder.filename());
    summary.started = changedAt(run / "run.json");
    if (isTwinGroup(folder.parent_path())) summary.twinGroup = pathText(folder.parent_path());
    const auto read = guarded([&] {
        const RunRequest request = readRunRequest(run);
        const TrainConfig config = parseTrainConfig(request.config, pathText(run / "run.json"), 0);
        if (request.started > 0) summary.started = request.started;
        if (!config.name.empty()) summary.name = config.name;
        summary.steps = config.training.steps;
        summary.tokensPerStep = config.training.tokensPerStep();
        summary.preset = config.preset;
        summary.form = attentionFormName(config.model.attention);
        summary.parameters = countParameters(config.model).total;
        summary.precision = name(config.training.precision);
        summary.device = request.device;
        summary.data = nameOf(request.data.train);
        summary.state = RunState::Stopped;
        addMetrics(summary, run / "metrics.jsonl", config.training.patience);
    });
    if (!read) {
        summary.state = RunState::Broken;
        summary.problem = read.error().message();
    } else if (isRunning(run)) {
        summary.state = RunState::Running;
    }
    if (const auto notes = guarded([&] { return readRunNotes(run); })) {
        if (!notes->name.empty()) summary.name = notes->name;
        summary.notes = notes->notes;
    } else if (summary.problem.empty()) {
        summary.problem = notes.error().message();
    }
    return summary;
}

std::vector<RunSummary> listRuns(const fs::path& folder, std::stop_token stop) {
    std::vector<RunSummary> runs;
    for (const fs::path& run : runFolders(folder)) {
        if (stop.stop_requested()) throw Error{"Cancelled", {}, {}};
        if (auto summary = guarded([&] { return readRun(run); })) runs.push_back(std::move(*summary));  // it may have gone meanwhile
    }
    std::stable_sort(runs.begin(), runs.end(), [](const RunSummary& a, const RunSummary& b) { return a.started > b.started; });
    return runs;
}

std::vector<TrainPoint> readRunPoints(const fs::path& run) {
    std::vector<TrainPoint> points;
    forPoints(run / "metrics.jsonl", std::numeric_limits<std::int64_t>::max(),
              [&](const TrainPoint& point, std::string_view) { points.push_back(point); });
    return points;
}

std::vector<StepSamples> readRunSamples(const fs::path& run) {
    std::vector<StepSamples> samples = readSamples(run / "samples.jsonl");
    std::stable_sort(samples.begin(), samples.end(), [](const StepSamples& a, const StepSamples& b) { return a.step < b.step; });
    return samples;
}

fs::path findRun(const fs::path& runs, const std::string& name) {
    std::error_code ignored;
    if (isRun(name)) return name;
    if (!name.empty() && isRun(runs / name)) return runs / name;
    std::vector<fs::path> found;
    std::vector<std::string> known;
    for (const fs::path& run : runFolders(runs)) {
        const auto notes = guarded([&] { return readRun(run); });
        known.push_back(pathText(fs::relative(run, runs, ignored)));
        if (pathText(run.filename()) == name || (notes && notes->name == name)) found.push_back(run);
    }
    if (found.size() == 1) return found.front();
    if (found.size() > 1) {
        std::vector<std::string> folders;
        for (const fs::path& run : found) folders.push_back(pathText(fs::relative(run, runs, ignored)));
        throw Error{"Several runs are called so", name, "Give the folder: " + joined(folders)};
    }
    constexpr std::size_t kShown = 8;
    const bool more = known.size() > kShown;
    if (more) known.resize(kShown);
    throw Error{"There is no such run", name,
                known.empty() ? "There are no runs in " + pathText(runs) : "Known are " + joined(known) + (more ? ", …" : "")};
}

}  // namespace loom
