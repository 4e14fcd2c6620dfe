// SPDX-License-Identifier: GPL-3.0-or-later
// Caches of f32, bf16, f16 and int8: cells are the rounded rows, a position always sees what is kept of it, logits stay close.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/engine/api/lab.h"
#include "tests/core/reference/memory_checkpoint.h"

namespace loom::test {
namespace {

constexpr std::int64_t kTokens = 24;

float widened(DType type, const std::byte* cell, float scale) {
    if (type == DType::F32) {
        float value = 0;
        std::memcpy(&value, cell, sizeof value);
        return value;
    }
    if (type == DType::I8) return static_cast<float>(static_cast<signed char>(*cell)) * scale;
    std::uint16_t bits = 0;
    std::memcpy(&bits, cell, sizeof bits);
    if (type == DType::BF16) {
        const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16U;
        float value = 0;
        std::memcpy(&value, &wide, sizeof value);
        return value;
    }
    const int exponent = (bits >> 10U) & 31;
    const double fraction = (bits & 1023) / 1024.0;
    const double size = exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1.0 + fraction, exponent - 15);
    return static_cast<float>((bits & 0x8000U) != 0U ? -size : size);
}

/// One lane of the first layer, whose rows come straight from the embedding and are the same for every type: [length][width].
std::vector<std::vector<float>> firstLayer(const KvCache& cache, std::size_t lane) {
    const CacheSpec& spec = cache.spec();
    const auto width = static_cast<std::size_t>(spec.lanes[lane].width);
    const auto size = static_cast<std::size_t>(bytesPerElement(spec.dtype));
    std::vector<std::vector<float>> rows;
    for (std::size_t t = 0; t < static_cast<std::size_t>(cache.length()); ++t) {
        float scale = 1;
        if (spec.dtype == DType::I8) std::memcpy(&scale, cache.scales(LayerIndex{0}, lane) + t * sizeof scale, sizeof scale);
        std::vector<float>& row = rows.emplace_back();
        for (std::size_t i = 0; i < width; ++i)
            row.push_back(widened(spec.dtype, cache.lane(LayerIndex{0}, lane) + (t * width + i) * size, scale));
    }
    return rows;
}

float largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) return INFINITY;
    float largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!(std::abs(a[i] - b[i]) <= largest)) largest = std::abs(a[i] - b[i]);
    }
    return largest;
}

/// Every token uses every expert: which of them it chooses is no smooth function of what a cache rounds.
ModelConfig withoutChoice(ModelConfig config) {
    config.moe.perToken = config.moe.experts;
    config.moe.topGroups = config.moe.groups;
    return config;
}

class CacheTypes : public testing::TestWithParam<NetworkCase> {
protected:
    std::unique_ptr<ReferenceSequence> sequence(MlaPath path, std::optional<DType> type) {
        return valueOrThrow(m_network->newSequence(kTokens, path, type));
    }
    std::vector<float> logits(ReferenceSequence& sequence, std::int64_t block) {
        ForwardOptions all;
        all.allLogits = true;
        std::vector<float> out;
        for (std::int64_t first = 0; first < kTokens; first += block) {
            const auto part = std::span(m_tokens).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(block));
            const std::vector<float> some = valueOrThrow(sequence.forward(part, all)).logits;
            out.insert(out.end(), some.begin(), some.end());
        }
        return out;
    }

    MemoryAccount m_account;
    TokenIds m_tokens = someTokens(kTokens, GetParam().config.vocab);
    std::shared_ptr<ReferenceModel> m_network = valueOrThrow(valueOrThrow(loadLab())->build(
        memoryCheckpoint(withoutChoice(GetParam().config)), {DeviceKind::Cpu, 1, DType::F32}, m_account, {}));
};

TEST_P(CacheTypes, cellsAreTheRoundedRows) {
    for (const MlaPath path : {MlaPath::Naive, MlaPath::Absorbed}) {
        const auto exact = sequence(path, std::nullopt);
        (void)logits(*exact, kTokens);
        EXPECT_EQ(exact->cache().spec().dtype, DType::F32);
        for (const DType type : {DType::BF16, DType::F16, DType::I8}) {
            const auto rounded = sequence(path, type);
            (void)logits(*rounded, kTokens);
            EXPECT_EQ(rounded->cache().use().bytes, cacheSpec(GetParam().config, path, type).bytesPerToken() * kTokens);
            for (const std::size_t lane : {0U, 1U}) {
                const auto before = firstLayer(exact->cache(), lane);
                const auto after = firstLayer(rounded->cache(), lane);
                for (std::size_t t = 0; t < before.size(); ++t) {
                    float most = 0;
                    for (const float value : before[t]) most = std::max(most, std::abs(value));
                    ASSERT_GT(most, 1e-3F) << "rows this small would hide a mistake";
                    for (std::size_t i = 0; i < before[t].size(); ++i) {
                        const float value = std::abs(before[t][i]);
                        const float allowed = type == DType::BF16  ? value / 256            // 8 bits of fraction, half a step
                                              : type == DType::F16 ? value / 2048 + 6e-8F   // 11 bits, and below 2⁻¹⁴ fixed steps
                                                                   : most / 254 * 1.0001F;  // half of most / 127
                        ASSERT_LE(std::abs(before[t][i] - after[t][i]), allowed) << name(type) << ' ' << t << ' ' << i;
                    }
                }
            }
        }
    }
}

