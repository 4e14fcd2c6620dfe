// SPDX-License-Identifier: GPL-3.0-or-later
// Past: what attention keeps, in the buffers of a KvCache.
#include "core/lab/model/past.h"

#include <ATen/ops/from_blob.h>

namespace loom::lab {

Tensor laneTensor(KvCache& cache, LayerIndex layer, std::size_t lane, const at::TensorOptions& type) {
    return at::from_blob(cache.lane(layer, lane), {cache.capacity(), cache.spec().lanes[lane].width}, type);
}

Tensor CachedPast::keep(LayerIndex layer, std::size_t lane, const Tensor& rows) {
    const std::int64_t T = rows.size(1);
    const Tensor all = laneTensor(m_cache, layer, lane, m_type);  // [capacity, width]
    all.narrow(0, length(), T).copy_(rows.squeeze(0));            // [T, width]
    return all.narrow(0, 0, length() + T).unsqueeze(0);           // [1, S, width]
}

}  // namespace loom::lab
