// SPDX-License-Identifier: GPL-3.0-or-later
// The choice among the compiled sets of kernels.
#include <vector>

#include "core/engine/decode/kernels.h"

#if defined(LOOM_X86)
#include <cpuid.h>
#elif defined(LOOM_ARM) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace loom::decode {

const Kernels& kernelsPortable();
#if defined(LOOM_X86)
const Kernels& kernelsAvx2();
const Kernels& kernelsAvx2Vnni();
const Kernels& kernelsAvx512();
const Kernels& kernelsAvx512Vnni();
#elif defined(LOOM_ARM)
const Kernels& kernelsNeon();
const Kernels& kernelsNeonDot();
#endif

namespace {

#if defined(LOOM_X86)
/// What Clang 14 does not know by name. These say what the processor has; that the system keeps its vector registers is known from avx2.
struct MoreFeatures {
    bool f16c = false, movbe = false, lzcnt = false, avxVnni = false;
};
MoreFeatures moreFeatures() {
    MoreFeatures has;
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) != 0) {
        has.f16c = (c & (1U << 29)) != 0;
        has.movbe = (c & (1U << 22)) != 0;
    }
    if (__get_cpuid(0x80000001U, &a, &b, &c, &d) != 0) has.lzcnt = (c & (1U << 5)) != 0;
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d) != 0) has.avxVnni = (a & (1U << 4)) != 0;
    return has;
}
#endif

std::vector<const Kernels*> found() {
    std::vector<const Kernels*> sets;
#if defined(LOOM_X86)
    // The parts of x86-64-v3 and -v4 by name: not every compiler knows the levels here.
    const MoreFeatures more = moreFeatures();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2") && more.f16c && more.lzcnt && more.movbe;
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (v4 && __builtin_cpu_supports("avx512vnni")) sets.push_back(&kernelsAvx512Vnni());
    if (v4) sets.push_back(&kernelsAvx512());
    if (v3 && more.avxVnni) sets.push_back(&kernelsAvx2Vnni());
    if (v3) sets.push_back(&kernelsAvx2());
#elif defined(LOOM_ARM)
#if defined(__linux__)
    constexpr unsigned long kDotProducts = 1UL << 20;  // HWCAP_ASIMDDP
    if ((getauxval(AT_HWCAP) & kDotProducts) != 0) sets.push_back(&kernelsNeonDot());
#elif defined(__APPLE__)
    sets.push_back(&kernelsNeonDot());
#endif
    sets.push_back(&kernelsNeon());
#endif
    sets.push_back(&kernelsPortable());
    return sets;
}

const std::vector<const Kernels*>& all() {
    static const std::vector<const Kernels*> sets = found();
    return sets;
}

}  // namespace

const Kernels& kernels() { return *all().front(); }
std::span<const Kernels* const> availableKernels() { return all(); }

}  // namespace loom::decode
