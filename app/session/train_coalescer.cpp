// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/train_coalescer.h"

#include <utility>

namespace loom::session {
namespace {

PauseAnswer engineAnswer(TrainAnswer answer) {
    switch (answer) {
        case TrainAnswer::Retry: return PauseAnswer::Retry;
        case TrainAnswer::GoOn: return PauseAnswer::GoOn;
        case TrainAnswer::RollBack: return PauseAnswer::RollBack;
        case TrainAnswer::Stop: return PauseAnswer::Stop;
    }
    return PauseAnswer::Stop;
}

}  // namespace

void AnswerBox::give(TrainAnswer answer) {
    {
        const std::scoped_lock lock(m_mutex);
        m_answer = answer;
    }
    m_changed.notify_all();
}

void AnswerBox::clear() {
    const std::scoped_lock lock(m_mutex);
    m_answer.reset();
}

TrainAnswer AnswerBox::wait(const std::stop_token& stop) {
    std::unique_lock lock(m_mutex);
    if (!m_changed.wait(lock, stop, [this] { return m_answer.has_value(); })) return TrainAnswer::Stop;
    return *std::exchange(m_answer, std::nullopt);
}

TrainQuestion questionOf(const TrainPause& pause) {
    TrainQuestion question{pause.problem.message(), pause.step, pause.saved, {}};
    switch (pause.cause) {
        case PauseCause::CannotWrite: question.answers = {TrainAnswer::Retry, TrainAnswer::Stop}; break;
        case PauseCause::NotFinite: question.answers = {TrainAnswer::RollBack, TrainAnswer::Stop}; break;
        case PauseCause::Outlier: question.answers = {TrainAnswer::RollBack, TrainAnswer::GoOn, TrainAnswer::Stop}; break;
    }
    return question;
}

StepStories storiesOf(const StepSamples& samples) {
    StepStories stories{samples.step, {}};
    for (const SampleStory& s : samples.stories)
        stories.stories.push_back({s.prompt, s.text, static_cast<std::int64_t>(s.seed), s.temperature});
    return stories;
}

TrainCoalescer::TrainCoalescer(std::string folder, Hooks hooks) : m_hooks(std::move(hooks)), m_folder(std::move(folder)) {}

void TrainCoalescer::onPhase(const std::string& what, std::int64_t done, std::int64_t total) {
    m_waiting.phase = what;
    m_waiting.phaseDone = done;
    m_waiting.phaseTotal = total;
    sendIfDue();
}

void TrainCoalescer::onNote(const std::string& text) {
    m_waiting.notes.push_back(text);
    sendIfDue();
}

void TrainCoalescer::onStep(const TrainProgress& progress) {
    m_waiting.phase.clear();
    m_waiting.points.push_back(progress.point);
    m_waiting.steps = progress.steps;
    m_waiting.tokensPerSecond = progress.tokensPerSecond;
    m_waiting.secondsLeft = progress.secondsLeft;
    sendIfDue();
}

void TrainCoalescer::onSamples(const StepSamples& samples) {
    m_waiting.stories.push_back(storiesOf(samples));
    sendIfDue();
}

PauseAnswer TrainCoalescer::onPause(const TrainPause& pause) {
    finish();  // the curve up to here belongs to the question
    TrainQuestion question = questionOf(pause);
    question.folder = m_folder;
    return engineAnswer(m_hooks.ask(question));
}

void TrainCoalescer::finish() {
    if (m_hasWaiting) send(m_hooks.now());
}

void TrainCoalescer::sendIfDue() {
    m_hasWaiting = true;
    const Clock::time_point now = m_hooks.now();
    if (!m_lastSent || now - *m_lastSent >= m_interval) send(now);
}

void TrainCoalescer::send(Clock::time_point now) {
    TrainUpdate update = m_waiting;
    update.folder = m_folder;
    m_waiting.points.clear();
    m_waiting.stories.clear();
    m_waiting.notes.clear();
    m_lastSent = now;
    m_hasWaiting = false;
    m_hooks.send(std::move(update));
}

}  // namespace loom::session
