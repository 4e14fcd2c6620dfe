// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli logits: what the network computes, to the last digit, for comparing it with other programs.
#include <cstring>
#include <iostream>
#include <memory>

#include "app/cli/command.h"
#include "core/engine/checkpoint/safetensors.h"
#include "core/engine/memory/free_memory.h"

namespace loom::cli {
namespace {

struct Options {
    std::string model;
    std::string tokens;
    std::string tokensFile;
    std::string out;
    std::string mla = "absorbed";
    bool step = false;
};

/// Tokens [B, T], row-major.
struct Batch {
    TokenIds ids;
    std::int64_t rows = 1;
    [[nodiscard]] std::int64_t length() const { return std::ssize(ids) / rows; }
};

Batch readBatch(const Options& options) {
    if (options.tokensFile.empty()) return {parseIds(options.tokens), 1};
    const SafetensorsFile file = readSafetensors(options.tokensFile);
    const auto found = file.tensors.find("tokens");
    if (found == file.tensors.end())
        throw Error{"There is no tensor 'tokens'", options.tokensFile, "Store the ids as a tensor 'tokens' of shape [B, T] and type I64"};
    const TensorView& view = found->second;
    if (view.dtype != DType::I64 || (view.shape.size() != 2 && view.shape.size() != 1)) {
        throw Error{"The tensor 'tokens' must have shape [B, T] and type I64", options.tokensFile, {}};
    }
    Batch batch;
    batch.rows = view.shape.size() == 2 ? view.shape[0] : 1;
    const std::size_t count = view.data.size() / sizeof(std::int64_t);
    if (count == 0) throw Error{"The tensor 'tokens' is empty", options.tokensFile, {}};
    batch.ids.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        std::int64_t value = 0;
        std::memcpy(&value, view.data.data() + i * sizeof value, sizeof value);
        batch.ids.emplace_back(value);
    }
    return batch;
}

/// The same logits, one token at a time through the cache.
std::vector<float> stepped(ReferenceModel& network, const Batch& batch, MlaPath path, const std::stop_token& stop) {
    const std::int64_t T = batch.length();
    std::vector<float> logits;
    for (std::int64_t row = 0; row < batch.rows; ++row) {
        const auto sequence = valueOrThrow(network.newSequence(T, path));
        for (std::int64_t t = 0; t < T; ++t) {
            if (stop.stop_requested()) throw Error{"Cancelled", {}, {}};
            const auto token = std::span(batch.ids).subspan(static_cast<std::size_t>(row * T + t), 1);
            const ForwardOutput out = valueOrThrow(sequence->forward(token, {}));
            logits.insert(logits.end(), out.logits.begin(), out.logits.end());
        }
    }
    return logits;
}

int run(const Options& options, const Context& context) {
    const auto engine = Engine::create(context.engineOptions());
    const auto model = openModel(*engine, options.model, {}, false);
    const Batch batch = readBatch(options);
    const std::int64_t V = model->config().vocab;
    for (const TokenId id : batch.ids) {
        if (id.value() < 0 || id.value() >= V) {
            throw Error{"Token id " + std::to_string(id.value()) + " is outside the vocabulary", "0 … " + std::to_string(V - 1), {}};
        }
    }
    if (batch.length() > model->config().context) {
        throw Error{
            std::to_string(batch.length()) + " tokens are more than the model's context of " + std::to_string(model->config().context),
            options.tokensFile.empty() ? "--tokens" : options.tokensFile, "Give fewer tokens"};
    }
    const std::int64_t bytes = std::ssize(batch.ids) * V * static_cast<std::int64_t>(sizeof(float));
    if (const auto room = freeMemory(); room && bytes > *room / 2) {
        throw Error{"The logits need " + std::to_string(bytes >> 20) + " MiB", "memory", "Give fewer tokens at a time"};
    }
    const MlaPath path = pathFrom(options.mla);
    const auto network = valueOrThrow(engine->reference(*model, context.stop));
    const std::vector<float> logits = options.step ? stepped(*network, batch, path, context.stop)
                                                   : valueOrThrow(network->logits(batch.ids, batch.rows, path, context.stop));
    const std::vector<std::int64_t> shape{batch.rows, batch.length(), V};
    writeSafetensors(options.out, {{"logits", DType::F32, shape, std::as_bytes(std::span(logits))}});
    if (context.json) {
        Context::print(
            {{"out", options.out}, {"tensor", "logits"}, {"shape", shape}, {"dtype", "f32"}, {"step", options.step}, {"mla", options.mla}});
    } else {
        std::cout << "logits [" << shape[0] << ", " << shape[1] << ", " << shape[2] << "] f32 written to " << options.out << '\n';
    }
    return kOk;
}

}  // namespace

Registration addLogits(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand("logits", "Compute the logits of given tokens in f32 and write them to a safetensors file.");
    addModelOption(*command, options->model);
    CLI::Option* tokens = command->add_option("--tokens", options->tokens, "Token ids, as in 1,2,3");
    CLI::Option* file =
        command->add_option("--tokens-file", options->tokensFile, "Safetensors file with a tensor 'tokens' [B, T] of type I64")
            ->excludes(tokens);
    command->add_option("--out", options->out, "Where to write the tensor 'logits' [B, T, V] float32")->required();
    command->add_flag("--step", options->step, "One token at a time through the cache instead of all at once");
    addMlaOption(*command, options->mla);
    addCommonOptions(*command, context, true);
    command->callback([tokens, file] {
        if (tokens->count() == 0 && file->count() == 0) throw CLI::RequiredError("--tokens or --tokens-file");
    });
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
