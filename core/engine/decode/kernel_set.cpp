// SPDX-License-Identifier: GPL-3.0-or-later
// A set of kernels, compiled once per instruction set: LOOM_KERNELS names the function that hands out this set, LOOM_KERNELS_NAME the set.
#include "core/engine/decode/kernels.h"
#include "core/engine/decode/simd/attention.h"
#include "core/engine/decode/simd/cells.h"
#include "core/engine/decode/simd/packing.h"
#include "core/engine/decode/simd/products.h"
#include "core/engine/decode/simd/quantised.h"
#include "core/engine/decode/simd/rows.h"

namespace loom::decode {

const Kernels& LOOM_KERNELS();
const Kernels& LOOM_KERNELS() {
    static constexpr Kernels set{.name = {LOOM_KERNELS_NAME, sizeof LOOM_KERNELS_NAME - 1},
                                 .pack = pack,
                                 .unpackRow = unpackRow,
                                 .quantise = quantise,
                                 .multiply = multiply,
                                 .scores = scores,
                                 .mix = mix,
                                 .keep = keep,
                                 .read = read,
                                 .exponentials = exponentials,
                                 .scale = scale,
                                 .blend = blend,
                                 .rmsNorm = rmsNorm,
                                 .layerNorm = layerNorm,
                                 .swiglu = swiglu,
                                 .gelu = gelu,
                                 .geluTanh = geluTanh,
                                 .add = add,
                                 .rotate = rotate,
                                 .squares = squares};
    return set;
}

}  // namespace loom::decode
