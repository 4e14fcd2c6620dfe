// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/training_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/engine/api/engine.h"
#include "core/engine/api/lab.h"
#include "core/engine/api/user_paths.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/evaluate/evaluate.h"
#include "core/engine/train/initial_weights.h"
#include "core/engine/train/run_data.h"
#include "core/engine/train/run_folder.h"
#include "core/engine/train/training_loop.h"

namespace loom {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr std::int64_t kUsualVocabulary = 4096;
constexpr const char* kKeptKinds = " BPE";                   // how their names end
constexpr const char* kScratch = "tokenizer.part-learning";  ///< folder of a tokenizer that is learnt for the run
constexpr std::int64_t kSampleTokens = 200;
constexpr std::int64_t kMostScored = 2000;  ///< held-out stories that a finished run is measured on

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// With absolute paths, for a run that is resumed from another folder.
DataOrder absolute(DataOrder order) {
    const auto make = [](SourceSpec& spec) {
        if (!spec.path.empty()) spec.path = fs::absolute(spec.path).lexically_normal();
    };
    make(order.train);
    if (order.valid) make(*order.valid);
    return order;
}

/// The configuration with what the order changes.
TrainConfig configFor(const TrainOrder& order, std::int64_t vocab) {
    TrainConfig config = readTrainConfig(order.config, vocab);
    if (!order.steps && !order.seed) return config;
    nlohmann::json json = nlohmann::json::parse(config.text);
    if (!json.contains("training")) json["training"] = nlohmann::json::object();
    if (order.steps) {
        json["training"]["steps"] = *order.steps;
        if (config.training.warmup > *order.steps) json["training"].erase("warmup");  // then a tenth of them
    }
    if (order.seed) json["training"]["seed"] = *order.seed;
    return parseTrainConfig(json.dump(), pathText(order.config), vocab);
}

class Run {
public:
    Run(const TrainOrder& order, MemoryAccount& account, TrainObserver& observer, std::stop_token stop)
        : m_order(order), m_account(account), m_observer(observer), m_stop(std::move(stop)) {}

    TrainSummary go() {
        if (m_order.resume) {
            m_folder.emplace(RunFolder::open(m_order.run));
        } else {
            begin();
        }
        prepare();
        m_loop->go();
        if (!m_summary.stopped) finish();
        return m_summary;
    }

private:
    /// Everything that can be wrong is found before the folder is made.
    void begin() {
        if (isRun(m_order.run))
            throw Error{"There is a training run already", pathText(m_order.run), "Go on with it with --resume, or choose another folder"};
        std::int64_t vocab = 0;
        std::shared_ptr<const Tokenizer> tokenizer;
        const std::int64_t asked = vocabAskedFor(m_order.config);
        if (!m_order.tokenizer.empty()) {
            tokenizer = openTokenizer(m_order.tokenizer, asked);
            vocab = tokenizer->vocabularySize();
            if (!tokenizer->kind().ends_with(kKeptKinds)) {
                throw Error{"A run keeps its tokenizer in its folder, which only a tokenizer.json or a vocab.json with merges.txt can be",
                            pathText(m_order.tokenizer),
                            "Give a tokenizer.json, or leave the tokenizer out to have one learnt from the data"};
            }
        }
        TrainConfig config = configFor(m_order, vocab > 0 ? vocab : asked > 0 ? asked : kUsualVocabulary);
        (void)openSource(m_order.data.train);  // that it can be read
        if (m_order.data.valid) (void)openSource(*m_order.data.valid);
        if (!tokenizer) {
            const fs::path scratch = m_order.run / kScratch;
            createFolder(m_order.run);
            learnTokenizer(m_order.data.train, scratch, config.model.vocab, phases(), m_stop);
            tokenizer = openTokenizer(scratch, 0);
            if (tokenizer->vocabularySize() != config.model.vocab) {
                const std::int64_t found = tokenizer->vocabularySize();
                fs::remove_all(scratch);
                throw Error{"The data holds only enough text for a tokenizer of " + std::to_string(found) + " tokens, not " +
                                std::to_string(config.model.vocab),
                            nameOf(m_order.data.train), "Set model.vocab_size to " + std::to_string(found) + ", or give more text"};
            }
        }
        const fs::path scratch = m_order.run / kScratch;
        const fs::path& source = m_order.tokenizer.empty() ? scratch : m_order.tokenizer;
        readData(m_order.data, source, config);
        const std::int64_t threads = threadsAsked();
        if (m_order.minutes) config = withTimeBudget(config, threads);
        const RunRequest request{config.text, absolute(m_order.data), m_data->set().counts.train.hash, threads,
                                 m_order.device == DeviceKind::Cuda ? "cuda" : "cpu"};
        m_folder.emplace(RunFolder::create(m_order.run, request, source));
        for (const std::string& note : m_data->notes()) m_observer.onNote(note);
        std::error_code ignored;
        fs::remove_all(scratch, ignored);
    }

    [[nodiscard]] PhaseReport phases() const {
        return [this](const std::string& what, std::int64_t done, std::int64_t total) { m_observer.onPhase(what, done, total); };
    }

