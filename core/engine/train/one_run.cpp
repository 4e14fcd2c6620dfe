// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/one_run.h"

#include "core/engine/api/engine.h"
#include "core/engine/api/lab.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/evaluate/evaluate.h"
#include "core/engine/train/initial_weights.h"
#include "core/engine/train/run_notes.h"
#include "core/engine/train/run_start.h"

namespace loom {
namespace {

constexpr std::int64_t kSampleTokens = 200;
constexpr std::int64_t kMostScored = 2000;  ///< held-out stories that a finished run is measured on

}  // namespace

OneRun::OneRun(RunFolder folder, const TrainOrder& order, MemoryAccount& account, TrainObserver& observer, std::stop_token stop)
    : m_folder(std::move(folder)),
      m_order(order),
      m_account(account),
      m_observer(observer),
      m_stop(std::move(stop)),
      m_config(parseTrainConfig(m_folder.request().config, pathText(m_folder.path() / "run.json"), 0)) {
    if (const RunNotes notes = readRunNotes(m_folder.path()); !notes.name.empty()) m_config.name = notes.name;
}

void OneRun::prepare(const RunData& data) {
    m_data = &data;
    const std::int64_t threads = threadsFor(m_order);
    if (m_order.resume && threads != request().threads) {
        m_observer.onNote("The run was begun with " + std::to_string(request().threads) + " threads; with " + std::to_string(threads) +
                          " its losses will differ in the last digits");
    }
    const TokenId end = openTokenizer(m_folder.path(), m_config.model.vocab)->endTokens().front();
    m_config.model.bosToken = end;
    m_config.model.eosTokens = {end};
    m_folder.writeDescriptions(m_config);
    const TrainSettings& s = m_config.training;
    const TrainerOptions options{m_order.device, threads, s.precision, s.adamW, s.clip, s.dropout, s.seed, s.balancing};
    m_trainer = valueOrThrow(valueOrThrow(loadLab())->buildTrainable(initialCheckpoint(m_config.model, s.seed), options, m_account));
    m_loop.emplace(m_folder, m_config, data, *m_trainer, m_observer, m_stop, m_summary, &m_account);
    m_loop->restore(m_order.resume);
}

void OneRun::finish() {
    m_trainer.reset();
    const auto measured = guarded([this] { measureFinished(); });
    if (!measured && !m_stop.stop_requested()) throw Error(measured.error());  // all steps are done and saved, whatever is not measured
}

void OneRun::measureFinished() {
    const auto engine = Engine::create({m_order.device, threadsFor(m_order)});
    const auto model = valueOrThrow(engine->open(m_folder.path(), {}));
    std::optional<Evaluation> result;
    if (const std::vector<std::string> held = m_data->heldOutStories(kMostScored); !held.empty()) {
        const auto report = [&](std::int64_t done, std::int64_t all) { m_observer.onPhase("measuring on held-out stories", done, all); };
        const auto network = valueOrThrow(engine->network(*model, {}, m_stop));
        result = evaluate(*model, logitsOf(*network), held, {report, {}}, m_stop);
        m_summary.bitsPerByte = result->bitsPerByte();
    }
    const auto report = [&](std::int64_t done, std::int64_t all) { m_observer.onPhase("writing samples", done, all); };
    const auto samples = writeSamples(*engine, m_folder.path(), kSampleTokens, kSamplePrompts, report, m_stop);
    if (std::ssize(samples) < kSamplePrompts) return;  // stopped
    m_loop->card(result, samples);
}

}  // namespace loom
