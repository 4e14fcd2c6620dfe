// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of the fast path's kernels: products with one token against reading the same bytes, products with 256 tokens against the
// processor's own multiplications, attention over a long past, and meetings of threads. Prints one JSON document; medians.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/engine/decode/kernels.h"
#include "core/engine/decode/packed_matrix.h"
#include "core/engine/decode/thread_team.h"
#include "core/engine/memory/buffer.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

using namespace loom::decode;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

double now() { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); }
/// Of this process: what other programs take does not count. Only for what computes on one thread.
double processorTime() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Seconds that `body` takes: the median of many short measurements, of which a thread that is displaced spoils few.
double timed(const std::function<void()>& body, double (*clock)() = now) {
    std::vector<double> all;
    std::int64_t times = 1;
    for (double total = 0; total < 0.03 || all.size() < 3;) {
        const double start = clock();
        for (std::int64_t i = 0; i < times; ++i) body();
        const double seconds = clock() - start;
        total += seconds;
        if (seconds < 2e-4 && all.empty()) {
            times *= 2;
        } else {
            all.push_back(seconds / static_cast<double>(times));
        }
    }
    return median(all);
}

std::vector<float> numbers(std::int64_t count) {
    std::vector<float> out(at(count));
    std::uint32_t state = 12345;
    for (float& value : out) {
        state = state * 1664525U + 1013904223U;
        value = static_cast<float>(state >> 8) / 8388608.0F - 1.0F;
    }
    return out;
}

std::uint64_t g_seen = 0;  ///< so that nothing is left out as unused

