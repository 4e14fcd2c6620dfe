// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/twins.h"

#include <algorithm>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/data/attention_forms.h"
#include "core/data/byte_formulas.h"
#include "core/data/utf8.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/model_notes.h"
#include "core/engine/train/one_run.h"
#include "core/engine/train/run_data.h"
#include "core/engine/train/run_start.h"
#include "core/engine/train/training_plan.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kAnyVocabulary = 4096;  ///< to find out early what is wrong
constexpr std::size_t kMostTwins = 16;

/// "mla-deepseek:r=64" → "mla-deepseek-r64".
std::string folderOf(const std::string& form) {
    std::string name;
    for (const char c : form)
        if (c != '=') name += c == ':' ? '-' : c;
    return name;
}

/// The width at which `form` is as large as `goal`.
std::string matched(const std::string& json, MatchBy by, double goal, std::int64_t vocab, const std::string& where) {
    const TrainConfig config = parseTrainConfig(json, where, vocab);
    nlohmann::ordered_json whole = nlohmann::ordered_json::parse(json);
    whole["model"]["intermediate_size"] = matchedByWidth(config.model, by, goal, config.training.context).ffnWidth;
    return whole.dump(2);
}

class Group {
public:
    Group(const TwinsOrder& order, TwinsObserver& observer, std::stop_token stop)
        : m_order(order), m_common(order.common), m_observer(observer), m_stop(std::move(stop)) {}

    std::vector<TrainSummary> go() {
        if (m_common.resume)
            open();
        else
            begin();
        for (const auto& twin : m_twins) twin->prepare(*m_data);
        takeTurns();
        std::vector<TrainSummary> results;
        for (const auto& twin : m_twins) {
            if (!twin->summary().stopped) twin->finish();
            results.push_back(twin->summary());
        }
        return results;
    }

private:
    [[nodiscard]] PhaseReport phases() const {
        return [this](const std::string& what, std::int64_t done, std::int64_t total) { m_observer.group().onPhase(what, done, total); };
    }

    void add(RunFolder folder, const std::string& name) {
        m_accounts.push_back(std::make_unique<MemoryAccount>());
        m_twins.push_back(
            std::make_unique<OneRun>(std::move(folder), m_common, *m_accounts.back(), m_observer.twin(m_twins.size(), name), m_stop));
    }

    void begin() {
        if (isTwinGroup(m_common.run) || isRun(m_common.run)) {
            throw Error{isRun(m_common.run) ? "There is a training run already" : "There is a group of twins already",
                        pathText(m_common.run), "Go on with it with --resume, or choose another folder"};
        }
        const std::string text = orderedConfig(m_common);
        const std::string where = configName(m_common);
        const std::int64_t asked = vocabOfConfig(text, where);
        requireFits(planTwins(twinConfigs(text, m_order.forms, m_order.match, asked > 0 ? asked : kAnyVocabulary, where)), where);
        (void)openSource(m_common.data.train);
        if (m_common.data.valid) (void)openSource(*m_common.data.valid);
        const RunTokenizer tokenizer(m_common, m_common.run, asked, phases(), m_stop);
        const std::vector<TwinConfig> twins = twinConfigs(text, m_order.forms, m_order.match, tokenizer.vocabulary(), where);
        m_data.emplace(m_common.data, tokenizer.source(), tokenCache(m_common), twins.front().config, phases(), m_stop);
        std::vector<TrainConfig> configs;
        for (const TwinConfig& twin : twins) configs.push_back(twin.config);
        configs = withinTime(std::move(configs), m_common, phases(), m_stop);
        TwinGroup group{{}, m_order.match};
        for (std::size_t i = 0; i < twins.size(); ++i) {
            const fs::path folder = m_common.run / twins[i].folder;
            add(RunFolder::create(folder, requestFor(m_common, configs[i], *m_data), tokenizer.source()), twins[i].folder);
            group.twins.push_back(twins[i].folder);
        }
        writeTwinGroup(m_common.run, group);  // last: a group has all its runs
        for (const std::string& note : m_data->notes()) m_observer.group().onNote(note);
    }

    void open() {
        for (const std::string& name : readTwinGroup(m_common.run).twins) {
            if (isRun(m_common.run / name))
                add(RunFolder::open(m_common.run / name), name);
            else
                m_observer.group().onNote("The twin " + name + " is no longer there");
        }
        if (m_twins.empty()) throw Error{"None of the twins is there any more", pathText(m_common.run), "Begin new ones"};
        const OneRun& first = *m_twins.front();
        m_data.emplace(dataFor(m_common, first.request()), first.folder(), tokenCache(m_common), first.config(), phases(), m_stop);
        for (const auto& twin : m_twins) {
            requireSameData(*m_data, twin->request());
            requireSameBatches(twin->config().training, first.config().training);
        }
    }

