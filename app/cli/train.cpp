// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli train: from a text file to a checkpoint, or to several that differ in attention.
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>

#include "app/cli/command.h"
#include "app/cli/data_options.h"
#include "app/cli/train_report.h"
#include "core/engine/api/user_paths.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/train/run_list.h"
#include "core/engine/train/run_start.h"
#include "core/engine/train/training_plan.h"
#include "core/engine/train/training_run.h"
#include "core/engine/train/twins.h"

namespace loom::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr double kPresetValidShare = 0.02;
constexpr std::int64_t kUsualVocabulary = 4096;
constexpr double kSecondsOfMeasuring = 4;

struct Options {
    std::string data, valid, config, out, tokenizer, resume, preset, form, match = "parameters";
    std::vector<std::string> twins;
    DataOptions source;
    std::int64_t steps = 0;
    double minutes = 0;
    std::uint64_t seed = 0;
    bool plan = false, list = false;
    CLI::Option *stepsGiven = nullptr, *minutesGiven = nullptr, *seedGiven = nullptr, *shareGiven = nullptr;

    [[nodiscard]] bool changesSteps() const { return !stepsGiven->empty() || !minutesGiven->empty() || !seedGiven->empty(); }
    [[nodiscard]] TwinMatch twinMatch() const { return twinMatchNamed(match).value_or(TwinMatch::Parameters); }
};

/// What the options ask for. A preset that is cut to a time is measured here.
TrainOrder orderFor(const Options& options, const Context& context, TrainReporter& reporter) {
    TrainOrder order;
    const EngineOptions engine = context.engineOptions();
    order.threads = engine.threads;
    order.device = engine.device;
    order.resume = !options.resume.empty();
    order.tokenizer = options.tokenizer;
    if (order.resume) {
        order.run = options.resume;
        order.movedData = options.data;
        order.movedValid = options.valid;
        return order;
    }
    order.data = options.source.order(options.data.empty() ? "maker" : options.data);
    if (!options.valid.empty()) order.data.valid = options.source.spec(options.valid);
    const bool presetDivides = !options.preset.empty() && options.valid.empty() && options.shareGiven->empty();
    if (presetDivides) order.data.validShare = kPresetValidShare;
    if (!options.stepsGiven->empty()) order.steps = options.steps;
    if (!options.minutesGiven->empty()) order.minutes = options.minutes;
    if (!options.seedGiven->empty()) order.seed = options.seed;
    order.config = options.config;
    if (!options.preset.empty()) {
        const auto report = [&](std::int64_t done, std::int64_t total) { reporter.onPhase("measuring this machine", done, total); };
        const std::int64_t networks = std::max<std::int64_t>(1, std::ssize(options.twins));
        PresetConfig preset = presetConfig(options.preset, {order.device, order.threads}, report, context.stop, networks);
        order.configText = std::move(preset.json);
        order.vocabulary = preset.vocabulary;
    }
    if (!options.form.empty()) order.configText = configWithForm(orderedConfig(order), options.form, configName(order));
    const std::string name = !options.preset.empty() ? options.preset : order.config.stem().string();
    order.run = options.out.empty() ? freeRunFolder(userPaths().runs, name) : fs::path(options.out);
    return order;
}

int listPresets(const Context& context) {
    Json all = Json::array();
    for (const TrainPreset& preset : trainPresets()) {
        if (context.json)
            all.push_back({{"name", preset.name}, {"title", preset.title}, {"description", preset.description}});
        else
            std::cout << std::left << std::setw(30) << preset.name << preset.description << '\n';
    }
    if (context.json) Context::print({{"presets", std::move(all)}});
    return kOk;
}

/// --plan: what the run would take.
int showPlan(const Options& options, const TrainOrder& order, const Context& context, TrainReporter& reporter) {
    const std::string text = orderedConfig(order);
    const std::string where = configName(order);
    const std::int64_t asked = vocabOfConfig(text, where);
    const std::int64_t learnt = asked > 0 ? asked : order.vocabulary > 0 ? order.vocabulary : kUsualVocabulary;
    const std::int64_t vocab = order.tokenizer.empty() ? learnt : openTokenizer(order.tokenizer, asked)->vocabularySize();
    std::vector<TwinConfig> twins;
    if (options.twins.empty())
        twins.push_back({"", parseTrainConfig(text, where, vocab)});
    else
        twins = twinConfigs(text, options.twins, options.twinMatch(), vocab, where);
    const PhaseReport report = [&](const std::string& what, std::int64_t done, std::int64_t total) { reporter.onPhase(what, done, total); };
    std::vector<TrainConfig> configs;
    for (const TwinConfig& twin : twins) configs.push_back(twin.config);
    configs = withinTime(std::move(configs), order, report, context.stop);
    for (std::size_t i = 0; i < twins.size(); ++i) twins[i].config = configs[i];
    TrainingPlan plan = planTwins(twins);
    if (plan.fits) {  // else a measurement would not fit either
        double seconds = 0;
        for (const TwinConfig& twin : twins) {
            const auto told = [&](std::int64_t done, std::int64_t total) { report("measuring the speed", done, total); };
            seconds += measureStep(twin.config, {order.device, order.threads}, kSecondsOfMeasuring, told, context.stop);
        }
        plan = planTwins(twins, seconds);
    }
    Json json = planJson(plan);
    std::string sizes;
    for (const TwinShape& twin : plan.twins) {
        json["twins"].push_back({{"folder", twin.folder},
                                 {"parameters", twin.parameters},
                                 {"intermediate_size", twin.feedForward},
                                 {"cache_elements_per_token_and_layer", twin.kept}});
        sizes += "  " + twin.folder + ": " + std::to_string(twin.parameters) + " parameters, feed-forward width " +
                 std::to_string(twin.feedForward) + ", keeps " + std::to_string(twin.kept) + " numbers per token and layer\n";
    }
    if (context.json)
        Context::print(json);
    else
        std::cout << planText(plan) << sizes;
    return kOk;
}

