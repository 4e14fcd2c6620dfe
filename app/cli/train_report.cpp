// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/train_report.h"

#include <iomanip>
#include <sstream>

#include "core/data/cache_budget.h"
#include "core/engine/train/training_plan.h"

namespace loom::cli {

using Json = nlohmann::ordered_json;

void TrainReporter::onPhase(const std::string& what, std::int64_t done, std::int64_t total) {
    if (what != m_phase) ++m_number;
    m_phase = what;
    m_line.update(what + " " + std::to_string(total > 0 ? 100 * done / total : 0) + " %", done, total, m_number);
}

void TrainReporter::onStep(const TrainProgress& p) {
    std::ostringstream text;
    text << "step " << p.point.step << " of " << p.steps << std::fixed << std::setprecision(3) << ", loss " << p.point.loss;
    if (p.point.validationLoss) m_validation = p.point.validationLoss;
    if (m_validation) text << ", validation " << *m_validation;
    text << std::setprecision(0) << ", " << p.tokensPerSecond << " tok/s, " << durationText(p.secondsLeft) << " left";
    m_line.show(text.str());
}

PauseAnswer TrainReporter::onPause(const TrainPause& pause) {
    if (pause.cause != PauseCause::Outlier) return PauseAnswer::Stop;  // the error says what to do
    onNote(pause.problem.what + "; going on");
    return PauseAnswer::GoOn;
}

class TwinsReporter::Twin final : public TrainObserver {
public:
    Twin(TwinsReporter& all, std::string name) : m_all(all), m_name(std::move(name)) {}
    void onPhase(const std::string& what, std::int64_t done, std::int64_t total) override {
        m_all.m_group.onPhase(m_name + ": " + what, done, total);
    }
    void onNote(const std::string& text) override { m_all.m_group.onNote(m_name + ": " + text); }
    void onStep(const TrainProgress& p) override {
        if (p.point.validationLoss) m_validation = p.point.validationLoss;
        m_last = p;
        m_all.show();
    }
    PauseAnswer onPause(const TrainPause& pause) override {
        if (pause.cause != PauseCause::Outlier) return PauseAnswer::Stop;
        onNote(pause.problem.what + "; going on");
        return PauseAnswer::GoOn;
    }
    [[nodiscard]] const TrainProgress& last() const { return m_last; }
    [[nodiscard]] std::string text() const {
        std::ostringstream text;
        text << m_name << std::fixed << std::setprecision(3) << " " << m_last.point.loss;
        if (m_validation) text << " (validation " << *m_validation << ")";
        return text.str();
    }

private:
    TwinsReporter& m_all;
    std::string m_name;
    TrainProgress m_last;
    std::optional<double> m_validation;
};

TwinsReporter::TwinsReporter() = default;
TwinsReporter::~TwinsReporter() = default;

TrainObserver& TwinsReporter::twin(std::size_t, const std::string& name) {
    m_names.push_back(name);
    m_twins.push_back(std::make_unique<Twin>(*this, name));
    return *m_twins.back();
}

void TwinsReporter::show() {
    const TrainProgress& first = m_twins.front()->last();
    std::string text = "step " + std::to_string(first.point.step) + " of " + std::to_string(first.steps);
    double left = 0;
    for (const auto& twin : m_twins) {
        text += ", " + twin->text();
        left += twin->last().secondsLeft;
    }
    m_group.show(text + ", " + durationText(left) + " left");
}

Json summaryJson(const TrainSummary& s) {
    Json json{
        {"step", s.step}, {"steps", s.steps},    {"tokens", s.tokens}, {"seconds", s.seconds}, {"tokens_per_second", s.tokensPerSecond},
        {"loss", s.loss}, {"stopped", s.stopped}};
    if (s.validationLoss) json["validation_loss"] = *s.validationLoss;
    if (s.best) json["best"] = {{"step", s.best->step}, {"validation_loss", *s.best->validationLoss}};
    json["ended_early"] = s.endedEarly;
    if (s.bitsPerByte) json["bits_per_byte"] = *s.bitsPerByte;
    return json;
}

std::string summaryText(const TrainSummary& s) {
    std::ostringstream text;
    text << (s.stopped ? "Stopped at step " : "Done: step ") << s.step << " of " << s.steps << ", " << s.tokens << " tokens in "
         << durationText(s.seconds) << std::fixed << std::setprecision(4) << ", loss " << s.loss;
    if (s.validationLoss) text << ", validation loss " << *s.validationLoss;
    if (s.best && s.best->step != s.step) text << " (lowest at step " << s.best->step << ": " << *s.best->validationLoss << ", in best/)";
    if (s.bitsPerByte) text << ", " << *s.bitsPerByte << " bits per byte on held-out stories";
    return text.str();
}

Json planJson(const TrainingPlan& plan) {
    const TrainingMemory& m = plan.memory;
    Json memory{{"weights", m.weights},         {"gradients", m.gradients}, {"optimiser", m.optimiser},
                {"activations", m.activations}, {"average", m.average},     {"total", m.total()}};
    if (plan.available) memory["available"] = *plan.available;
    Json json{{"parameters", plan.parameters}, {"parameters_non_embedding", plan.nonEmbedding},
              {"memory", std::move(memory)},   {"fits", plan.fits},
              {"steps", plan.steps},           {"tokens_per_step", plan.tokensPerStep},
              {"tokens", plan.tokens()}};
    if (plan.secondsPerStep) json["seconds_per_step"] = *plan.secondsPerStep;
    if (const auto seconds = plan.seconds()) json["seconds"] = *seconds;
    json["sentence"] = plan.sentence;
    return json;
}

std::string planText(const TrainingPlan& plan) {
    const TrainingMemory& m = plan.memory;
    std::ostringstream text;
    text << plan.sentence << '\n';
    const auto row = [&text](const char* kind, std::int64_t bytes) {
        if (bytes > 0) text << "  " << std::left << std::setw(13) << kind << std::right << std::setw(12) << readableBytes(bytes) << '\n';
    };
    row("weights", m.weights);
    row("gradients", m.gradients);
    row("optimiser", m.optimiser);
    row("activations", m.activations);
    row("average", m.average);
    row("together", m.total());
    if (!plan.fits) text << "It does not fit.\n";
    return text.str();
}

}  // namespace loom::cli