#if defined(__x86_64__)
__attribute__((target("avx2"))) std::uint64_t readAll(const std::byte* data, std::int64_t bytes) {
    __m256i sums[4] = {};
    for (std::int64_t i = 0; i + 128 <= bytes; i += 128) {
        for (int k = 0; k < 4; ++k)
            sums[k] = _mm256_xor_si256(sums[k], _mm256_load_si256(reinterpret_cast<const __m256i*>(data + i + k * 32)));
    }
    const __m256i all = _mm256_xor_si256(_mm256_xor_si256(sums[0], sums[1]), _mm256_xor_si256(sums[2], sums[3]));
    return static_cast<std::uint64_t>(_mm256_extract_epi64(all, 0) ^ _mm256_extract_epi64(all, 3));
}
/// f32 operations per second of one thread that does nothing but fma in 256-bit vectors.
__attribute__((target("avx2,fma"))) void multiplyOnly(int times) {
    const __m256 f = _mm256_set1_ps(0.999F);
    __m256 a = f, b = f, c = f, d = f, e = f, g = f, h = f, i = f, j = f, k = f;
    for (int n = 0; n < times; ++n) {
        a = _mm256_fmadd_ps(a, f, f);
        b = _mm256_fmadd_ps(b, f, f);
        c = _mm256_fmadd_ps(c, f, f);
        d = _mm256_fmadd_ps(d, f, f);
        e = _mm256_fmadd_ps(e, f, f);
        g = _mm256_fmadd_ps(g, f, f);
        h = _mm256_fmadd_ps(h, f, f);
        i = _mm256_fmadd_ps(i, f, f);
        j = _mm256_fmadd_ps(j, f, f);
        k = _mm256_fmadd_ps(k, f, f);
    }
    const __m256 all = a + b + c + d + e + g + h + i + j + k;
    g_seen += static_cast<std::uint64_t>(_mm256_cvtss_f32(all));
}
double peak() {
    return 160e5 / timed([] { multiplyOnly(100'000); }, processorTime);
}
#else
std::uint64_t readAll(const std::byte* data, std::int64_t bytes) {
    std::uint64_t sums[8] = {};
    const auto* words = reinterpret_cast<const std::uint64_t*>(data);
    for (std::int64_t i = 0; i + 8 <= bytes / 8; i += 8) {
        for (int k = 0; k < 8; ++k) sums[k] ^= words[i + k];
    }
    return sums[0] ^ sums[1] ^ sums[2] ^ sums[3] ^ sums[4] ^ sums[5] ^ sums[6] ^ sums[7];
}
double peak() { return 0; }
#endif

struct Bench {
    Bench(const Kernels& set, int times) : kernels(set), rounds(times) {}

    const Kernels& kernels;
    int rounds;
    loom::MemoryAccount account;
    loom::HostAllocator allocator{account};

    PackedMatrix matrix(std::int64_t rows, std::int64_t columns, loom::Precision precision) {
        const std::vector<float> row = numbers(columns + 97);
        return {rows,      columns, precision, [&](std::int64_t r, float* out) { std::copy_n(row.begin() + r % 97, columns, out); },
                allocator, kernels};
    }

    /// One token: bytes of the matrix per second, and those of reading it, in turns.
    Json vector(std::int64_t rows, std::int64_t columns, loom::Precision precision, std::int64_t threads) {
        const PackedMatrix w = matrix(rows, columns, precision);
        const std::vector<float> x = numbers(columns);
        std::vector<float> y(at(rows));
        Activations activations;
        activations.reserve(1, columns, allocator);
        ThreadTeam team(threads);
        std::vector<double> products;
        std::vector<double> reads;
        std::vector<std::uint64_t> seen(at(threads * 8));
        const std::int64_t scaleBytes = w.view().scales == nullptr           ? 0
                                        : precision == loom::Precision::Int8 ? w.view().panels() * kPanel * 4
                                                                             : w.view().panels() * w.view().groups() * kPanel * 4;
        const std::int64_t panelBytes = (w.bytes() - scaleBytes) / w.view().panels();
        for (int round = 0; round < rounds; ++round) {
            products.push_back(timed([&] {
                team.run([&](std::int64_t thread) {
                    if (thread == 0) activations.prepare(kernels, precision, x.data(), columns, columns, 0);
                    team.meet();
                    const auto share = ThreadTeam::share(w.view().panels(), thread, threads);
                    kernels.multiply(w.view(), share.first, share.last, activations.view(x.data(), columns, columns), 1, y.data(), rows);
                });
            }));
            reads.push_back(timed([&] {
                team.run([&](std::int64_t thread) {
                    const auto share = ThreadTeam::share(w.view().panels(), thread, threads);
                    seen[at(thread * 8)] += readAll(w.view().data + share.first * panelBytes, (share.last - share.first) * panelBytes);
                });
            }));
        }
        for (const std::uint64_t value : seen) g_seen += value;
        const double bytes = static_cast<double>(w.bytes());
        const double product = bytes / median(products) / 1e9;
        const double read = (bytes - static_cast<double>(scaleBytes)) / median(reads) / 1e9;
        return {{"product_gb_per_second", product}, {"read_gb_per_second", read}, {"share", product / read}};
    }

    /// 256 tokens: operations per second, and the share of the peak measured in the same turns.
    Json many(std::int64_t rows, std::int64_t columns, loom::Precision precision) {
        constexpr std::int64_t kTokens = 256;
        const PackedMatrix w = matrix(rows, columns, precision);
        const std::vector<float> x = numbers(kTokens * columns);
        std::vector<float> y(at(rows * kTokens));
        Activations activations;
        activations.reserve(kTokens, columns, allocator);
        std::vector<double> products;
        std::vector<double> peaks;
        for (int round = 0; round < rounds; ++round) {
            products.push_back(timed(
                [&] {
                    for (std::int64_t t = 0; t < kTokens; ++t) activations.prepare(kernels, precision, x.data(), columns, columns, t);
                    kernels.multiply(w.view(), 0, w.view().panels(), activations.view(x.data(), columns, columns), kTokens, y.data(), rows);
                },
                processorTime));
            peaks.push_back(peak());
        }
        const double operations = 2.0 * static_cast<double>(rows * columns * kTokens) / median(products);
        return {{"gflops", operations / 1e9}, {"avx2_peak", median(peaks) / 1e9}, {"share", operations / median(peaks)}};
    }

    Json attention(std::int64_t queries, std::int64_t positions, std::int64_t width, loom::DType type) {
        const std::int64_t bytes = loom::bytesPerElement(type);
        loom::Buffer memory = allocator.allocate(loom::MemoryKind::Cache, positions * width * bytes);
        std::vector<float> scales(at(positions), 1.0F);
        const std::vector<float> row = numbers(width);
        for (std::int64_t p = 0; p < positions; ++p)
            kernels.keep(row.data(), width, type, memory.data() + p * width * bytes, &scales[at(p)]);
        const Cells cells{.data = memory.data(), .scales = scales.data(), .stride = width, .scaleStride = 1, .type = type};
        const std::vector<float> q = numbers(queries * width);
        std::vector<float> scores(at(queries * positions));
        std::vector<float> out(at(queries * width));
        std::vector<double> scoring;
        std::vector<double> exponentials;
        std::vector<double> mixing;
        std::vector<double> peaks;
        for (int round = 0; round < rounds; ++round) {
            scoring.push_back(
                timed([&] { kernels.scores(q.data(), width, queries, cells, positions, width, 0.1F, false, scores.data(), positions); },
                      processorTime));
            mixing.push_back(
                timed([&] { kernels.mix(scores.data(), positions, queries, cells, positions, width, out.data(), width); }, processorTime));
            float largest = 0.0F;
            exponentials.push_back(timed([&] { kernels.exponentials(scores.data(), positions, &largest); }, processorTime));
            peaks.push_back(peak());
        }
        const double operations = 2.0 * static_cast<double>(queries * positions * width);
        return {{"scores_share_of_peak", operations / median(scoring) / median(peaks)},
                {"mix_share_of_peak", operations / median(mixing) / median(peaks)},
                {"scores_gb_per_second", static_cast<double>(memory.bytes()) / median(scoring) / 1e9},
                {"mix_gb_per_second", static_cast<double>(memory.bytes()) / median(mixing) / 1e9},
                {"exponentials_ns_per_value", median(exponentials) / static_cast<double>(positions) * 1e9}};
    }
};

double meeting(std::int64_t threads) {
    ThreadTeam team(threads);
    std::vector<double> all;
    for (int round = 0; round < 9; ++round) {
        all.push_back(timed([&] {
            team.run([&](std::int64_t) {
                for (int i = 0; i < 1000; ++i) team.meet();
            });
        }));
    }
    return median(all) / 1000;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Speed of the fast path's kernels.");
    std::string wanted;
    std::string only;
    int rounds = 5;
    app.add_option("--set", wanted, "a set of kernels by name; all that this processor runs otherwise");
    app.add_option("--only", only, "vector, many, attention or meeting");
    app.add_option("--rounds", rounds, "medians of that many");
    CLI11_PARSE(app, argc, argv);
    try {
        constexpr std::int64_t kShapes[3][2] = {{2048, 512}, {50257, 512}, {4096, 1024}};
        const auto runs = [&](const char* part) { return only.empty() || only == part; };
        Json result;
        for (const Kernels* set : availableKernels()) {
            if (!wanted.empty() && set->name != wanted) continue;
            Bench bench(*set, rounds);
            Json& mine = result[std::string(set->name)];
            for (const auto& [rows, columns] : kShapes) {
                const std::string shape = std::to_string(rows) + "x" + std::to_string(columns);
                for (const loom::Precision precision : loom::kPrecisions) {
                    const std::string what(name(precision));
                    for (const std::int64_t threads : {1, 2}) {
                        if (runs("vector")) {
                            mine["one token"][shape][what + " " + std::to_string(threads)] =
                                bench.vector(rows, columns, precision, threads);
                        }
                    }
                    if (runs("many") && rows < 50000) mine["256 tokens"][shape][what] = bench.many(rows, columns, precision);
                }
            }
            for (const loom::DType type : {loom::DType::F32, loom::DType::BF16, loom::DType::F16, loom::DType::I8}) {
                for (const std::int64_t queries : {1, 8}) {
                    if (!runs("attention")) continue;
                    for (const std::int64_t width : {64, 256}) {
                        mine["attention"][std::string(name(type)) + " " + std::to_string(queries) + " queries, width " +
                                          std::to_string(width)] = bench.attention(queries, 8192, width, type);
                    }
                }
            }
        }
        if (runs("meeting")) {
            for (const std::int64_t threads : {1, 2}) result["meeting_seconds"][std::to_string(threads)] = meeting(threads);
        }
        result["seen"] = g_seen;
        std::cout << result.dump(2) << '\n';
        return 0;
    } catch (const loom::Error& error) {
        std::cerr << "error: " << error.message() << '\n';
        return 1;
    }
}
