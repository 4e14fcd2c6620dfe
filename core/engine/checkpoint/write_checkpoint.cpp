// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/checkpoint/write_checkpoint.h"

#include <cstring>
#include <deque>
#include <span>
#include <system_error>
#include <utility>

#include "core/data/bf16.h"
#include "core/data/checked_math.h"
#include "core/data/error.h"
#include "core/engine/checkpoint/atomic_file.h"
#include "core/engine/checkpoint/f16.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/checkpoint/tensor_layout.h"
#include "core/engine/memory/free_memory.h"

namespace loom {
namespace {

template <class T>
T at(std::span<const std::byte> data, std::size_t i) {
    T value{};
    std::memcpy(&value, data.data() + i * sizeof(T), sizeof(T));
    return value;
}

float element(std::span<const std::byte> data, DType type, std::size_t i) {
    switch (type) {
        case DType::F64: return static_cast<float>(at<double>(data, i));
        case DType::BF16: return fromBf16(at<std::uint16_t>(data, i));
        case DType::F16: return fromF16(at<std::uint16_t>(data, i));
        default: return at<float>(data, i);
    }
}

/// Row-major elements in another type: F32 or BF16.
std::vector<std::byte> converted(std::span<const std::byte> data, DType from, DType to) {
    const std::size_t count = data.size() / static_cast<std::size_t>(bytesPerElement(from));
    std::vector<std::byte> out(count * static_cast<std::size_t>(bytesPerElement(to)));
    for (std::size_t i = 0; i < count; ++i) {
        const float value = element(data, from, i);
        if (to == DType::BF16) {
            const std::uint16_t half = toBf16(value);
            std::memcpy(out.data() + 2 * i, &half, 2);
        } else {
            std::memcpy(out.data() + 4 * i, &value, 4);
        }
    }
    return out;
}

/// The rows of each head from interleaved order (2i, 2i + 1) to half order (i, i + d/2): transformers' Llama knows no other.
void rotateByHalves(TensorView& view, std::int64_t heads, std::int64_t d) {
    const std::int64_t in = view.shape.size() > 1 ? view.shape[1] : 1;
    if (view.layout.empty()) view.layout = {{heads, d * in}, {2, in}, {d / 2, 2 * in}, {in, 1}};
}

}  // namespace

void writeWeights(const std::filesystem::path& folder, const std::vector<TensorToWrite>& tensors, DType storage) {
    if (storage != DType::BF16) return writeSafetensors(folder / "model.safetensors", tensors);
    std::deque<std::vector<std::byte>> rounded;
    std::vector<TensorToWrite> out;
    for (const TensorToWrite& tensor : tensors) {
        rounded.push_back(converted(tensor.data, tensor.dtype, DType::BF16));
        out.push_back({tensor.name, DType::BF16, tensor.shape, rounded.back()});
    }
    writeSafetensors(folder / "model.safetensors", out);
}

Family saveCheckpoint(const Checkpoint& checkpoint, const std::filesystem::path& folder, std::optional<DType> storage) {
    ModelConfig config = checkpoint.config;
    config.family = familyToWrite(config);
    const DType stored = storage.value_or(plainType(config.storage));
    const std::int64_t bytes = countParameters(config).total * bytesPerElement(stored);
    if (const auto room = freeMemory(); room && bytes > *room / 2) {
        throw Error{
            "The weights need " + std::to_string(bytes >> 20) + " MiB, and " + std::to_string(*room >> 20) + " MiB of memory are free",
            pathText(folder), "Close other programs or choose a smaller model"};
    }
    const AttentionConfig& a = config.attention;
    const bool reorder = config.family == Family::Llama && a.ropeLayout == RopeLayout::Interleaved;
    std::deque<std::vector<std::byte>> kept;
    std::vector<TensorToWrite> tensors;
    for (const TensorSpec& spec : expectedTensors(config)) {
        TensorView view = checkpoint.tensors.at(spec.name);
        const bool query = spec.name.find(".self_attn.q_proj.") != std::string::npos;
        const bool key = spec.name.find(".self_attn.k_proj.") != std::string::npos;
        if (reorder && (query || key)) rotateByHalves(view, query ? a.heads : a.kvHeads, a.headDim);
        std::span<const std::byte> data = view.data;
        const DType from = plainType(view.dtype);
        if (!view.plain()) {
            kept.emplace_back(static_cast<std::size_t>(*checkedProduct(view.shape) * bytesPerElement(from)));
            copyElements(view, kept.back());
            data = kept.back();
        }
        const DType type = storage.value_or(from);
        if (type != from) {
            kept.push_back(converted(data, from, type));
            data = kept.back();
        }
        tensors.push_back({spec.name, type, spec.shape, data});
    }
    if (reorder) config.attention.ropeLayout = RopeLayout::Half;
    const std::string text = configText(config, stored);
    createFolder(folder);
    writeSafetensors(folder / "model.safetensors", tensors);
    writeTextFile(folder / "generation_config.json", generationConfigText(config));
    writeTextFile(folder / "config.json", text);
    return config.family;
}

void writeTextFile(const std::filesystem::path& path, std::string_view text) {
    AtomicFile file(path);
    file.write(std::as_bytes(std::span(text)));
    file.commit();
}

void createFolder(const std::filesystem::path& folder) {
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (problem) {
        throw Error{"The folder cannot be created: " + problem.message(), pathText(folder), "Choose a folder that you may write to"};
    }
}

}  // namespace loom
