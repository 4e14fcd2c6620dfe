// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/training_run.h"

#include <optional>

#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/train/one_run.h"
#include "core/engine/train/run_data.h"
#include "core/engine/train/run_folder.h"
#include "core/engine/train/run_start.h"
#include "core/engine/train/training_plan.h"

namespace loom {
namespace {

/// Everything that can be wrong is found before the folder is made.
RunFolder begun(const TrainOrder& order, std::optional<RunData>& data, TrainObserver& observer, const PhaseReport& report,
                const std::stop_token& stop) {
    if (isRun(order.run))
        throw Error{"There is a training run already", pathText(order.run), "Go on with it with --resume, or choose another folder"};
    const std::string text = orderedConfig(order);
    const std::string where = configName(order);
    const std::int64_t asked = vocabOfConfig(text, where);
    constexpr std::int64_t kAny = 4096;  // to find out early what else is wrong
    requireFits(planTraining(parseTrainConfig(text, where, asked > 0 ? asked : kAny)), where);
    (void)openSource(order.data.train);  // that it can be read
    if (order.data.valid) (void)openSource(*order.data.valid);
    const RunTokenizer tokenizer(order, order.run, asked, report, stop);
    TrainConfig config = parseTrainConfig(text, where, tokenizer.vocabulary());
    data.emplace(order.data, tokenizer.source(), tokenCache(order), config, report, stop);
    config = withinTime({std::move(config)}, order, report, stop).front();
    RunFolder folder = RunFolder::create(order.run, requestFor(order, config, *data), tokenizer.source());
    for (const std::string& note : data->notes()) observer.onNote(note);
    return folder;
}

}  // namespace

TrainSummary train(const TrainOrder& order, MemoryAccount& account, TrainObserver& observer, std::stop_token stop) {
    const PhaseReport report = [&](const std::string& what, std::int64_t done, std::int64_t total) { observer.onPhase(what, done, total); };
    std::optional<RunData> data;
    OneRun run(order.resume ? RunFolder::open(order.run) : begun(order, data, observer, report, stop), order, account, observer, stop);
    if (order.resume) {
        data.emplace(dataFor(order, run.request()), order.run, tokenCache(order), run.config(), report, stop);
        requireSameData(*data, run.request());
    }
    run.prepare(*data);
    run.loop().go();
    if (!run.summary().stopped) run.finish();
    return run.summary();
}

}  // namespace loom
