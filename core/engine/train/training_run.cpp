// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/training_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/engine/api/engine.h"
#include "core/engine/api/lab.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/evaluate/evaluate.h"
#include "core/engine/tokenizer/bpe_trainer.h"
#include "core/engine/train/batches.h"
#include "core/engine/train/initial_weights.h"
#include "core/engine/train/run_folder.h"
#include "core/engine/train/token_data.h"
#include "core/engine/train/training_card.h"

namespace loom {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr std::int64_t kUsualVocabulary = 4096;
constexpr const char* kKeptKind = "byte-level BPE";
constexpr const char* kScratch = "tokenizer.part-learning";  ///< folder of a tokenizer that is learnt for the run
constexpr std::array kPrompts{"Once upon a time", "One day, a little girl named Lily", "Tom had a big red ball.",
                              "The dog was very sad because", "\"Can I help you?\" asked the"};
constexpr std::int64_t kSampleTokens = 200;
constexpr double kSampleTemperature = 0.8;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

fs::path absolutePath(const fs::path& path) { return path.empty() ? path : fs::absolute(path).lexically_normal(); }

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

/// Learns a tokenizer from the data into `folder`.
void learnTokenizer(const fs::path& data, const fs::path& folder, std::int64_t vocab, TrainObserver& observer,
                    const std::stop_token& stop) {
    BpeTrainer trainer({vocab, {kEndOfTextToken, kPaddingToken}, 0});
    const MappedFile file(data);
    const auto report = [&](const BpeProgress& p) { observer.onPhase("learning a tokenizer", p.done, p.total); };
    try {
        trainer.add(file.text(), report, stop);
        writeTokenizer(folder, trainer.train(report, stop));
    } catch (Error& error) {
        if (error.where.empty()) error.where = pathText(data);
        throw;
    }
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
        loop();
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
            if (tokenizer->kind() != kKeptKind) {
                throw Error{"A run keeps its tokenizer in its folder, which only a byte-level BPE tokenizer can be",
                            pathText(m_order.tokenizer),
                            "Give a tokenizer.json, or leave the tokenizer out to have one learnt from the data"};
            }
        }
        TrainConfig config = configFor(m_order, vocab > 0 ? vocab : asked > 0 ? asked : kUsualVocabulary);
        (void)MappedFile(m_order.data);  // that it can be read
        if (!m_order.valid.empty()) (void)MappedFile(m_order.valid);
        if (!tokenizer) {
            const fs::path scratch = m_order.run / kScratch;
            createFolder(m_order.run);
            learnTokenizer(m_order.data, scratch, config.model.vocab, m_observer, m_stop);
            tokenizer = openTokenizer(scratch, 0);
            if (tokenizer->vocabularySize() != config.model.vocab) {
                const std::int64_t found = tokenizer->vocabularySize();
                fs::remove_all(scratch);
                throw Error{"The data holds only enough text for a tokenizer of " + std::to_string(found) + " tokens, not " +
                                std::to_string(config.model.vocab),
                            pathText(m_order.data), "Set model.vocab_size to " + std::to_string(found) + ", or give more text"};
            }
        }
        readData(*tokenizer, m_order.data, m_order.valid, config);
        const std::int64_t threads = threadsAsked();
        if (m_order.minutes) config = withTimeBudget(config, threads);
        RunRequest request{config.text,
                           absolutePath(m_order.data),
                           absolutePath(m_order.valid),
                           m_data.hash,
                           threads,
                           m_order.device == DeviceKind::Cuda ? "cuda" : "cpu"};
        const fs::path scratch = m_order.run / kScratch;
        m_folder.emplace(RunFolder::create(m_order.run, request, m_order.tokenizer.empty() ? scratch : m_order.tokenizer));
        std::error_code ignored;
        fs::remove_all(scratch, ignored);
    }

    void readData(const Tokenizer& tokenizer, const fs::path& data, const fs::path& valid, const TrainConfig& config) {
        const auto report = [&](std::int64_t done, std::int64_t total) { m_observer.onPhase("reading the data", done, total); };
        m_data = readTokenData(data, tokenizer, report, m_stop);
        m_source.emplace(m_data.ids, config.training.context, config.training.batch, config.training.accumulation, config.training.seed,
                         pathText(data));
        if (valid.empty()) return;
        const TokenData held = readTokenData(valid, tokenizer, report, m_stop);
        m_validation =
            validationBatches(held.ids, config.training.context, config.training.validationRows, config.training.batch, pathText(valid));
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
            (void)valueOrThrow(trial->step(m_source->step(step), 0.0, step, m_stop));
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
            const fs::path data = m_order.data.empty() ? request.data : m_order.data;
            const fs::path valid = m_order.valid.empty() ? request.valid : m_order.valid;
            m_valid = valid;
            readData(*openTokenizer(m_order.run, m_config.model.vocab), data, valid, m_config);
            if (m_data.hash != request.dataHash) {
                throw Error{"The data is not what the run was begun with", pathText(data), "Give the same file, or begin a new run"};
            }
            if (threadsAsked() != request.threads) {
                m_observer.onNote("The run was begun with " + std::to_string(request.threads) + " threads; with " +
                                  std::to_string(threadsAsked()) + " its losses will differ in the last digits");
            }
        } else {
            m_valid = m_order.valid;
        }
        m_tokenizerEnd = openTokenizer(m_order.run, m_config.model.vocab)->endTokens().front();
        m_config.model.bosToken = m_tokenizerEnd;
        m_config.model.eosTokens = {m_tokenizerEnd};
        m_folder->writeDescriptions(m_config);
        m_trainer = makeTrainer(m_config, threadsAsked());
        if (const auto restored = m_folder->restore(*m_trainer)) {
            m_step = restored->step;
            m_secondsBefore = restored->seconds;
            if (m_order.resume) m_observer.onNote("Resuming at step " + std::to_string(m_step));
        } else {
            m_folder->writeCheckpoint(*m_trainer, 0, 0.0, m_config.training.storage);  // from now on there is a checkpoint to open
        }
        m_points = m_folder->takeMetrics(m_step);
        m_summary.steps = m_config.training.steps;
        m_summary.step = m_step;
        if (!m_points.empty()) {
            m_summary.loss = m_points.back().loss;
            m_summary.validationLoss = m_points.back().validationLoss;
        }
    }

    [[nodiscard]] double seconds() const { return m_secondsBefore + secondsSince(m_start); }

    [[nodiscard]] double validationLoss() const {
        double sum = 0;
        std::int64_t tokens = 0;
        for (const TokenBatch& batch : m_validation) {
            sum += valueOrThrow(m_trainer->loss(batch));
            tokens += batch.tokens();
        }
        return sum / static_cast<double>(tokens);
    }

    void checkpoint() {
        m_folder->writeCheckpoint(*m_trainer, m_step, seconds(), m_config.training.storage);
        m_saved = m_step;
        card({}, {});
    }

    void card(const std::optional<Evaluation>& result, const std::vector<SampleStory>& samples) {
        const std::string where = result ? std::to_string(result->stories) + " held-out stories" : "";
        writeTrainingCard(m_order.run, {m_config, m_data.stories, m_data.bytes, std::ssize(m_data.ids), m_points, where, result, samples});
    }

    void loop() {
        const TrainSettings& s = m_config.training;
        const auto due = [&](std::int64_t every) { return m_step == s.steps || (every > 0 && m_step % every == 0); };
        std::deque<double> times;
        m_start = Clock::now();
        m_saved = m_step;
        const double before = m_secondsBefore;
        while (m_step < s.steps) {
            const auto start = Clock::now();
            const double rate = learningRateAt(s, m_step + 1);
            const Result<StepResult> done = m_trainer->step(m_source->step(m_step + 1), rate, m_step + 1, m_stop);
            if (!done && m_stop.stop_requested()) break;
            const StepResult result = valueOrThrow(done);
            if (!result.applied) {
                throw Error{"The loss or its gradient is not finite any more at step " + std::to_string(m_step + 1), pathText(m_order.run),
                            "The checkpoint of step " + std::to_string(m_saved) + " is kept. Begin again with a smaller learning_rate"};
            }
            ++m_step;
            TrainPoint point{m_step, result.loss, rate, result.gradientNorm, seconds(), m_step * s.tokensPerStep(), std::nullopt};
            if (!m_validation.empty() && due(s.evaluateEvery)) point.validationLoss = validationLoss();
            if (point.validationLoss) m_summary.validationLoss = point.validationLoss;
            m_points.push_back(point);
            m_folder->appendMetrics(point);
            if (due(s.checkpointEvery)) checkpoint();
            times.push_back(secondsSince(start));
            if (times.size() > 50) times.pop_front();
            double recent = 0;
            for (const double time : times) recent += time;
            const double perStep = recent / static_cast<double>(times.size());
            m_observer.onStep(
                {point, s.steps, static_cast<double>(s.tokensPerStep()) / perStep, perStep * static_cast<double>(s.steps - m_step)});
            m_summary.loss = result.loss;
            if (m_stop.stop_requested()) break;
        }
        m_summary.stopped = m_step < s.steps;
        if (m_summary.stopped && m_saved != m_step) checkpoint();
        const std::int64_t here = m_step - m_summary.step;
        m_summary.seconds = seconds();
        m_summary.tokensPerSecond = here > 0 ? static_cast<double>(here * s.tokensPerStep()) / (seconds() - before) : 0.0;
        m_summary.step = m_step;
        m_summary.tokens = m_step * s.tokensPerStep();
    }

    /// What the card says of a finished run: held-out loss and stories as they come, through the program's own generation.
    void finish() {
        m_trainer.reset();
        const auto engine = Engine::create({m_order.device, threadsAsked()});
        const auto model = valueOrThrow(engine->open(m_order.run, {}));
        std::optional<Evaluation> result;
        if (!m_valid.empty()) {
            const MappedFile file(m_valid);
            const auto stories = splitStories(file.text());
            const auto report = [&](std::int64_t done, std::int64_t all) {
                m_observer.onPhase("measuring on held-out stories", done, all);
            };
            result =
                evaluate(*model, *valueOrThrow(engine->reference(*model, m_stop)), stories, {MlaPath::Absorbed, {}, report, {}}, m_stop);
            m_summary.bitsPerByte = result->bitsPerByte();
        }
        std::vector<SampleStory> samples;
        for (std::size_t i = 0; i < kPrompts.size(); ++i) {
            m_observer.onPhase("writing samples", static_cast<std::int64_t>(i), std::ssize(kPrompts));
            const auto session = valueOrThrow(engine->newSession(model, {}, m_stop));
            GenerateRequest request;
            request.prompt = kPrompts[i];
            request.maxTokens = std::min(kSampleTokens, model->config().context - 1);
            request.samplers.temperature = kSampleTemperature;
            request.seed = i + 1;
            request.alternatives = 0;
            request.cacheNorms = false;
            GenerateObserver silent;
            const GenerateSummary written = valueOrThrow(session->generate(request, silent, m_stop));
            if (written.stopReason == StopReason::Cancelled) return;
            samples.push_back({request.prompt, *request.seed, kSampleTemperature, written.text});
        }
        card(result, samples);
    }

    const TrainOrder& m_order;
    MemoryAccount& m_account;
    TrainObserver& m_observer;
    std::stop_token m_stop;
    std::optional<RunFolder> m_folder;
    TrainConfig m_config;
    fs::path m_valid;
    TokenId m_tokenizerEnd;
    TokenData m_data;
    std::optional<BatchSource> m_source;
    std::vector<TokenBatch> m_validation;
    std::unique_ptr<TrainableModel> m_trainer;
    std::vector<TrainPoint> m_points;
    std::int64_t m_step = 0;
    std::int64_t m_saved = 0;
    double m_secondsBefore = 0;
    Clock::time_point m_start = Clock::now();
    TrainSummary m_summary;
};

}  // namespace

TrainSummary train(const TrainOrder& order, MemoryAccount& account, TrainObserver& observer, std::stop_token stop) {
    return Run(order, account, observer, std::move(stop)).go();
}

}  // namespace loom
