// SPDX-License-Identifier: GPL-3.0-or-later
// Worker: inputs and products of one thread.
#include "core/engine/decode/worker.h"

#include <algorithm>

namespace loom::decode {

void Worker::normalise(const NormWeights& norm, const float* x, std::int64_t n, float* out) const {
    if (norm.weight.empty()) {
        std::copy_n(x, n, out);
    } else if (norm.kind == NormKind::Rms) {
        kernels().rmsNorm(x, norm.weight.data(), norm.eps, n, out);
    } else {
        kernels().layerNorm(x, norm.weight.data(), norm.bias.empty() ? nullptr : norm.bias.data(), norm.eps, n, out);
    }
}

ActivationsView Worker::input(const float* x, std::int64_t stride, std::int64_t columns, std::int64_t count,
                              const NormWeights* norm) const {
    if (norm == nullptr && !quantised()) return {x, stride};
    const bool alone = count <= kAlone;
    Activations& activations = alone ? m_own.input : space().input;
    float* normed = alone ? m_own.normed.data() : space().normed.data();
    const ThreadTeam::Range mine = alone ? ThreadTeam::Range{0, count} : share(count);
    const float* source = norm != nullptr ? normed : x;
    const std::int64_t sourceStride = norm != nullptr ? columns : stride;
    for (std::int64_t t = mine.first; t < mine.last; ++t) {
        if (norm != nullptr) normalise(*norm, x + t * stride, columns, normed + t * columns);
        if (quantised()) activations.prepare(kernels(), m_step.precision, source, sourceStride, columns, t);
    }
    if (!alone) meet();
    return quantised() ? activations.view(source, sourceStride, columns) : ActivationsView{source, sourceStride};
}

ThreadTeam::Range Worker::multiply(const PackedMatrix& w, const Floats* bias, const ActivationsView& x, std::int64_t count, float* y,
                                   std::int64_t stride) const {
    const ThreadTeam::Range panels = share(w.view().panels());
    const ThreadTeam::Range mine{panels.first * kPanel, std::min(panels.last * kPanel, w.rows())};
    if (mine.first >= mine.last) return {mine.first, mine.first};
    kernels().multiply(w.view(), panels.first, panels.last, x, count, y, stride);
    if (bias != nullptr && !bias->empty()) {
        for (std::int64_t t = 0; t < count; ++t) {
            kernels().add(y + t * stride + mine.first, bias->data() + mine.first, mine.last - mine.first);
        }
    }
    return mine;
}

void Worker::multiplyAlone(const PackedMatrix& w, const float* x, std::int64_t stride, std::int64_t count, float* y,
                           std::int64_t yStride) const {
    ActivationsView view{x, stride};
    if (quantised()) {
        for (std::int64_t t = 0; t < count; ++t) m_own.head.prepare(kernels(), m_step.precision, x, stride, w.columns(), t);
        view = m_own.head.view(x, stride, w.columns());
    }
    kernels().multiply(w.view(), 0, w.view().panels(), view, count, y, yStride);
}

void Worker::add(float* to, const float* from, std::int64_t stride, std::int64_t count, ThreadTeam::Range range) const {
    if (range.first >= range.last) return;
    for (std::int64_t t = 0; t < count; ++t)
        kernels().add(to + t * stride + range.first, from + t * stride + range.first, range.last - range.first);
}

ActivationsView fromRow(ActivationsView view, std::int64_t t, std::int64_t columns) {
    const std::int64_t groups = (columns + kGroup - 1) / kGroup;
    view.values += t * view.stride;
    if (view.steps != nullptr) view.steps += t * groups * kGroup;
    if (view.scales != nullptr) view.scales += t * groups;
    if (view.sums != nullptr) view.sums += t * groups;
    return view;
}

}  // namespace loom::decode