int stoppedOr(bool stopped, const fs::path& folder) {
    if (!stopped) return kOk;
    std::cerr << "Go on with: latentloom-cli train --resume " << pathText(folder) << '\n';
    return kCancelled;
}

int runTwins(const Options& options, TrainOrder order, const Context& context) {
    const fs::path folder = order.run;
    std::vector<TrainSummary> all;
    std::vector<std::string> names;
    {
        TwinsReporter reporter;
        all = trainTwins({std::move(order), options.twins, options.twinMatch()}, reporter, context.stop);
        names = reporter.names();
    }
    bool stopped = false;
    Json twins = Json::array();
    std::string text;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::string& name = names[i];
        stopped = stopped || all[i].stopped;
        Json one{{"run", (folder / name).string()}};
        one.update(summaryJson(all[i]));
        twins.push_back(std::move(one));
        text += name + ": " + summaryText(all[i]) + "\n";
    }
    if (context.json)
        Context::print({{"group", folder.string()}, {"twins", std::move(twins)}});
    else
        std::cout << text << "The checkpoints are in " << pathText(folder) << '\n';
    return stoppedOr(stopped, folder);
}

int runOne(const TrainOrder& order, const Context& context) {
    MemoryAccount account;
    TrainSummary summary;
    {
        TrainReporter reporter;
        summary = train(order, account, reporter, context.stop);
    }
    if (context.json) {
        Json json{{"run", order.run.string()}};
        json.update(summaryJson(summary));
        Context::print(json);
    } else {
        std::cout << summaryText(summary) << "\nThe checkpoint is in " << pathText(order.run) << '\n';
    }
    return stoppedOr(summary.stopped, order.run);
}

int run(const Options& options, const Context& context) {
    if (options.list) return listPresets(context);
    const bool resume = !options.resume.empty();
    if (!resume && options.config.empty() == options.preset.empty()) {
        std::cerr << "A new run needs --config FILE or --preset NAME (--list shows all); --resume RUN goes on with an old one.\n";
        return kUsage;
    }
    if (!resume && options.preset.empty() && (options.data.empty() || (options.out.empty() && !options.plan))) {
        std::cerr << "A new run needs --data and --out, unless it begins with a --preset.\n";
        return kUsage;
    }
    if (!options.preset.empty() && trainPresetNamed(options.preset).minutes > 0 && !options.minutesGiven->empty()) {
        std::cerr << "The preset is cut to a time already; leave --minutes out.\n";
        return kUsage;
    }
    const bool begins = !(options.config.empty() && options.preset.empty() && options.form.empty() && options.twins.empty() &&
                          options.out.empty() && options.tokenizer.empty() && !options.changesSteps() && !options.plan);
    if (resume && begins) {
        std::cerr << "--resume goes on as the run was begun; only --data and --valid may be given again, if they have moved.\n";
        return kUsage;
    }
    TrainOrder order;
    {
        TrainReporter reporter;
        order = orderFor(options, context, reporter);
        if (options.plan) return showPlan(options, order, context, reporter);
    }
    if (!options.twins.empty() || (resume && isTwinGroup(order.run))) return runTwins(options, std::move(order), context);
    return runOne(order, context);
}

}  // namespace

Registration addTrain(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        program.add_subcommand("train", "Train a network on stories. The run's folder is a checkpoint that every other command opens.");
    command->add_option("--preset", options->preset,
                        "2-minutes, 10-minutes, 1-hour, or a network by name (--list); stories are made unless --data names some");
    command->add_flag("--list", options->list, "Print the presets and do nothing else");
    command->add_flag("--plan", options->plan, "Print memory and time that the run would take, and do nothing else");
    command->add_option("--form", options->form, "Another attention for the network: mha, gqa, mla-deepseek:r=64:dr=16, mla-paper:r=16, …");
    command->add_option("--twins", options->twins, "Several attention forms, trained in turns on identical batches: mha,mla-deepseek:r=64")
        ->delimiter(',');
    command->add_option("--match", options->match, "What twins have in common: parameters, flops or nothing")
        ->check(CLI::IsMember({"parameters", "flops", "nothing"}))
        ->capture_default_str();
    command->add_option("--data", options->data, std::string("Stories: ") + kSources);
    command->add_option("--valid", options->valid, "Held-out stories of their own, for the validation loss; the same kinds");
    options->source.add(*command);
    options->shareGiven = command->get_option("--valid-share");
    command->add_option("--config", options->config, "JSON file: \"model\" (the keys of a config.json) and \"training\"");
    command->add_option("--out", options->out, "Folder of the new run (with --preset: in your folder of runs where none is given)");
    command->add_option("--tokenizer", options->tokenizer, "Tokenizer folder; none: one is learnt from the data");
    options->stepsGiven =
        command->add_option("--steps", options->steps, "Instead of the configuration's steps")->check(CLI::PositiveNumber);
    options->minutesGiven = command->add_option("--minutes", options->minutes, "As many steps as fit into this time")
                                ->check(CLI::Range(0.01, 1e6))
                                ->excludes(options->stepsGiven);
    options->seedGiven = command->add_option("--seed", options->seed, "Of the first weights and the order of the data");
    command->add_option("--resume", options->resume, "Go on with this run, or this group of twins");
    addCommonOptions(*command, context, true);
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
