// SPDX-License-Identifier: GPL-3.0-or-later
// The choice among the compiled sets of row kernels.
#include "core/lab/fused/row_kernels.h"

namespace loom::lab {

const RowKernels& rowKernelsPortable();
#ifdef LOOM_X86
const RowKernels& rowKernelsAvx2();
const RowKernels& rowKernelsAvx512();
#endif

const RowKernels& rowKernels() {
#ifdef LOOM_X86
    static const RowKernels& chosen = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                              __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
                                          ? rowKernelsAvx512()
                                      : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? rowKernelsAvx2()
                                                                                                        : rowKernelsPortable();
    return chosen;
#else
    return rowKernelsPortable();
#endif
}

}  // namespace loom::lab
