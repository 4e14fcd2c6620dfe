// SPDX-License-Identifier: GPL-3.0-or-later
// recordCuda: a step as a CUDA graph. Compiled only with LATENTLOOM_WITH_CUDA.
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <functional>
#include <utility>

#include "core/lab/device/static_step.h"

namespace loom::lab {
namespace {

class CudaRecording final : public Recording {
public:
    at::cuda::CUDAGraph graph;
    void play() override { graph.replay(); }
};

}  // namespace

std::pair<Tensor, std::unique_ptr<Recording>> recordCuda(const std::function<Tensor()>& work) {
    auto recording = std::make_unique<CudaRecording>();
    const c10::cuda::CUDAStream current = c10::cuda::getCurrentCUDAStream();
    const c10::cuda::CUDAStream side = c10::cuda::getStreamFromPool();  // the default stream cannot be recorded
    current.synchronize();
    Tensor result;
    {
        const c10::cuda::CUDAStreamGuard guard(side);
        (void)work();  // libraries make their handles and workspaces now
        side.synchronize();
        recording->graph.capture_begin();
        result = work();
        recording->graph.capture_end();
        side.synchronize();
    }
    return {std::move(result), std::move(recording)};
}

}  // namespace loom::lab
