// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli memory: what a network's cache takes, with the equation and its numbers.
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>

#include "app/cli/command.h"
#include "core/data/cache_budget.h"
#include "core/data/presets.h"

namespace loom::cli {
namespace {

struct Options {
    std::string model;
    std::string preset;
    std::int64_t context = 0;
    std::int64_t batch = 1;
    std::string dtype = "bf16";
    std::string path = "absorbed";
    bool list = false;
};

/// What the question is about: a preset, or a checkpoint whose headers were read.
struct Subject {
    std::string name;
    std::string description;
    std::string source;
    ModelConfig config;
    std::int64_t parameters = 0;
    std::optional<double> reportedMegabytes = {};
};

Subject subjectOf(const Options& options) {
    if (!options.preset.empty()) {
        const Preset& preset = presetNamed(options.preset);
        return {preset.name, preset.description, preset.source, preset.config, preset.parameters(), preset.reportedMegabytes};
    }
    const auto engine = Engine::create({});
    const auto opened = openModel(*engine, options.model, {}, false);
    return {opened->displayName(), attentionFormName(opened->config().attention), options.model, opened->config(),
            countParameters(opened->config()).total};
}

/// Bytes of one stored weight; of Q8_0 its share of the block's scale included.
double weightWidth(DType storage) {
    return storage == DType::Q8_0 ? static_cast<double>(kQ8BlockBytes) / static_cast<double>(kQ8BlockElements)
                                  : static_cast<double>(bytesPerElement(storage));
}

std::int64_t weightBytes(const Subject& subject) { return storedWeightBytes(subject.config); }

/// A joint latent has two paths; everything else keeps the same whichever is named.
std::string pathOf(const ModelConfig& config, const Options& options) {
    return config.attention.latent == Latent::Joint ? options.path : std::string();
}

/// What the formula gives where a source prints another figure.
double sixteenBitMegabytes(const ModelConfig& config) {
    return static_cast<double>(cacheSpec(config, MlaPath::Absorbed, DType::BF16).bytesPerToken()) / 1e6;
}

nlohmann::ordered_json lanesJson(const CacheBudget& budget) {
    nlohmann::ordered_json lanes = nlohmann::ordered_json::array();
    const std::int64_t scale = budget.spec.dtype == DType::I8 ? kRowScaleBytes : 0;
    for (const LaneSpec& lane : budget.spec.lanes) {
        const std::int64_t row = lane.width * bytesPerElement(budget.spec.dtype) + scale;
        lanes.push_back(
            {{"lane", name(lane.lane)}, {"width", lane.width}, {"bytes", row * budget.spec.layers * budget.context * budget.batch}});
    }
    return lanes;
}

nlohmann::ordered_json budgetJson(const CacheBudget& budget) {
    return {{"formula", budget.formula()},
            {"form", name(budget.spec.form)},
            {"elements_per_token_per_layer", budget.spec.elementsPerTokenPerLayer()},
            {"elements_per_token", budget.spec.elementsPerToken()},
            {"bytes_per_token", budget.spec.bytesPerToken()},
            {"bytes", budget.bytes}};
}

void printJson(const Subject& subject, const Options& options, const CacheBudget& budget, const std::optional<CacheBudget>& other) {
    const std::string path = pathOf(subject.config, options);
    nlohmann::ordered_json json = budgetJson(budget);
    json["symbols"] = "(" + cacheSymbols(subject.config, pathFrom(options.path)) + ") · L · bytes · context · batch";
    json["dtype"] = options.dtype;
    json["scale_bytes_per_token"] = budget.spec.scaleBytesPerToken();
    json["context"] = budget.context;
    json["batch"] = budget.batch;
    json["path"] = path.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(path);
    json["layers"] = budget.spec.layers;
    json["bytes_per_layer"] = budget.bytesPerLayer();
    json["lanes"] = lanesJson(budget);
    if (other) {
        json["other_form"] = budgetJson(*other);
        json["other_form"]["note"] = "formula, not a trained model";
    }
    const DType storage = subject.config.storage;
    json["weights"] = {{"parameters", subject.parameters}, {"dtype", name(storage)}, {"bytes", weightBytes(subject)}, {"from", "shapes"}};
    if (subject.reportedMegabytes) {
        json["reported"] = {{"megabytes_per_token", *subject.reportedMegabytes},
                            {"formula_megabytes_per_token_16_bit", sixteenBitMegabytes(subject.config)},
                            {"source", subject.source}};
    }
    json["attention"] = attentionFormName(subject.config.attention);
    json["name"] = subject.name;
    json["description"] = subject.description;
    json["source"] = subject.source;
    Context::print(json);
}

void printText(const Subject& subject, const Options& options, const CacheBudget& budget, const std::optional<CacheBudget>& other) {
    const std::string path = pathOf(subject.config, options);
    const CacheSpec& spec = budget.spec;
    std::cout << subject.name << "  " << subject.description << " (" << subject.source << ")\n"
              << "attention   " << attentionFormName(subject.config.attention) << (path.empty() ? "" : ", " + path + " path") << '\n'
              << "equation    (" << cacheSymbols(subject.config, pathFrom(options.path)) << ") × L × bytes × context × batch\n"
              << "per token   " << spec.equation() << " = " << spec.bytesPerToken() << " bytes\n"
              << "cache       " << budget.formula() << " (" << readableBytes(budget.bytes) << ")\n"
              << "per layer   " << budget.bytesPerLayer() << " bytes\n";
    if (other) {
        std::cout << "other form  " << other->formula() << " (" << readableBytes(other->bytes) << "; formula, not a trained model)\n";
    }
    std::cout << "weights     " << subject.parameters << " parameters × " << weightWidth(subject.config.storage)
              << " bytes = " << weightBytes(subject) << " bytes (" << readableBytes(weightBytes(subject)) << ")\n";
    if (subject.reportedMegabytes) {
        std::cout << "reported    " << *subject.reportedMegabytes << " MB per token by the source; the formula gives "
                  << std::setprecision(3) << sixteenBitMegabytes(subject.config) << " at 16 bits\n";
    }
    if (budget.context > subject.config.context) {
        std::cout << "note        the network was trained for " << subject.config.context << " positions\n";
    }
}

void printList(bool json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Preset& preset : presets()) {
        const CacheSpec spec = cacheSpec(preset.config, MlaPath::Absorbed, DType::BF16);
        list.push_back({{"name", preset.name},
                        {"description", preset.description},
                        {"source", preset.source},
                        {"attention", attentionFormName(preset.config.attention)},
                        {"parameters", preset.parameters()},
                        {"elements_per_token", spec.elementsPerToken()},
                        {"bytes_per_token_bf16", spec.bytesPerToken()}});
        if (json) continue;
        std::cout << std::left << std::setw(26) << preset.name << std::right << std::setw(8) << spec.bytesPerToken() << " B/token  "
                  << preset.description << " (" << preset.source << ")\n";
    }
    if (json) Context::print({{"presets", list}});
}

int run(const Options& options, const Context& context) {
    if (options.list) {
        printList(context.json);
        return kOk;
    }
    const Subject subject = subjectOf(options);
    const DType dtype = cacheTypeFrom(options.dtype);
    const std::int64_t positions = options.context > 0 ? options.context : subject.config.context;
    const CacheBudget budget = cacheBudget(cacheSpec(subject.config, pathFrom(options.path), dtype), positions, options.batch);
    // The question is about this form: where only the comparison is too large, it is left out.
    const auto other = guarded([&] { return cacheBudget(otherFormSpec(subject.config, dtype), positions, options.batch); });
    (context.json ? printJson : printText)(subject, options, budget, other ? std::optional(*other) : std::nullopt);
    return kOk;
}

}  // namespace

