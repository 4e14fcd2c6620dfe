// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/initial_weights.h"

#include <cmath>
#include <numbers>
#include <string_view>

#include "core/data/error.h"
#include "core/engine/generate/philox.h"
#include "core/engine/memory/free_memory.h"

namespace loom {
namespace {

constexpr double kSigma = 0.02;

/// Normal numbers by Box and Muller's transform of Philox words.
void fillNormal(std::span<float> out, double sigma, std::uint64_t seed, std::uint32_t tensor) {
    const std::array<std::uint32_t, 2> key{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
    for (std::size_t i = 0; i < out.size(); i += 4) {
        const auto block = static_cast<std::uint64_t>(i / 4);
        const auto words =
            philox4x32({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), tensor, 0x696E6974U}, key);
        for (std::size_t pair = 0; pair < 2; ++pair) {
            const double u = (words[2 * pair] + 0.5) * 0x1p-32;
            const double angle = (words[2 * pair + 1] + 0.5) * 0x1p-32 * 2.0 * std::numbers::pi;
            const double radius = std::sqrt(-2.0 * std::log(u)) * sigma;
            if (i + 2 * pair < out.size()) out[i + 2 * pair] = static_cast<float>(radius * std::cos(angle));
            if (i + 2 * pair + 1 < out.size()) out[i + 2 * pair + 1] = static_cast<float>(radius * std::sin(angle));
        }
    }
}

}  // namespace

Checkpoint initialCheckpoint(const ModelConfig& config, std::uint64_t seed) {
    checkConfig(config, "the configuration");
    const std::int64_t parameters = countParameters(config).total;
    if (const auto room = freeMemory(); room && parameters > *room / 4) {
        throw Error{
            "The weights need " + std::to_string(parameters >> 18) + " MiB, and " + std::to_string(*room >> 20) + " MiB of memory are free",
            {},
            "Choose a smaller network or close other programs"};
    }
    auto memory = std::make_shared<std::vector<float>>(static_cast<std::size_t>(parameters));
    Checkpoint checkpoint;
    checkpoint.config = config;
    checkpoint.config.storage = DType::F32;
    const double residual = kSigma / std::sqrt(2.0 * static_cast<double>(config.layers));
    std::size_t used = 0;
    std::uint32_t index = 0;
    for (const TensorSpec& spec : expectedTensors(config)) {
        std::size_t size = 1;
        for (const std::int64_t n : spec.shape) size *= static_cast<std::size_t>(n);
        const std::span<float> part = std::span(*memory).subspan(used, size);
        used += size;
        const std::string_view name = spec.name;
        if (spec.shape.size() >= 2) {
            fillNormal(part, name.ends_with("o_proj.weight") || name.ends_with("down_proj.weight") ? residual : kSigma, seed, index);
        } else if (name.ends_with(".weight")) {
            std::fill(part.begin(), part.end(), 1.0F);  // norms
        }
        checkpoint.tensors.emplace(spec.name, TensorView{DType::F32, spec.shape, std::as_bytes(part)});
        ++index;
    }
    checkpoint.storage = memory;
    return checkpoint;
}

}  // namespace loom
