// SPDX-License-Identifier: GPL-3.0-or-later
// Attention capture: attention weights as plain values for the views.
#include "core/lab/inspect/attention_capture.h"

namespace loom::lab {

std::vector<float> floats(const Tensor& tensor) {
    const Tensor plain = tensor.to(at::TensorOptions().dtype(at::kFloat).device(at::kCPU)).contiguous();
    const float* data = plain.const_data_ptr<float>();
    return {data, data + plain.numel()};
}

std::vector<std::shared_ptr<const AttentionRow>> attentionRows(LayerIndex layer, const Tensor& probabilities) {
    const std::int64_t H = probabilities.size(1);
    const std::int64_t T = probabilities.size(2);
    const std::int64_t S = probabilities.size(3);
    std::vector<std::shared_ptr<const AttentionRow>> rows;
    rows.reserve(static_cast<std::size_t>(T));
    for (std::int64_t t = 0; t < T; ++t) {
        const std::int64_t position = S - T + t;
        const Tensor seen = probabilities[0].select(1, t).narrow(1, 0, position + 1);  // [H, position + 1]
        rows.push_back(std::make_shared<const AttentionRow>(AttentionRow{layer, position, H, floats(seen)}));
    }
    return rows;
}

AttentionMap attentionMap(LayerIndex layer, const Tensor& probabilities) {
    return {layer, probabilities.size(1), probabilities.size(2), floats(probabilities[0])};
}

}  // namespace loom::lab
