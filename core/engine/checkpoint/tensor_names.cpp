// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/checkpoint/tensor_names.h"

#include <array>
#include <utility>

#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"

namespace loom {
namespace {

/// "h.12.attn.c_attn" → the length of "h.12.", 0 where the name is outside the layers.
std::size_t layerPart(std::string_view name, std::string_view layers) {
    if (!name.starts_with(layers)) return 0;
    const std::size_t end = name.find_first_not_of("0123456789", layers.size());
    return end == std::string_view::npos || end == layers.size() || name[end] != '.' ? 0 : end + 1;
}

std::string replaced(std::string_view name, std::span<const NameRule> rules) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return std::string(name);
    for (const NameRule& rule : rules) {
        if (rule.from == name.substr(0, dot)) return std::string(rule.to).append(name.substr(dot));
    }
    return std::string(name);
}

std::string canonical(std::string_view name, const NameRules& rules) {
    if (name.starts_with(rules.prefix)) name.remove_prefix(rules.prefix.size());
    const std::size_t part = layerPart(name, rules.layers);
    if (part == 0) return replaced(name, rules.whole);
    const std::string_view number = name.substr(rules.layers.size(), part - rules.layers.size());  // "12."
    return "model.layers." + std::string(number) + replaced(name.substr(part), rules.inLayer);
}

void insert(FoundWeights& found, std::string name, FoundTensor tensor) {
    const auto [place, fresh] = found.tensors.try_emplace(std::move(name), tensor);
    if (!fresh) {
        throw Error{"The same tensor is there twice, as " + inQuotes(place->second.name) + " and " + inQuotes(tensor.name), tensor.where,
                    "Remove one"};
    }
}

void requireShape(const FoundTensor& tensor, const std::vector<std::int64_t>& shape) {
    if (tensor.view.shape == shape) return;
    throw Error{"The tensor has the shape " + shapeText(tensor.view.shape) + " but the configuration needs " + shapeText(shape),
                tensor.where, "config.json and the weights do not belong together; get both again"};
}

std::string layerName(std::int64_t layer, std::string_view name) {
    return "model.layers." + std::to_string(layer) + "." + std::string(name);
}

/// Part `which` of three, as [out, in…].
TensorView third(const TensorView& whole, QkvLayout layout, std::int64_t which, std::int64_t H, std::int64_t d) {
    const bool matrix = whole.shape.size() == 2;
    const std::int64_t in = !matrix ? 1 : whole.shape[layout == QkvLayout::Columns ? 0 : 1];
    TensorView part = whole;
    part.shape = matrix ? std::vector{H * d, in} : std::vector{H * d};
    std::int64_t first = which * H * d;  // element where it begins
    if (matrix && layout == QkvLayout::Columns) {
        part.layout = {{H * d, 1}, {in, 3 * H * d}};
    } else if (layout == QkvLayout::Interleaved) {
        first = which * d * in;
        part.layout = {{H, 3 * d * in}, {d * in, 1}};
    } else {
        first *= in;
    }
    const auto size = static_cast<std::size_t>(bytesPerElement(whole.dtype));
    part.data = whole.data.subspan(static_cast<std::size_t>(first) * size);
    if (part.layout.empty()) part.data = part.data.first(static_cast<std::size_t>(H * d * in) * size);
    return part;
}

}  // namespace

void renameTensors(FoundWeights& found, const NameRules& rules) {
    auto all = std::exchange(found.tensors, {});
    for (auto& [key, tensor] : all) {
        std::string name = canonical(tensor.name, rules);
        insert(found, std::move(name), std::move(tensor));
    }
}

void splitProjections(FoundWeights& found, const ModelConfig& config, QkvLayout layout) {
    constexpr std::array<const char*, 3> kParts{"q_proj", "k_proj", "v_proj"};
    const std::int64_t H = config.attention.heads;
    const std::int64_t d = config.attention.headDim;
    for (std::int64_t layer = 0; layer < config.layers; ++layer) {
        for (const std::string end : {".weight", ".bias"}) {
            const auto place = found.tensors.find(layerName(layer, "self_attn.qkv_proj" + end));
            if (place == found.tensors.end()) continue;  // what is missing takeWeights names
            const FoundTensor whole = place->second;
            if (end == ".bias") {
                requireShape(whole, {3 * H * d});
            } else if (layout == QkvLayout::Columns) {
                requireShape(whole, {config.dModel, 3 * H * d});
            } else {
                requireShape(whole, {3 * H * d, config.dModel});
            }
            found.tensors.erase(place);
            for (std::int64_t which = 0; which < 3; ++which) {
                FoundTensor part{third(whole.view, layout, which, H, d), whole.name, whole.where};
                insert(found, layerName(layer, std::string("self_attn.") + kParts[static_cast<std::size_t>(which)] + end), std::move(part));
            }
        }
    }
}

void transposeWeights(FoundWeights& found, const ModelConfig& config, std::span<const std::string_view> names) {
    for (std::int64_t layer = 0; layer < config.layers; ++layer) {
        for (const std::string_view name : names) {
            const auto place = found.tensors.find(layerName(layer, std::string(name) + ".weight"));
            if (place == found.tensors.end() || place->second.view.shape.size() != 2) continue;  // takeWeights names what is wrong
            TensorView& view = place->second.view;
            std::swap(view.shape[0], view.shape[1]);  // now [out, in]
            if (view.shape[0] > 0 && view.shape[1] > 0) view.layout = {{view.shape[0], 1}, {view.shape[1], view.shape[0]}};
        }
    }
}

}  // namespace loom
