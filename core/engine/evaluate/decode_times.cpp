// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/evaluate/decode_times.h"

#include <algorithm>
#include <fstream>
#include <thread>
#include <utility>

#include "core/data/checked_math.h"
#include "core/data/hash.h"
#include "core/engine/checkpoint/write_checkpoint.h"
#include "core/engine/memory/free_memory.h"
#include "core/engine/train/initial_weights.h"

namespace loom {
namespace {

/// A row's network, ready to be measured.
struct Subject {
    ModelConfig config;
    NetworkOptions options;
    std::shared_ptr<const OpenModel> model = {};
    std::shared_ptr<const Network> network = {};
    bool tooSlow(double longest, const TimeGrid& grid, std::size_t row, std::size_t context, std::size_t batch) const {
        const auto slow = [&](std::size_t c, std::size_t b) {
            const auto& cell = grid.at(row, c, b);
            return !cell || cell->median >= longest;
        };
        return (context > 0 && slow(context - 1, batch)) || (batch > 0 && slow(context, batch - 1));
    }
};

std::string processorName() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("model name")) continue;
        const auto colon = line.find(':');
        return colon == std::string::npos ? line : line.substr(std::min(colon + 2, line.size()));
    }
    return "processor";
}

std::vector<Subject> subjectsOf(const std::vector<TwinContestant>& contestants, const TimeGridOptions& options) {
    std::vector<Subject> list;
    const auto add = [&](const TwinContestant& one, MlaPath path) {
        ModelConfig config = one.config;
        config.context = std::max(config.context, options.contexts.back() + 1);
        list.push_back({config, {path, options.precision, DType::F32}});
    };
    for (const TwinContestant& one : contestants) add(one, one.choice.mla);
    for (const TwinContestant& one : contestants) {
        if (one.config.attention.latent == Latent::Joint && one.choice.mla == MlaPath::Absorbed) add(one, MlaPath::Naive);
    }
    return list;
}

StepTime measureCell(const Network& network, std::int64_t vocab, std::int64_t context, std::int64_t batch, const TimeGridOptions& options,
                     const std::stop_token& stop) {
    std::vector<std::unique_ptr<Sequence>> stories;
    std::vector<Sequence*> all;
    TokenIds tokens;
    for (std::int64_t i = 0; i < batch; ++i) {
        stories.push_back(valueOrThrow(network.newSequence(context + 1)));
        all.push_back(stories.back().get());
        tokens.emplace_back((i * 7919 + 1) % vocab);
    }
    std::vector<float> logits;
    ForwardOutput out;
    std::vector<double> seconds;
    const auto begun = options.now();
    for (std::int64_t repeat = -1; repeat < kMostRepeats; ++repeat) {  // the first one warms up
        if (stop.stop_requested()) break;
        for (Sequence* story : all) valueOrThrow(story->pretend(context));
        const auto before = options.now();
        if (batch == 1) {
            valueOrThrow(all.front()->forward(tokens, {}, out));
        } else {
            valueOrThrow(network.forwardTogether(all, tokens, logits));
        }
        const auto after = options.now();
        if (repeat >= 0) seconds.push_back(std::chrono::duration<double>(after - before).count());
        if (std::ssize(seconds) >= kLeastRepeats && after - begun >= options.cellTime) break;
    }
    if (seconds.empty()) return {};
    std::sort(seconds.begin(), seconds.end());
    return {seconds[seconds.size() / 2], seconds.front(), seconds.back(), std::ssize(seconds)};
}

}  // namespace

TimeGrid emptyTimeGrid(const std::vector<TwinContestant>& contestants, const TimeGridOptions& options) {
    TimeGrid grid{options.contexts, options.batches, {}, processorName()};
    if (!contestants.empty()) grid.machine += ", " + contestants.front().kernels;
    const std::vector<Subject> subjects = subjectsOf(contestants, options);
    std::vector<const TwinContestant*> whose;
    for (const TwinContestant& one : contestants) whose.push_back(&one);
    for (const TwinContestant& one : contestants) {
        if (one.config.attention.latent == Latent::Joint && one.choice.mla == MlaPath::Absorbed) whose.push_back(&one);
    }
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        const bool naive = subjects[i].config.attention.latent == Latent::Joint && subjects[i].options.path == MlaPath::Naive;
        TimeRow row{whose[i]->name, cacheSpec(subjects[i].config, subjects[i].options.path, DType::F32).form, naive};
        row.cells.resize(grid.contexts.size() * grid.batches.size());
        grid.rows.push_back(std::move(row));
    }
    return grid;
}

bool measureTimeGrid(Engine& engine, const std::vector<TwinContestant>& contestants, const TimeGridOptions& options, TimeGrid& grid,
                     const std::function<void(std::int64_t, std::int64_t)>& onCell, std::stop_token stop) {
    grid = emptyTimeGrid(contestants, options);
    std::vector<Subject> subjects = subjectsOf(contestants, options);
    for (Subject& subject : subjects) {
        if (stop.stop_requested()) return false;
        const auto same = std::find_if(subjects.begin(), subjects.end(),
                                       [&](const Subject& other) { return other.model && other.config == subject.config; });
        subject.model =
            same != subjects.end() ? same->model : std::make_shared<const OpenModel>(initialCheckpoint(subject.config, 1), nullptr);
        auto network = engine.network(*subject.model, subject.options, stop);
        if (!network && stop.stop_requested()) return false;
        subject.network = valueOrThrow(std::move(network));
    }
    const auto all = static_cast<std::int64_t>(subjects.size() * grid.contexts.size() * grid.batches.size());
    std::int64_t done = 0;
    for (std::size_t c = 0; c < grid.contexts.size(); ++c) {
        for (std::size_t b = 0; b < grid.batches.size(); ++b) {
            for (std::size_t row = 0; row < subjects.size(); ++row) {
                const Subject& subject = subjects[row];
                const CacheSpec spec = cacheSpec(subject.config, subject.options.path, DType::F32);
                const std::int64_t most =
                    options.mostCacheBytes > 0 ? options.mostCacheBytes : freeMemory().value_or(std::int64_t{1} << 30) / 4;
                const auto bytes = checkedProduct({spec.bytesPerToken(), grid.contexts[c] + 1, grid.batches[b]});
                const bool fast = subject.network->facts().fast || grid.batches[b] == 1;  // the reference writes one story at a time
                if (fast && bytes && *bytes <= most && !subject.tooSlow(options.longestStep, grid, row, c, b)) {
                    const StepTime time =
                        measureCell(*subject.network, subject.config.vocab, grid.contexts[c], grid.batches[b], options, stop);
                    if (stop.stop_requested()) return false;
                    grid.rows[row].cells[grid.cell(c, b)] = time;
                }
                if (onCell) onCell(++done, all);
            }
        }
    }
    return true;
}

std::string timeGridKey(const std::vector<TwinContestant>& contestants, const TimeGridOptions& options) {
    Fnv1a hash;
    hash.add(processorName());
    hash.add(std::to_string(std::thread::hardware_concurrency()));
    for (const std::int64_t number : options.contexts) hash.add(std::to_string(number) + ",");
    for (const std::int64_t number : options.batches) hash.add(std::to_string(number) + ";");
    for (const TwinContestant& one : contestants) {
        hash.add(configText(one.config, DType::F32));
        hash.add(one.name + '\n' + one.path + '\n' + one.precision + '\n' + one.kernels + '\n' + std::to_string(one.threads) + '\n');
    }
    return hexText(hash.value());
}

}  // namespace loom
