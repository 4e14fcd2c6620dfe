// SPDX-License-Identifier: GPL-3.0-or-later
// bench_train: training steps per second of a named shape, and the share of the peak that a plain matrix product reaches on the spot.
//   bench_train [--shape P50] [--precision f32|bf16] [--threads N] [--rows 8] [--length 256] [--steps 8]
// Prints one JSON document.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "core/data/bench_shapes.h"
#include "core/engine/api/lab.h"
#include "core/engine/generate/philox.h"
#include "core/engine/train/initial_weights.h"
#include "tests/bench/peak.h"

namespace {

using namespace loom;
using Clock = std::chrono::steady_clock;

double seconds(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

TokenBatch randomBatch(std::int64_t rows, std::int64_t length, std::int64_t vocab, std::uint32_t number) {
    TokenBatch batch;
    batch.rows = rows;
    for (std::int64_t i = 0; i < rows * length; ++i) {
        const auto words = philox4x32({static_cast<std::uint32_t>(i), number, 0, 0}, {7, 7});
        batch.inputs.push_back(words[0] % vocab);
        batch.targets.push_back(words[1] % vocab);
    }
    return batch;
}

/// Multiply-adds count twice: 6 per weight in products, and attention's two products (half of each is never computed: causal).
double flopsPerToken(const ModelConfig& c, std::int64_t length) {
    const ParameterCount count = countParameters(c);
    const double products = 6.0 * static_cast<double>(count.nonEmbedding + (c.tieEmbeddings ? c.vocab * c.dModel : 0));
    const double scores =
        3.0 * static_cast<double>(c.layers * c.attention.heads * (c.attention.qkHeadDim() + c.attention.valueHeadDim()) * length);
    return products + scores;
}

int run(int argc, char** argv) {
    std::string shape = "P50", precision = "f32";
    std::int64_t threads = 0, rows = 8, length = 256, steps = 8, vocab = 0;
    CLI::App app("Training throughput of a named shape.", "bench_train");
    app.add_option("--shape", shape)->capture_default_str();
    app.add_option("--vocab", vocab, "Tokens; 0 = as the shape has it")->check(CLI::NonNegativeNumber)->capture_default_str();
    app.add_option("--precision", precision)->check(CLI::IsMember({"f32", "bf16"}))->capture_default_str();
    app.add_option("--threads", threads, "0 = all cores");
    app.add_option("--rows", rows)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--length", length)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--steps", steps)->check(CLI::PositiveNumber)->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    ModelConfig config = benchShape(shape);
    if (vocab > 0) config.vocab = vocab;
    TrainerOptions options;
    options.precision = precision == "bf16" ? DType::BF16 : DType::F32;
    options.threads = threads;
    MemoryAccount account;
    const auto trainer = valueOrThrow(valueOrThrow(loadLab())->buildTrainable(initialCheckpoint(config, 1), options, account));
    std::vector<double> times;
    double loss = 0;
    for (std::int64_t step = 0; step <= steps; ++step) {
        const TokenBatch batch = randomBatch(rows, length, config.vocab, static_cast<std::uint32_t>(step));
        const auto start = Clock::now();
        loss = valueOrThrow(trainer->step({&batch, 1}, 1e-4, step + 1, {})).loss;
        if (step > 0) times.push_back(seconds(start));  // the first one warms up
    }
    const double perSecond = static_cast<double>(rows * length) / median(times);
    const double flops = perSecond * flopsPerToken(config, length);
    const double peak = bench::productPeak(options.precision,
                                           threads > 0 ? static_cast<int>(threads) : static_cast<int>(std::thread::hardware_concurrency()));
    nlohmann::ordered_json out{{"shape", shape},
                               {"precision", precision},
                               {"rows", rows},
                               {"length", length},
                               {"tokens_per_second", perSecond},
                               {"gflops", flops * 1e-9},
                               {"peak_gflops", peak * 1e-9},
                               {"share_of_peak", flops / peak},
                               {"last_loss", loss}};
    std::cout << out.dump(2) << '\n';
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto code = guarded([&] { return run(argc, argv); });
    if (code) return *code;
    std::cerr << "error: " << code.error().message() << '\n';
    return 1;
}
