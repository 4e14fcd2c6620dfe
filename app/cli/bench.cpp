// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli bench: how fast a network reads and writes on this machine.
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <memory>

#include "app/cli/command.h"
#include "core/data/bench_shapes.h"
#include "core/data/cache_budget.h"
#include "core/engine/evaluate/speed.h"
#include "core/engine/train/initial_weights.h"

namespace loom::cli {
namespace {

struct Options {
    std::string model;
    std::string shape;
    std::string mla = "absorbed";
    std::string precision = "auto";
    std::string cacheType = "f32";
    SpeedOptions speed;
};

nlohmann::ordered_json spreadJson(const Spread& s) { return {{"median", s.median}, {"least", s.least}, {"most", s.most}}; }

std::string spreadText(const Spread& s) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(0) << s.median << " tok/s (" << s.least << " … " << s.most << ')';
    return text.str();
}

/// MODEL from its files, or a named shape with random weights.
std::shared_ptr<const OpenModel> subject(Engine& engine, const Options& options) {
    if (options.shape.empty()) return openModel(engine, options.model, {}, false);
    ModelConfig config = benchShape(options.shape);
    const SpeedOptions& s = options.speed;
    config.context = std::max({config.context, s.prefill, s.context + s.decode});
    return std::make_shared<const OpenModel>(initialCheckpoint(config, 1), nullptr);
}

int run(const Options& options, const Context& context) {
    if (options.model.empty() == options.shape.empty()) {
        throw Error{"Name one thing to measure: a MODEL, or a shape with --shape", {}, "latentloom-cli bench --help lists the shapes"};
    }
    const auto engine = Engine::create(context.engineOptions());
    const auto model = subject(*engine, options);
    SpeedOptions how = options.speed;
    how.network = {pathFrom(options.mla), precisionFrom(options.precision), cacheTypeFrom(options.cacheType)};
    const Speed s = measureSpeed(*engine, *model, how, context.stop);
    if (context.json) {
        Context::print({{"model", options.shape.empty() ? options.model : options.shape},
                        {"random_weights", !options.shape.empty()},
                        {"path", s.facts.path},
                        {"precision", s.facts.precision},
                        {"kernels", s.facts.kernels},
                        {"threads", s.facts.threads},
                        {"context", how.context},
                        {"cache_dtype", options.cacheType},
                        {"prefill_tokens", how.prefill},
                        {"prefill_tokens_per_second", spreadJson(s.prefill)},
                        {"decode_tokens", how.decode},
                        {"decode_tokens_per_second", spreadJson(s.decode)},
                        {"load_seconds", s.loadSeconds},
                        {"first_token_seconds", s.firstTokenSeconds},
                        {"weight_bytes", s.facts.weightBytes},
                        {"cache_bytes", s.cache.bytes},
                        {"bytes_per_step", s.stepBytes},
                        {"read_bytes_per_second", s.bytesPerSecond},
                        {"share_of_bandwidth_limit", s.shareOfLimit()},
                        {"peak_bytes", s.peakBytes}});
        return kOk;
    }
    std::cout << "path         " << s.facts.path << ' ' << s.facts.precision << ", " << s.facts.kernels << ", " << s.facts.threads
              << (s.facts.threads == 1 ? " thread\n" : " threads\n");
    if (!s.facts.whyReference.empty()) std::cout << "             " << s.facts.whyReference << '\n';
    if (how.prefill > 0) std::cout << "reading      " << spreadText(s.prefill) << ", " << how.prefill << " tokens at once\n";
    std::cout << "writing      " << spreadText(s.decode) << ", after " << how.context << " positions\n"
              << std::fixed << std::setprecision(3) << "loading      " << s.loadSeconds << " s, first token after " << s.firstTokenSeconds
              << " s\n"
              << "memory       weights " << readableBytes(s.facts.weightBytes) << ", cache " << readableBytes(s.cache.bytes)
              << ", most in use " << readableBytes(s.peakBytes) << '\n'
              << std::setprecision(1) << "bandwidth    a token reads " << readableBytes(s.stepBytes) << "; memory gives "
              << s.bytesPerSecond * 1e-9 << " GB/s: " << s.shareOfLimit() * 100 << " % of the limit\n";
    return kOk;
}

}  // namespace

Registration addBench(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand(
        "bench", "Measure how fast a model, or a named shape with random weights, reads and writes on this machine.");
    command->add_option("model", options->model, "Checkpoint: a file or a folder");
    command->add_option("--shape", options->shape, "A shape with random weights instead of a model")
        ->check(CLI::IsMember(benchShapeNames()));
    const auto number = [&](const char* name, std::int64_t& value, const char* help, std::int64_t least) {
        command->add_option(name, value, help)->check(CLI::Range(least, std::int64_t{1} << 24))->capture_default_str();
    };
    number("--context", options->speed.context, "Positions in the cache before writing is measured", 0);
    number("--prefill", options->speed.prefill, "Tokens read at once; 0 = reading is not measured", 0);
    number("--decode", options->speed.decode, "Tokens written in each repeat", 1);
    number("--repeats", options->speed.repeats, "How often each is measured; medians count", 1);
    addMlaOption(*command, options->mla);
    addPrecisionOption(*command, options->precision);
    command->add_option("--cache-dtype", options->cacheType, "What the cache keeps")
        ->check(CLI::IsMember({"f32", "bf16", "f16", "int8"}))
        ->capture_default_str();
    addCommonOptions(*command, context, true);
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
