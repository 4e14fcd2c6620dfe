// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/run_folder.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <string_view>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/data/hash.h"
#include "core/engine/checkpoint/config_reader.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/train/run_metrics.h"

namespace loom {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kLargestRunFile = std::size_t{4} << 20;
constexpr std::int64_t kVersion = 1;
constexpr int kLockRetries = 5;
constexpr std::array kTokenizerFiles{"tokenizer_config.json", "vocab.json", "merges.txt", "special_tokens_map.json", "tokenizer.json"};

Error systemError(const std::string& what, const fs::path& path, int code) {
    const std::string hint = code == ENOSPC ? "Free some disk space, then resume the run" : "Check the folder and its permissions";
    return {what + ": " + std::generic_category().message(code), pathText(path), hint};
}

void appendLine(const fs::path& file, const std::string& line) {
    std::ofstream out(file, std::ios::app);
    out << line << '\n' << std::flush;
    if (!out) throw systemError("The run's record cannot be written", file, errno);
}

Json sourceJson(const SourceSpec& spec) {
    if (spec.path.empty()) return Json{{"made", spec.made}, {"seed", spec.seed}};
    Json json{{"path", pathText(spec.path)}, {"separator", name(spec.separator)}};
    if (!spec.field.empty()) json["field"] = spec.field;
    return json;
}

/// A source of run.json. A mere path is what runs were begun with before there were other sources.
std::optional<SourceSpec> sourceFrom(const ConfigReader& reader, const std::string& key) {
    if (!reader.has(key)) return std::nullopt;
    SourceSpec spec;
    if (reader.json()[key].is_string()) {
        spec.path = reader.text(key);
        spec.separator = Separator::EndOfText;
        return spec;
    }
    const ConfigReader source = *reader.object(key);
    if (!source.has("path")) {
        spec.made = source.integer("made");
        spec.seed = static_cast<std::uint64_t>(source.integer("seed"));
        return spec;
    }
    spec.path = source.text("path");
    const auto separator = separatorNamed(source.text("separator", "auto"));
    if (!separator) source.fail("The separator " + source.text("separator") + " is unknown");
    spec.separator = *separator;
    spec.field = source.text("field", "");
    return spec;
}

std::string requestText(const RunRequest& r) {
    const Json json{{"format_version", kVersion},
                    {"config", Json::parse(r.config)},
                    {"data", sourceJson(r.data.train)},
                    {"valid", r.data.valid ? sourceJson(*r.data.valid) : Json(nullptr)},
                    {"valid_share", r.data.validShare},
                    {"keep_duplicates", r.data.keepDuplicates},
                    {"data_hash", hexText(r.dataHash)},
                    {"threads", r.threads},
                    {"device", r.device},
                    {"started", r.started}};
    return json.dump(2) + "\n";
}

RunRequest readRequest(const fs::path& file) {
    const ConfigReader reader(file, kLargestRunFile);
    if (const std::int64_t version = reader.integer("format_version"); version != kVersion) {
        reader.fail("The run has format version " + std::to_string(version) + ", which this program does not know", "Update the program");
    }
    const std::optional<ConfigReader> config = reader.object("config");
    if (!config) reader.fail("The key config is missing");
    RunRequest request;
    request.config = config->json().dump();
    const std::optional<SourceSpec> data = sourceFrom(reader, "data");
    if (!data) reader.fail("The key data is missing");
    request.data = {*data, sourceFrom(reader, "valid"), reader.number("valid_share", 0.0), reader.truth("keep_duplicates", true)};
    const std::string hash = reader.text("data_hash");
    if (const auto [end, error] = std::from_chars(hash.data(), hash.data() + hash.size(), request.dataHash, 16); error != std::errc()) {
        reader.fail("data_hash is no hexadecimal number");
    }
    request.threads = reader.integer("threads", 0);
    request.device = reader.text("device", "cpu");
    request.started = reader.integer("started", 0);
    return request;
}

}  // namespace

