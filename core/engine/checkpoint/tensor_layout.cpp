// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/checkpoint/tensor_layout.h"

#include <cstring>
#include <optional>

#include "core/data/checked_math.h"
#include "core/data/error.h"
#include "core/engine/checkpoint/f16.h"

namespace loom {
namespace {

/// Copies runs of elements of one view, which must fit.
class Copier {
public:
    Copier(const TensorView& view, std::byte* out)
        : m_data(view.data.data()), m_blocks(view.dtype == DType::Q8_0), m_element(bytesPerElement(view.dtype)), m_out(out) {}

    /// All elements of these axes, row-major, from element `first` on.
    void copy(std::span<const TensorAxis> axes, std::int64_t first) {
        if (axes.empty()) return run(first, 1);
        const auto [extent, stride] = axes.front();
        if (axes.size() == 1 && stride == 1) return run(first, extent);
        for (std::int64_t i = 0; i < extent; ++i) copy(axes.subspan(1), first + i * stride);
    }
    void run(std::int64_t first, std::int64_t count) {
        const auto bytes = static_cast<std::size_t>(count * m_element);
        if (m_blocks) {
            for (std::int64_t i = 0; i < count; ++i) {
                const float value = inBlock(first + i);
                std::memcpy(m_out + i * m_element, &value, sizeof value);
            }
        } else {
            std::memcpy(m_out, m_data + first * m_element, bytes);
        }
        m_out += bytes;
    }
    [[nodiscard]] std::byte* out() const { return m_out; }

private:
    [[nodiscard]] float inBlock(std::int64_t element) const {
        const std::byte* block = m_data + element / kQ8BlockElements * kQ8BlockBytes;
        std::uint16_t scale = 0;
        std::memcpy(&scale, block, sizeof scale);
        return fromF16(scale) * static_cast<float>(static_cast<std::int8_t>(block[sizeof scale + element % kQ8BlockElements]));
    }

    const std::byte* m_data;
    bool m_blocks;
    std::int64_t m_element;
    std::byte* m_out;
};

/// Whether the pieces of the parts, which take turns, make up that many elements.
bool partsFit(const TensorView& view, std::int64_t elements) {
    std::int64_t sum = 0;
    for (const TensorView& part : view.parts) {
        const std::optional<std::int64_t> own = checkedProduct(part.shape);
        const bool turns = !part.layout.empty() && part.layout.front().extent == view.parts.front().layout.front().extent;
        if (!turns || part.dtype != view.dtype || !part.parts.empty() || !layoutFits(part) || __builtin_add_overflow(sum, *own, &sum))
            return false;
    }
    return sum == elements;
}

}  // namespace

bool layoutFits(const TensorView& view) {
    const std::optional<std::int64_t> elements = checkedProduct(view.shape);
    if (!elements) return false;
    if (!view.parts.empty()) return partsFit(view, *elements);
    const auto bytes = static_cast<std::int64_t>(view.data.size());
    const std::int64_t held = view.dtype == DType::Q8_0 ? bytes / kQ8BlockBytes * kQ8BlockElements : bytes / bytesPerElement(view.dtype);
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
    if (view.parts.empty()) {
        Copier copier(view, out.data());
        return view.layout.empty() ? copier.run(0, *elements) : copier.copy(view.layout, 0);
    }
    std::byte* place = out.data();
    for (std::int64_t turn = 0; turn < view.parts.front().layout.front().extent; ++turn) {
        for (const TensorView& part : view.parts) {
            Copier copier(part, place);
            copier.copy(std::span(part.layout).subspan(1), turn * part.layout.front().stride);
            place = copier.out();
        }
    }
}

}  // namespace loom