    void requireSameBatches(const TrainSettings& a, const TrainSettings& b) const {
        if (a.context == b.context && a.batch == b.batch && a.accumulation == b.accumulation && a.seed == b.seed) return;
        throw Error{"The twins were not begun with the same batches", pathText(m_common.run), "Resume each of them alone"};
    }

    void takeTurns() {
        std::vector<bool> going(m_twins.size(), true);
        for (const auto& twin : m_twins) twin->loop().begin();
        try {
            for (;;) {
                std::size_t next = m_twins.size();
                for (std::size_t i = 0; i < m_twins.size(); ++i) {
                    if (going[i] && (next == m_twins.size() || m_twins[i]->loop().steps() < m_twins[next]->loop().steps())) next = i;
                }
                if (next == m_twins.size()) break;
                going[next] = m_twins[next]->loop().advance();
            }
        } catch (...) {
            for (const auto& twin : m_twins) (void)guarded([&] { twin->loop().end(); });  // what can be saved is
            throw;
        }
        for (const auto& twin : m_twins) twin->loop().end();
    }

    const TwinsOrder& m_order;
    const TrainOrder& m_common;
    TwinsObserver& m_observer;
    std::stop_token m_stop;
    std::optional<RunData> m_data;
    std::vector<std::unique_ptr<MemoryAccount>> m_accounts;
    std::vector<std::unique_ptr<OneRun>> m_twins;
};

}  // namespace

std::vector<std::string> twinFolders(const std::vector<std::string>& forms) {
    std::vector<std::string> folders;
    for (const std::string& form : forms) folders.push_back(folderOf(form));
    return folders;
}

std::vector<TwinConfig> twinConfigs(const std::string& json, const std::vector<std::string>& forms, TwinMatch match, std::int64_t vocab,
                                    const std::string& where) {
    if (forms.size() < 2 || forms.size() > kMostTwins)
        throw Error{"Twins are 2 to " + std::to_string(kMostTwins) + " forms, not " + std::to_string(forms.size()), where,
                    "As in mha,mla-deepseek:r=64"};
    std::vector<TwinConfig> twins;
    std::optional<double> goal;
    const MatchBy by = match == TwinMatch::Flops ? MatchBy::Flops : MatchBy::Parameters;
    for (std::size_t i = 0; i < forms.size(); ++i) {
        const std::string folder = folderOf(forms[i]);
        if (std::any_of(twins.begin(), twins.end(), [&](const TwinConfig& twin) { return twin.folder == folder; }))
            throw Error{"The form " + forms[i] + " stands twice", where, "Leave one out"};
        std::string text = configWithForm(json, forms[i], where);
        if (goal && match != TwinMatch::Nothing) text = matched(text, by, *goal, vocab, where);
        nlohmann::ordered_json whole = nlohmann::ordered_json::parse(text);
        const std::string name = whole.contains("name") && whole["name"].is_string() ? whole["name"].get<std::string>() : "";
        whole["name"] = name.empty() ? forms[i] : repairedUtf8(name.substr(0, kLongestModelName / 2)) + ", " + forms[i];
        whole["twin"] = "../" + folderOf(forms[i == 0 ? 1 : 0]);
        twins.push_back({folder, parseTrainConfig(whole.dump(2), where, vocab)});
        const TrainConfig& config = twins.back().config;
        if (!goal) goal = sizeOf(config.model, by, config.training.context);
    }
    return twins;
}

TrainingPlan planTwins(const std::vector<TwinConfig>& twins, std::optional<double> secondsPerRound, std::optional<std::int64_t> available) {
    TrainingPlan all = planTraining(twins.front().config, secondsPerRound, available);
    const auto shape = [](const TwinConfig& twin, std::int64_t parameters) {
        const ModelConfig& model = twin.config.model;
        return TwinShape{twin.folder, parameters, model.ffnWidth,
                         cacheSpec(model, MlaPath::Absorbed, DType::F32).elementsPerTokenPerLayer()};
    };
    if (twins.size() > 1) all.twins.push_back(shape(twins.front(), all.parameters));
    for (std::size_t i = 1; i < twins.size(); ++i) {
        const TrainingPlan one = planTraining(twins[i].config, {}, available);
        all.twins.push_back(shape(twins[i], one.parameters));
        all.parameters += one.parameters;
        all.nonEmbedding += one.nonEmbedding;
        all.memory.weights += one.memory.weights;
        all.memory.gradients += one.memory.gradients;
        all.memory.optimiser += one.memory.optimiser;
        all.memory.average += one.memory.average;
        all.memory.activations = std::max(all.memory.activations, one.memory.activations);
    }
    completePlan(all);
    return all;
}

std::vector<TrainSummary> trainTwins(const TwinsOrder& order, TwinsObserver& observer, std::stop_token stop) {
    return Group(order, observer, std::move(stop)).go();
}

}  // namespace loom