TEST_P(CacheTypes, aPositionSeesWhatIsKeptOfIt) {
    for (const DType type : {DType::BF16, DType::F16, DType::I8}) {
        const auto atOnce = sequence(MlaPath::Absorbed, type);
        const auto oneByOne = sequence(MlaPath::Absorbed, type);
        // A value on the edge between two steps may fall to either side when it was summed in another order.
        EXPECT_LE(largestDifference(logits(*atOnce, kTokens), logits(*oneByOne, 1)), type == DType::I8 ? 2e-2F : 1e-2F) << name(type);
    }
}

TEST_P(CacheTypes, logitsStayClose) {
    const std::vector<float> exact = logits(*sequence(MlaPath::Absorbed, DType::F32), kTokens);
    double squares = 0;
    for (const float value : exact) squares += static_cast<double>(value) * static_cast<double>(value) / static_cast<double>(exact.size());
    const float spread = std::max(1.0F, static_cast<float>(std::sqrt(squares)));
    EXPECT_LE(largestDifference(logits(*sequence(MlaPath::Absorbed, DType::BF16), kTokens), exact), 3e-2F * spread);
    EXPECT_LE(largestDifference(logits(*sequence(MlaPath::Absorbed, DType::F16), kTokens), exact), 4e-3F * spread);
    const float int8 = largestDifference(logits(*sequence(MlaPath::Absorbed, DType::I8), kTokens), exact);
    EXPECT_LE(int8, (GetParam().config.moe.experts > 0 ? 8e-2F : 6e-2F) * spread);  // all experts at once are a larger step
    EXPECT_GT(int8, 0.0F) << "something is rounded";
}

TEST_P(CacheTypes, growsAndShrinksWithItsScales) {
    for (const DType type : {DType::BF16, DType::I8}) {
        const std::vector<float> expected = logits(*sequence(MlaPath::Absorbed, type), 1);
        const auto story = valueOrThrow(m_network->newSequence(3, MlaPath::Absorbed, type));
        std::vector<float> last;
        const auto write = [&](std::int64_t from, std::int64_t to) {
            for (std::int64_t t = from; t < to; ++t) {
                ASSERT_TRUE(story->reserve(t + 1));
                last = valueOrThrow(story->forward(std::span(m_tokens).subspan(static_cast<std::size_t>(t), 1), {})).logits;
            }
        };
        write(0, 10);
        ASSERT_TRUE(story->truncate(6));
        write(6, kTokens);
        const std::vector<float> end(expected.end() - std::ssize(last), expected.end());
        EXPECT_EQ(largestDifference(last, end), 0.0F) << name(type) << ": the same steps over the same cells";
    }
}

INSTANTIATE_TEST_SUITE_P(All, CacheTypes, testing::ValuesIn(networkCases()),
                         [](const testing::TestParamInfo<NetworkCase>& each) { return each.param.name; });

TEST(CacheTypesAlone, rowsOfZerosStayZeros) {
    Checkpoint checkpoint = memoryCheckpoint(networkCase("joint"));
    static const std::vector<std::byte> zeros(1 << 16);
    for (auto& [tensorName, view] : checkpoint.tensors) {
        if (tensorName.find("kv_a_proj_with_mqa") != std::string::npos) view.data = std::span(zeros).first(view.data.size());
    }
    MemoryAccount account;
    const auto network = valueOrThrow(valueOrThrow(loadLab())->build(checkpoint, {DeviceKind::Cpu, 1, DType::F32}, account, {}));
    const auto sequence = valueOrThrow(network->newSequence(4, MlaPath::Absorbed, DType::I8));
    const auto out = sequence->forward(someTokens(4, 31), {});
    ASSERT_TRUE(out);
    for (const float value : out->logits) ASSERT_TRUE(std::isfinite(value));
    for (const auto& row : firstLayer(sequence->cache(), 0)) {
        for (const float value : row) ASSERT_EQ(value, 0.0F);
    }
}

TEST(CacheTypesAlone, otherTypesAreRefused) {
    MemoryAccount account;
    const auto network =
        valueOrThrow(valueOrThrow(loadLab())->build(memoryCheckpoint(networkCase("mha")), {DeviceKind::Cpu, 1, DType::F32}, account, {}));
    for (const DType type : {DType::I64, DType::I32, DType::I16, DType::U8, DType::Bool}) {
        const auto refused = network->newSequence(4, MlaPath::Absorbed, type);
        ASSERT_FALSE(refused) << name(type);
        EXPECT_NE(refused.error().message().find(name(type)), std::string::npos);
    }
    EXPECT_EQ(account.current(MemoryKind::Cache), 0);
}

}  // namespace
}  // namespace loom::test
