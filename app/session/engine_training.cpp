// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/engine_training.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <system_error>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include "app/session/train_coalescer.h"
#include "core/data/utf8.h"
#include "core/engine/api/user_paths.h"
#include "core/engine/checkpoint/atomic_file.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/model_notes.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/tokenizer/tokenizer.h"
#include "core/engine/train/run_export.h"
#include "core/engine/train/run_folder.h"
#include "core/engine/train/run_list.h"
#include "core/engine/train/training_plan.h"

namespace loom::session {
namespace {

namespace fs = std::filesystem;

constexpr double kMeasureSeconds = 4;  ///< of twins all together
constexpr const char* kWhere = "the setup";
constexpr std::chrono::milliseconds kLookTime{400};  ///< then the number of stories is estimated
constexpr std::size_t kBeginning = 400;              ///< bytes of the first story

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

fs::path pathOf(const std::string& utf8) { return text(utf8).toStdU16String(); }

QJsonObject parsed(const std::string& json) { return QJsonDocument::fromJson(QByteArray::fromStdString(json)).object(); }

std::string written(const QJsonObject& json) { return QJsonDocument(json).toJson().toStdString(); }

SourceSpec storiesOfSetup(const TrainSetup& setup) {
    SourceSpec spec;
    spec.path = pathOf(setup.stories);
    spec.made = setup.made;
    spec.field = setup.field;
    spec.separator = separatorNamed(setup.separator).value_or(Separator::Auto);
    return spec;
}

Error noStory(const TrainSetup& setup) {
    return {"There is no story in it", setup.stories, "Choose a text file, JSON lines, or a folder of them"};
}

/// For the eye: at most kBeginning bytes.
std::string shortened(std::string_view story) {
    const std::string_view beginning = beginningOfUtf8(story, kBeginning);
    return beginning.size() == story.size() ? std::string(story) : std::string(beginning) + "…";
}

class EngineTraining final : public TrainingBackend {
public:
    std::vector<TrainChoice> choices() const override {
        std::vector<TrainChoice> all;
        for (const TrainPreset& preset : trainPresets()) all.push_back({preset.name, preset.title, preset.description, preset.minutes > 0});
        return all;
    }

    std::vector<ReferenceCurve> references(const std::string& models) override {
        std::vector<ReferenceCurve> all;
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(pathOf(models), ignored)) {
            if (!fs::exists(entry.path() / "training.json", ignored)) continue;
            const auto notes = guarded([&] { return readModelNotes(entry.path()); });
            if (notes && notes->card && !notes->card->curve.empty()) all.push_back({notes->card->title, notes->card->curve});
        }
        std::sort(all.begin(), all.end(), [](const ReferenceCurve& a, const ReferenceCurve& b) { return a.name < b.name; });
        return all;
    }

    std::string folderFor(const TrainSetup& setup) const override {
        return pathText(freeRunFolder(userPaths().runs, setup.name.empty() ? setup.preset : setup.name));
    }

    std::vector<std::string> runsIn(const std::string& folder, const TrainSetup* setup) const override {
        const fs::path path = pathOf(folder);
        std::vector<std::string> names;
        if (setup != nullptr) {
            if (isTwins(*setup)) names = twinFolders(setup->twins);
        } else if (isTwinGroup(path)) {
            if (const auto group = guarded([&] { return readTwinGroup(path); })) names = group->twins;
        }
        std::vector<std::string> runs;
        for (const std::string& name : names)
            if (setup != nullptr || isRun(path / name)) runs.push_back(pathText(path / name));
        if (runs.empty()) runs.push_back(folder);
        return runs;
    }

    Result<DataLook> look(const TrainSetup& setup, std::stop_token stop) override {
        return guarded([&] {
            const auto source = openSource(storiesOfSetup(setup));
            DataLook look;
            if (setup.stories.empty()) {
                look.stories = setup.made;
                if (const auto story = source->next()) look.beginning = shortened(*story);
                return look;
            }
            const auto start = std::chrono::steady_clock::now();
            std::int64_t count = 0;
            bool whole = false;
            for (;;) {
                const auto story = source->next();
                whole = !story;
                if (whole) break;
                if (count++ == 0) look.beginning = shortened(*story);
                if (count % 64 == 0 && (stop.stop_requested() || std::chrono::steady_clock::now() - start > kLookTime)) break;
            }
            const SourceReport& report = source->report();
            look.format = report.format;
            look.files = report.files;
            look.bytes = source->bytesTotal();
            look.exact = whole;
            look.stories = whole ? count
                                 : static_cast<std::int64_t>(static_cast<double>(count) * static_cast<double>(source->bytesTotal()) /
                                                             static_cast<double>(std::max<std::int64_t>(1, source->bytesDone())));
            if (report.leftOut > 0) look.notes.push_back(std::to_string(report.leftOut) + " that are no text are left out.");
            for (const SourceProblem& problem : report.problems) {
                if (look.notes.size() > 3) break;
                look.notes.push_back(problem.file + (problem.line > 0 ? ", line " + std::to_string(problem.line) : "") + ": " +
                                     problem.what);
            }
            if (whole && count == 0) throw noStory(setup);
            return look;
        });
    }

