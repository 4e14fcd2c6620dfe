// SPDX-License-Identifier: GPL-3.0-or-later
// DecodeModel: building, and one step at a time.
#include "core/engine/decode/decode_model.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/data/absorption.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/decode/decode_sequence.h"

namespace loom::decode {
namespace {

constexpr std::int64_t kMostThreads = 1024;

std::int64_t cores() { return std::max<std::int64_t>(1, std::thread::hardware_concurrency()); }

DecodeOptions effective(DecodeOptions options, const ModelConfig& config) {
    if (absorbObstacle(config)) options.path = MlaPath::Naive;
    return options;
}

}  // namespace

std::optional<std::string> fastPathMissing(const ModelConfig& config) {
    if (config.attention.ropeScaling.kind != RopeScalingKind::Dynamic) return std::nullopt;
    return "Dynamic rotary scaling turns all keys anew as a text grows; only the reference path computes it.";
}

DecodeModel::DecodeModel(const Checkpoint& checkpoint, const DecodeOptions& options, MemoryAccount& account, const std::stop_token& stop)
    : m_config(checkpoint.config),
      m_options(effective(options, m_config)),
      m_kernels(loom::decode::kernels()),
      m_allocator(account),
      m_weights(packWeights(checkpoint, m_options.precision, m_options.path, m_kernels, m_allocator,
                            m_options.threads > 0 ? m_options.threads : cores(), stop)),
      m_stepper(m_config, *m_weights, m_options.precision, m_options.path == MlaPath::Absorbed, m_kernels, m_allocator,
                std::clamp<std::int64_t>(m_options.threads, 1, kMostThreads)) {}

Result<std::shared_ptr<DecodeModel>> DecodeModel::build(const Checkpoint& checkpoint, const DecodeOptions& options, MemoryAccount& account,
                                                        std::stop_token stop) {
    return guarded([&] {
        if (const auto missing = fastPathMissing(checkpoint.config)) {
            throw Error{"The fast path cannot compute this network: " + *missing, pathText(checkpoint.path), "Use the reference path"};
        }
        std::shared_ptr<DecodeModel> model(new DecodeModel(checkpoint, options, account, stop));
        if (options.threads == 0) (void)chooseThreads(*model);
        return model;
    });
}

std::int64_t DecodeModel::threads() const {
    const std::scoped_lock lock(m_stepping);
    return m_stepper.threads();
}

void DecodeModel::setThreads(std::int64_t threads) {
    const std::scoped_lock lock(m_stepping);
    m_stepper.setThreads(std::clamp<std::int64_t>(threads, 1, kMostThreads));
}

void DecodeModel::setAloneTime(std::chrono::duration<double> time) {
    const std::scoped_lock lock(m_stepping);
    m_stepper.setAloneTime(time);
}

void DecodeModel::reserve(std::int64_t capacity) {
    const std::scoped_lock lock(m_stepping);
    m_stepper.reserve(capacity);
}

void DecodeModel::step(std::span<const StepRow> rows, const StepWish& wish) {
    const std::scoped_lock lock(m_stepping);
    m_stepper.run(rows, wish);
}

Result<std::unique_ptr<DecodeSequence>> DecodeModel::newSequence(std::int64_t capacity, std::optional<DType> cacheType) {
    return guarded([&] {
        BlockCache cache(cacheSpec(m_config, m_options.path, cacheType.value_or(m_options.cacheType)), capacity, m_allocator);
        return std::make_unique<DecodeSequence>(shared_from_this(), std::move(cache));
    });
}

}  // namespace loom::decode