    void readData(const DataOrder& order, const fs::path& tokenizer, const TrainConfig& config) {
        const fs::path cache = m_order.cache.empty() ? userPaths().tokens : m_order.cache;
        m_data.emplace(order, tokenizer, cache, config, phases(), m_stop);
    }

    [[nodiscard]] std::int64_t threadsAsked() const {
        return m_order.threads > 0 ? m_order.threads : std::max<std::int64_t>(1, std::thread::hardware_concurrency());
    }

    [[nodiscard]] std::unique_ptr<TrainableModel> makeTrainer(const TrainConfig& config, std::int64_t threads) const {
        const TrainSettings& s = config.training;
        const TrainerOptions options{m_order.device, threads, s.precision, s.adamW, s.clip, s.dropout, s.seed};
        return valueOrThrow(valueOrThrow(loadLab())->buildTrainable(initialCheckpoint(config.model, s.seed), options, m_account));
    }

    /// As many steps as fit the minutes that were asked for.
    [[nodiscard]] TrainConfig withTimeBudget(const TrainConfig& config, std::int64_t threads) const {
        m_observer.onPhase("measuring the speed", 0, 4);
        const std::unique_ptr<TrainableModel> trial = makeTrainer(config, threads);
        std::vector<double> times;
        for (std::int64_t step = 1; step <= 4; ++step) {
            const auto start = Clock::now();
            (void)valueOrThrow(trial->step(m_data->batches().step(step), 0.0, step, m_stop));
            if (step > 1) times.push_back(secondsSince(start));
            m_observer.onPhase("measuring the speed", step, 4);
        }
        std::sort(times.begin(), times.end());
        nlohmann::json json = nlohmann::json::parse(config.text);
        json["training"]["steps"] = std::clamp<std::int64_t>(std::llround(*m_order.minutes * 60.0 / times[1]), 1, 1'000'000'000);
        json["training"].erase("warmup");
        return parseTrainConfig(json.dump(), pathText(m_order.config), config.model.vocab);
    }

    void prepare() {
        const RunRequest& request = m_folder->request();
        m_config = parseTrainConfig(request.config, pathText(m_order.run / "run.json"), 0);
        if (m_order.resume) {
            DataOrder data = request.data;
            if (!m_order.movedData.empty()) data.train.path = m_order.movedData;
            if (!m_order.movedValid.empty() && data.valid) data.valid->path = m_order.movedValid;
            readData(data, m_order.run, m_config);
            if (m_data->set().counts.train.hash != request.dataHash) {
                throw Error{"The data is not what the run was begun with", nameOf(data.train), "Give the same data, or begin a new run"};
            }
            if (threadsAsked() != request.threads) {
                m_observer.onNote("The run was begun with " + std::to_string(request.threads) + " threads; with " +
                                  std::to_string(threadsAsked()) + " its losses will differ in the last digits");
            }
        }
        m_tokenizerEnd = openTokenizer(m_order.run, m_config.model.vocab)->endTokens().front();
        m_config.model.bosToken = m_tokenizerEnd;
        m_config.model.eosTokens = {m_tokenizerEnd};
        m_folder->writeDescriptions(m_config);
        m_trainer = makeTrainer(m_config, threadsAsked());
        m_loop.emplace(*m_folder, m_config, *m_data, *m_trainer, m_observer, m_stop, m_summary);
        m_loop->restore(m_order.resume);
    }

    /// What the card says of a finished run: held-out loss and stories as they come, through the program's own generation.
    void finish() {
        m_trainer.reset();
        const auto engine = Engine::create({m_order.device, threadsAsked()});
        const auto model = valueOrThrow(engine->open(m_order.run, {}));
        std::optional<Evaluation> result;
        if (const std::vector<std::string> held = m_data->heldOutStories(kMostScored); !held.empty()) {
            const auto report = [&](std::int64_t done, std::int64_t all) {
                m_observer.onPhase("measuring on held-out stories", done, all);
            };
            const auto network = valueOrThrow(engine->network(*model, {}, m_stop));
            result = evaluate(*model, logitsOf(*network), held, {report, {}}, m_stop);
            m_summary.bitsPerByte = result->bitsPerByte();
        }
        const auto report = [&](std::int64_t done, std::int64_t all) { m_observer.onPhase("writing samples", done, all); };
        const auto samples = writeSamples(*engine, m_order.run, kSampleTokens, kSamplePrompts, report, m_stop);
        if (std::ssize(samples) < kSamplePrompts) return;  // stopped
        m_loop->card(result, samples);
    }

    const TrainOrder& m_order;
    MemoryAccount& m_account;
    TrainObserver& m_observer;
    std::stop_token m_stop;
    std::optional<RunFolder> m_folder;
    TrainConfig m_config;
    TokenId m_tokenizerEnd;
    std::optional<RunData> m_data;
    std::unique_ptr<TrainableModel> m_trainer;
    std::optional<TrainingLoop> m_loop;
    TrainSummary m_summary;
};

}  // namespace

TrainSummary train(const TrainOrder& order, MemoryAccount& account, TrainObserver& observer, std::stop_token stop) {
    return Run(order, account, observer, std::move(stop)).go();
}

}  // namespace loom