    Result<std::optional<TrainingPlan>> plan(const TrainSetup& setup, bool measured, const Progress& progress,
                                             std::stop_token stop) override {
        return guarded([&]() -> std::optional<TrainingPlan> {
            if (setup.preset.empty()) {
                if (const std::string problem = problemWith(setup.shape); !problem.empty())
                    throw Error{problem.substr(0, problem.size() - 1), {}, {}};
            } else if (!measured && needsMeasurement(setup)) {
                return std::nullopt;
            }
            const Wanted wanted = configFor(setup, progress, stop);
            const std::int64_t vocab =
                setup.tokenizer.empty() ? wanted.vocabulary : openTokenizer(pathOf(setup.tokenizer), 0)->vocabularySize();
            std::vector<TwinConfig> networks;
            if (isTwins(setup))
                networks = twinConfigs(wanted.json, setup.twins, matchOf(setup), vocab, kWhere);
            else
                networks.push_back({{}, parseTrainConfig(wanted.json, kWhere, vocab)});
            TrainingPlan plan = planTwins(networks, knownStep(setup));
            if (!measured || plan.secondsPerStep || !plan.fits) return plan;  // what does not fit cannot be measured either
            const double seconds = measure(networks, setup.device, progress, stop);
            {
                const std::scoped_lock lock(m_mutex);
                m_steps[stepKey(setup)] = seconds;
            }
            return planTwins(networks, seconds);
        });
    }

    Result<std::vector<TrainSummary>> train(const std::string& folder, const TrainSetup* setup, TwinsObserver& observer,
                                            std::stop_token stop) override {
        return guarded([&] {
            TwinsOrder twins;
            TrainOrder& order = twins.common;
            order.run = pathOf(folder);
            order.resume = setup == nullptr;
            const bool group = setup != nullptr ? isTwins(*setup) : isTwinGroup(order.run);
            const auto go = [&] { return group ? trainTwins(twins, observer, stop) : trainAlone(order, observer.twin(0, {}), stop); };
            if (setup == nullptr) return go();
            order.data.train = storiesOfSetup(*setup);
            order.data.validShare = setup->validShare;
            order.tokenizer = pathOf(setup->tokenizer);
            order.device = setup->device;
            if (!openSource(order.data.train)->next())  // before anything is measured
                throw noStory(*setup);
            const auto measuring = [&](std::int64_t done, std::int64_t total) {
                observer.group().onPhase("measuring the speed", done, total);
            };
            const Wanted wanted = configFor(*setup, measuring, stop);
            order.configText = wanted.json;
            order.vocabulary = wanted.vocabulary;
            twins.forms = setup->twins;
            twins.match = matchOf(*setup);
            return go();
        });
    }

    Result<std::vector<RunSummary>> runs(std::stop_token stop) override {
        return guarded([&] { return listRuns(userPaths().runs, stop); });
    }

    Result<RunDetail> read(const std::string& folder) override {
        return guarded([&] {
            RunRecord record = readRunRecord(pathOf(folder));
            RunDetail detail{std::move(record.summary), std::move(record.points), {}, std::move(record.settings)};
            for (const StepSamples& samples : record.samples) detail.stories.push_back(storiesOf(samples));
            return detail;
        });
    }

    Result<void> rename(const std::string& folder, const std::string& name) override {
        return guarded([&] { renameRun(pathOf(folder), name); });
    }
    Result<void> setNotes(const std::string& folder, const std::string& notes) override {
        return guarded([&] { setRunNotes(pathOf(folder), notes); });
    }
    Result<std::string> moveToTrash(const std::string& folder) override {
        return guarded([&] { return pathText(moveRunToTrash(pathOf(folder))); });
    }
    Result<void> exportRuns(const std::vector<std::string>& folders, const std::string& file) override {
        return guarded([&] {
            const fs::path to = pathOf(file);
            const std::string ending = to.extension().string();
            if (ending != ".csv" && ending != ".jsonl" && ending != ".html")
                throw Error{"The ending of the file does not say what to write", file,
                            "Choose a name that ends with .csv, .jsonl or .html"};
            std::vector<RunRecord> records;
            for (const std::string& folder : folders) records.push_back(readRunRecord(pathOf(folder)));
            writeTextFile(to, ending == ".csv" ? runsCsv(records) : ending == ".jsonl" ? runsJsonLines(records) : runsHtml(records));
        });
    }

private:
    static bool isTwins(const TrainSetup& setup) { return !setup.twins.empty(); }
    static TwinMatch matchOf(const TrainSetup& setup) { return twinMatchNamed(setup.match).value_or(TwinMatch::Parameters); }

    static std::vector<TrainSummary> trainAlone(const TrainOrder& order, TrainObserver& observer, const std::stop_token& stop) {
        MemoryAccount account;
        return {loom::train(order, account, observer, stop)};
    }

