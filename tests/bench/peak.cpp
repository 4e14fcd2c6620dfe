// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/peak.h"

#include <ATen/Parallel.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <chrono>

#include "core/lab/fused/products.h"

namespace loom::bench {

double productPeak(DType type, int threads) {
    constexpr std::int64_t kSize = 2048;
    at::set_num_threads(threads);
    const auto options = at::TensorOptions().dtype(type == DType::BF16 ? at::kBFloat16 : at::kFloat);
    const lab::Tensor x = at::randn({kSize, kSize}, options);
    const lab::Tensor w = at::randn({kSize, kSize}, options);
    double best = 1e9;
    for (int i = 0; i < 8; ++i) {
        const auto start = std::chrono::steady_clock::now();
        (void)lab::fused::product(x, w);
        best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return 2.0 * kSize * kSize * kSize / best;
}

}  // namespace loom::bench