namespace {

/// The tokenizer's files from a folder, or from the one around a tokenizer.json.
void copyTokenizer(const fs::path& tokenizer, const fs::path& folder) {
    const bool isFolder = fs::is_directory(tokenizer);
    for (const char* name : kTokenizerFiles) {
        fs::path from = (isFolder ? tokenizer : tokenizer.parent_path()) / name;
        if (!isFolder && name == std::string_view("tokenizer.json")) from = tokenizer;  // whatever it is called there
        if (!fileExists(from)) continue;
        const MappedFile file(from);
        writeTextFile(folder / name, file.text());
    }
}

}  // namespace

/// Held as long as a process works on the run; the system lets go of it when the process ends, however it ends.
class RunFolder::Lock {
public:
    explicit Lock(const fs::path& folder) {
        const fs::path file = folder / ".lock";
        m_descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (m_descriptor < 0) throw systemError("The run cannot be locked", folder, errno);
        int failed = ::flock(m_descriptor, LOCK_EX | LOCK_NB);
        for (int retry = 0; failed != 0 && errno == EWOULDBLOCK && retry < kLockRetries; ++retry) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));  // isRunning() may have looked at this moment
            failed = ::flock(m_descriptor, LOCK_EX | LOCK_NB);
        }
        if (failed != 0) {
            const int code = errno;
            ::close(m_descriptor);
            if (code != EWOULDBLOCK) throw systemError("The run cannot be locked", folder, code);
            throw Error{"Another process is training this run", pathText(folder), "Stop it first, or choose another folder"};
        }
    }
    ~Lock() { ::close(m_descriptor); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

private:
    int m_descriptor = -1;
};

bool isRun(const fs::path& folder) { return fileExists(folder / "run.json"); }

bool isRunning(const fs::path& folder) {
    const int descriptor = ::open((folder / ".lock").c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return false;
    const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(descriptor);
    return held;
}

std::shared_ptr<const void> lockRun(const fs::path& folder) { return std::make_shared<RunFolder::Lock>(folder); }

RunRequest readRunRequest(const fs::path& folder) { return readRequest(folder / "run.json"); }

RunFolder::RunFolder(fs::path folder, RunRequest request, std::shared_ptr<Lock> lock)
    : m_folder(std::move(folder)), m_request(std::move(request)), m_lock(std::move(lock)) {}

RunFolder RunFolder::create(const fs::path& folder, const RunRequest& request, const fs::path& tokenizer) {
    if (fileExists(folder) && !fs::is_directory(folder))
        throw Error{"This is a file, not a folder", pathText(folder), "Choose another name for the run"};
    for (const char* name : {"run.json", "config.json", "model.safetensors"}) {
        if (!fileExists(folder / name)) continue;
        throw Error{name == std::string("run.json") ? "There is a training run already" : "There is a checkpoint already",
                    pathText(folder / name), "Resume it with --resume, or choose another folder"};
    }
    createFolder(folder);
    auto lock = std::make_shared<Lock>(folder);
    copyTokenizer(tokenizer, folder);
    writeTextFile(folder / "run.json", requestText(request));  // last: a run has its tokenizer
    return {folder, request, std::move(lock)};
}

RunFolder RunFolder::open(const fs::path& folder) {
    if (!isRun(folder)) {
        throw Error{"There is no training run", pathText(folder), "Give the folder that was named with --out, which holds run.json"};
    }
    auto lock = std::make_shared<Lock>(folder);
    std::error_code ignored;
    std::vector<fs::path> leftovers;
    for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
        if (entry->path().filename().native().find(".part-") != std::string::npos) leftovers.push_back(entry->path());
    }
    for (const fs::path& file : leftovers) fs::remove_all(file, ignored);
    return {folder, readRequest(folder / "run.json"), std::move(lock)};
}