Registration addMemory(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand("memory", "Say what a network's cache takes: the formula with its numbers filled in.");
    CLI::Option* model =
        command->add_option("model", options->model, "Checkpoint: Hugging Face folder, GGUF file, llama2.c .bin file or nanoGPT's ckpt.pt");
    CLI::Option* preset = command->add_option("--preset", options->preset, "A network known by name; --list shows all")->excludes(model);
    CLI::Option* list =
        command->add_flag("--list", options->list, "Show all presets, with bytes per token in bf16")->excludes(model, preset);
    command->add_option("--context", options->context, "Positions of each story (default: what the network was trained for)")
        ->check(CLI::PositiveNumber);
    command->add_option("--batch", options->batch, "Stories at a time")->check(CLI::PositiveNumber)->capture_default_str();
    command->add_option("--dtype", options->dtype, "Type of the cells; int8 has a 4-byte scale for every row")
        ->check(CLI::IsMember({"f32", "bf16", "f16", "int8"}))
        ->capture_default_str();
    command->add_option("--path", options->path, "What a joint latent keeps: absorbed the latent, naive the expanded keys and values")
        ->check(CLI::IsMember({"naive", "absorbed"}))
        ->capture_default_str();
    addCommonOptions(*command, context, false);
    command->callback([model, preset, list] {
        if (model->count() + preset->count() + list->count() == 0) throw CLI::RequiredError("MODEL, --preset or --list");
    });
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
