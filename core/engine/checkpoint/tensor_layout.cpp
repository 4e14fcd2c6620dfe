// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/checkpoint/tensor_layout.h"

#include <cstring>
#include <optional>

#include "core/data/checked_math.h"
#include "core/data/error.h"

namespace loom {
namespace {

struct Copier {
    std::span<const TensorAxis> axes;
    std::size_t element;
    std::byte* out;

    void copy(const std::byte* from, std::size_t depth) {
        const auto extent = static_cast<std::size_t>(axes[depth].extent);
        const std::size_t step = static_cast<std::size_t>(axes[depth].stride) * element;
        const bool last = depth + 1 == axes.size();
        if (last && step == element) {
            std::memcpy(out, from, extent * element);
            out += extent * element;
            return;
        }
        for (std::size_t i = 0; i < extent; ++i, from += step) {
            if (last) {
                std::memcpy(out, from, element);
                out += element;
            } else {
                copy(from, depth + 1);
            }
        }
    }
};

}  // namespace

bool layoutFits(const TensorView& view) {
    const std::optional<std::int64_t> elements = checkedProduct(view.shape);
    if (!elements) return false;
    const auto held = static_cast<std::int64_t>(view.data.size()) / bytesPerElement(view.dtype);
    if (view.layout.empty()) return *elements == held;
    std::int64_t count = 1;
    std::int64_t last = 0;  // the farthest element
    for (const TensorAxis& axis : view.layout) {
        std::int64_t reach = 0;
        if (axis.extent < 1 || axis.stride < 0 || __builtin_mul_overflow(count, axis.extent, &count) ||
            __builtin_mul_overflow(axis.extent - 1, axis.stride, &reach) || __builtin_add_overflow(last, reach, &last)) {
            return false;
        }
    }
    return count == *elements && last < held;
}

void copyElements(const TensorView& view, std::span<std::byte> out) {
    const auto element = static_cast<std::size_t>(bytesPerElement(view.dtype));
    const std::optional<std::int64_t> elements = checkedProduct(view.shape);
    if (!layoutFits(view) || static_cast<std::size_t>(*elements) * element != out.size()) {
        throw Error{"A tensor's data does not fit its shape", {}, "The file is damaged: get it again"};
    }
    if (out.empty()) return;
    if (view.layout.empty()) {
        std::memcpy(out.data(), view.data.data(), out.size());
    } else {
        Copier{view.layout, element, out.data()}.copy(view.data.data(), 0);
    }
}

}  // namespace loom