namespace {

/// config.json, generation_config.json, latentloom.json. `up` leads from the folder to where the run's own lies.
void describe(const fs::path& folder, const TrainConfig& config, const std::string& suffix, const std::string& up) {
    Json own{{"format_version", kVersion}};
    if (!config.name.empty()) own["name"] = config.name + suffix;
    if (!config.twin.empty() && up.empty()) own["twin"] = config.twin;
    writeTextFile(folder / "latentloom.json", own.dump(2) + "\n");
    writeTextFile(folder / "generation_config.json", generationConfigText(config.model));
    writeTextFile(folder / "config.json", configText(config.model, config.training.storage));
}

}  // namespace

void RunFolder::writeDescriptions(const TrainConfig& config) const { describe(m_folder, config, {}, {}); }

void RunFolder::writeCheckpoint(TrainableModel& trainer, const Moment& moment, DType storage, const MovingAverage* average) const {
    std::vector<TensorToWrite> state = valueOrThrow(trainer.state(true));
    if (average != nullptr)
        for (TensorToWrite& tensor : average->state()) state.push_back(std::move(tensor));
    writeSafetensors(
        m_folder / "state.safetensors", state,
        {{"step", std::to_string(moment.step)}, {"seconds", Json(moment.seconds).dump()}, {"rate_factor", Json(moment.rateFactor).dump()}});
    writeModel(average != nullptr ? average->tensors() : valueOrThrow(trainer.state(false)), storage);
}

void RunFolder::writeModel(const std::vector<TensorToWrite>& weights, DType storage) const { writeWeights(m_folder, weights, storage); }

void RunFolder::writeBest(const std::vector<TensorToWrite>& weights, const TrainConfig& config) const {
    const fs::path best = m_folder / "best";
    if (!fileExists(best / "config.json")) {
        createFolder(best);
        copyTokenizer(m_folder, best);
        describe(best, config, kBestSuffix, "..");
    }
    writeWeights(best, weights, config.training.storage);
}

std::optional<RunFolder::Moment> RunFolder::restore(TrainableModel& trainer, MovingAverage* average) const {
    const fs::path path = m_folder / "state.safetensors";
    if (!fileExists(path)) return std::nullopt;
    const SafetensorsFile file = readSafetensors(path);
    const auto number = [&](const std::string& key) {
        const auto found = file.metadata.find(key);
        double value = 0;
        const bool good = found != file.metadata.end() &&
                          std::from_chars(found->second.data(), found->second.data() + found->second.size(), value).ec == std::errc();
        if (!good || !(value >= 0 && value < 1e15)) {
            throw Error{"The saved state does not say its " + key, pathText(path), "Remove the file to begin again"};
        }
        return value;
    };
    const Moment restored{static_cast<std::int64_t>(number("step")), number("seconds"),
                          file.metadata.contains("rate_factor") ? number("rate_factor") : 1.0};
    const Result<void> result = trainer.restore(file.tensors);
    const auto inFile = [&](const Error& error) { return Error{error.what, pathText(path) + ": " + error.where, error.hint}; };
    if (!result) throw inFile(result.error());
    if (average == nullptr) return restored;
    if (const auto taken = guarded([&] { average->restore(file.tensors); }); !taken) throw inFile(taken.error());
    return restored;
}

std::vector<TrainPoint> RunFolder::takeMetrics(std::int64_t step) const {
    const fs::path path = m_folder / "metrics.jsonl";
    std::vector<TrainPoint> points;
    std::string kept;
    forPoints(path, step, [&](const TrainPoint& point, std::string_view line) {
        points.push_back(point);
        kept.append(line) += '\n';
    });
    if (fileExists(path)) writeTextFile(path, kept);
    const fs::path samples = m_folder / "samples.jsonl";
    if (!fileExists(samples)) return points;
    std::string stories;
    for (const StepSamples& s : readSamples(samples))
        if (s.step <= step) stories += samplesLine(s) + "\n";
    writeTextFile(samples, stories);
    return points;
}

void RunFolder::appendMetrics(const TrainPoint& point) const { appendLine(m_folder / "metrics.jsonl", metricsLine(point)); }

void RunFolder::appendSamples(const StepSamples& samples) const { appendLine(m_folder / "samples.jsonl", samplesLine(samples)); }

}  // namespace loom