    /// Seconds of a step of each.
    static double measure(const std::vector<TwinConfig>& networks, DeviceKind device, const Progress& progress,
                          const std::stop_token& stop) {
        double seconds = 0;
        for (std::size_t i = 0; i < networks.size(); ++i) {
            const auto part = [&](std::int64_t done, std::int64_t total) {
                if (progress) progress(static_cast<std::int64_t>(i) * total + done, std::ssize(networks) * total);
            };
            seconds += measureStep(networks[i].config, {device, 0}, kMeasureSeconds / static_cast<double>(networks.size()), part, stop);
        }
        return seconds;
    }

    /// What measurements depend on, and nothing else.
    static std::string stepKey(const TrainSetup& setup) {
        std::string twins = isTwins(setup) ? "/" + setup.match : std::string();
        for (const std::string& form : setup.twins) twins += "/" + form;
        if (!setup.preset.empty()) return setup.preset + "/" + std::to_string(static_cast<int>(setup.device)) + twins;
        TrainSetup bare;
        bare.shape = setup.shape;
        bare.training.batch = setup.training.batch;
        bare.training.precision = setup.training.precision;
        bare.preset.clear();
        return ownConfigText(bare) + std::to_string(setup.shape.vocab) + "/" + std::to_string(static_cast<int>(setup.device)) + twins;
    }
    std::optional<double> knownStep(const TrainSetup& setup) const {
        const std::scoped_lock lock(m_mutex);
        const auto found = m_steps.find(stepKey(setup));
        return found == m_steps.end() ? std::nullopt : std::optional(found->second);
    }
    [[nodiscard]] bool needsMeasurement(const TrainSetup& setup) const {
        const bool timed = trainPresetNamed(setup.preset).minutes > 0;
        const std::scoped_lock lock(m_mutex);
        return timed && !m_configs.contains(stepKey(setup));
    }

    /// A configuration without a vocabulary: the tokenizer decides.
    struct Wanted {
        std::string json;
        std::int64_t vocabulary = 0;  ///< tokens to learn, at most
    };
    Wanted configFor(const TrainSetup& setup, const Progress& progress, const std::stop_token& stop) {
        Wanted wanted;
        if (setup.preset.empty()) {
            wanted = {ownConfigText(setup), setup.shape.vocab};
        } else {
            const std::string key = stepKey(setup);
            std::optional<PresetConfig> preset;
            {
                const std::scoped_lock lock(m_mutex);
                if (const auto found = m_configs.find(key); found != m_configs.end()) preset = found->second;
            }
            if (!preset) {
                preset = presetConfig(setup.preset, {setup.device, 0}, progress, stop, std::max<std::int64_t>(1, std::ssize(setup.twins)));
                const std::scoped_lock lock(m_mutex);
                m_configs[key] = *preset;
            }
            wanted = {preset->json, preset->vocabulary};
        }
        QJsonObject json = parsed(wanted.json);
        QJsonObject training = json[QLatin1String("training")].toObject();
        training[QLatin1String("seed")] = static_cast<qint64>(setup.seed);
        json[QLatin1String("training")] = training;
        if (!setup.name.empty()) json[QLatin1String("name")] = text(setup.name);
        wanted.json = written(json);
        return wanted;
    }

    mutable std::mutex m_mutex;                     ///< plans and training lie in different lanes
    std::map<std::string, PresetConfig> m_configs;  ///< of presets, by stepKey
    std::map<std::string, double> m_steps;          ///< seconds of a step, by stepKey
};

}  // namespace

std::unique_ptr<TrainingBackend> makeEngineTraining() { return std::make_unique<EngineTraining>(); }

std::string ownConfigText(const TrainSetup& setup) {
    const OwnShape& s = setup.shape;
    const OwnTraining& t = setup.training;
    const std::int64_t measurements = std::max<std::int64_t>(1, t.steps / 10);
    const QJsonObject training{{QStringLiteral("context"), static_cast<qint64>(s.context)},
                               {QStringLiteral("batch"), static_cast<qint64>(t.batch)},
                               {QStringLiteral("steps"), static_cast<qint64>(t.steps)},
                               {QStringLiteral("learning_rate"), t.learningRate},
                               {QStringLiteral("schedule"), text(t.schedule)},
                               {QStringLiteral("precision"), text(t.precision)},
                               {QStringLiteral("storage"), text(t.precision)},
                               {QStringLiteral("dropout"), t.dropout},
                               {QStringLiteral("ema"), t.average},
                               {QStringLiteral("patience"), static_cast<qint64>(t.patience)},
                               {QStringLiteral("evaluate_every"), static_cast<qint64>(measurements)},
                               {QStringLiteral("checkpoint_every"), static_cast<qint64>(std::min<std::int64_t>(measurements, 250))},
                               {QStringLiteral("seed"), static_cast<qint64>(setup.seed)}};
    return written({{QStringLiteral("name"), text(setup.name)},
                    {QStringLiteral("model"), parsed(modelKeysText(configOf(s)))},
                    {QStringLiteral("training"), training}});
}

}  // namespace loom::session
