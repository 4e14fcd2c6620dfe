// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli train: from a text file to a checkpoint.
#include <cmath>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "app/cli/command.h"
#include "app/cli/data_options.h"
#include "app/cli/progress_line.h"
#include "core/engine/train/training_run.h"

namespace loom::cli {
namespace {

struct Options {
    std::string data, valid, config, out, tokenizer, resume;
    DataOptions source;
    std::int64_t steps = 0;
    double minutes = 0;
    std::uint64_t seed = 0;
    CLI::Option *stepsGiven = nullptr, *minutesGiven = nullptr, *seedGiven = nullptr;
};

/// "1 h 04 min", "3 min 20 s", "12 s".
std::string durationText(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    std::ostringstream text;
    if (whole >= 3600) {
        text << whole / 3600 << " h " << std::setw(2) << std::setfill('0') << whole % 3600 / 60 << " min";
    } else if (whole >= 60) {
        text << whole / 60 << " min " << std::setw(2) << std::setfill('0') << whole % 60 << " s";
    } else {
        text << whole << " s";
    }
    return text.str();
}

class Reporter final : public TrainObserver {
public:
    void onPhase(const std::string& what, std::int64_t done, std::int64_t total) override {
        if (what != m_phase) ++m_number;
        m_phase = what;
        m_line.update(what + " " + std::to_string(total > 0 ? 100 * done / total : 0) + " %", done, total, m_number);
    }
    void onNote(const std::string& text) override { m_line.note(text); }
    void onStep(const TrainProgress& p) override {
        std::ostringstream text;
        text << "step " << p.point.step << " of " << p.steps << std::fixed << std::setprecision(3) << ", loss " << p.point.loss;
        if (p.point.validationLoss) m_validation = p.point.validationLoss;
        if (m_validation) text << ", validation " << *m_validation;
        text << std::setprecision(0) << ", " << p.tokensPerSecond << " tok/s, " << durationText(p.secondsLeft) << " left";
        m_line.show(text.str());
    }

    PauseAnswer onPause(const TrainPause& pause) override {
        if (pause.cause != PauseCause::Outlier) return PauseAnswer::Stop;  // the error says what to do
        onNote(pause.problem.what + "; going on");
        return PauseAnswer::GoOn;
    }

private:
    ProgressLine m_line;
    std::string m_phase;
    int m_number = 0;
    std::optional<double> m_validation;
};

int run(const Options& options, const Context& context) {
    TrainOrder order;
    order.resume = !options.resume.empty();
    if (!order.resume && (options.data.empty() || options.config.empty() || options.out.empty())) {
        std::cerr << "A new run needs --data, --config and --out; --resume RUN goes on with an old one.\n";
        return kUsage;
    }
    if (order.resume && !(options.config.empty() && options.out.empty() && options.tokenizer.empty() && options.stepsGiven->empty() &&
                          options.minutesGiven->empty() && options.seedGiven->empty())) {
        std::cerr << "--resume goes on as the run was begun; only --data and --valid may be given again, if they have moved.\n";
        return kUsage;
    }
    order.run = order.resume ? options.resume : options.out;
    order.config = options.config;
    if (order.resume) {
        order.movedData = options.data;
        order.movedValid = options.valid;
    } else {
        order.data = options.source.order(options.data);
        if (!options.valid.empty()) order.data.valid = options.source.spec(options.valid);
    }
    order.tokenizer = options.tokenizer;
    if (!options.stepsGiven->empty()) order.steps = options.steps;
    if (!options.minutesGiven->empty()) order.minutes = options.minutes;
    if (!options.seedGiven->empty()) order.seed = options.seed;
    const EngineOptions engine = context.engineOptions();
    order.threads = engine.threads;
    order.device = engine.device;

    MemoryAccount account;
    TrainSummary s;
    {
        Reporter reporter;
        s = train(order, account, reporter, context.stop);
    }
    const std::string folder = order.run.string();
    if (context.json) {
        nlohmann::ordered_json json{{"run", folder},      {"step", s.step},       {"steps", s.steps},
                                    {"tokens", s.tokens}, {"seconds", s.seconds}, {"tokens_per_second", s.tokensPerSecond},
                                    {"loss", s.loss},     {"stopped", s.stopped}};
        if (s.validationLoss) json["validation_loss"] = *s.validationLoss;
        if (s.best) json["best"] = {{"step", s.best->step}, {"validation_loss", *s.best->validationLoss}};
        json["ended_early"] = s.endedEarly;
        if (s.bitsPerByte) json["bits_per_byte"] = *s.bitsPerByte;
        Context::print(json);
    } else {
        std::cout << (s.stopped ? "Stopped at step " : "Done: step ") << s.step << " of " << s.steps << ", " << s.tokens << " tokens in "
                  << durationText(s.seconds) << std::fixed << std::setprecision(4) << ", loss " << s.loss;
        if (s.validationLoss) std::cout << ", validation loss " << *s.validationLoss;
        if (s.best && s.best->step != s.step)
            std::cout << " (lowest at step " << s.best->step << ": " << *s.best->validationLoss << ", in best/)";
        if (s.bitsPerByte) std::cout << ", " << *s.bitsPerByte << " bits per byte on held-out stories";
        std::cout << "\nThe checkpoint is in " << folder << '\n';
    }
    if (!s.stopped) return kOk;
    std::cerr << "Go on with: latentloom-cli train --resume " << folder << '\n';
    return kCancelled;
}

}  // namespace

Registration addTrain(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        program.add_subcommand("train", "Train a network on stories. The run's folder is a checkpoint that every other command opens.");
    command->add_option("--data", options->data, std::string("Stories: ") + kSources);
    command->add_option("--valid", options->valid, "Held-out stories of their own, for the validation loss; the same kinds");
    options->source.add(*command);
    command->add_option("--config", options->config, "JSON file: \"model\" (the keys of a config.json) and \"training\"");
    command->add_option("--out", options->out, "Folder of the new run");
    command->add_option("--tokenizer", options->tokenizer, "Tokenizer folder; none: one is learnt from the data");
    options->stepsGiven =
        command->add_option("--steps", options->steps, "Instead of the configuration's steps")->check(CLI::PositiveNumber);
    options->minutesGiven = command->add_option("--minutes", options->minutes, "As many steps as fit into this time")
                                ->check(CLI::Range(0.01, 1e6))
                                ->excludes(options->stepsGiven);
    options->seedGiven = command->add_option("--seed", options->seed, "Of the first weights and the order of the data");
    command->add_option("--resume", options->resume, "Go on with this run");
    addCommonOptions(*command, context, true);
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
