// SPDX-License-Identifier: GPL-3.0-or-later
// Inspector: every look against plain loops over doubles, for every attention form; what must be refused; nothing left behind.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/engine/api/lab.h"
#include "tests/core/reference/memory_checkpoint.h"
#include "tests/core/reference/plain_model.h"
#include "tests/core/reference/plain_spectrum.h"

namespace loom::test {
namespace {

constexpr std::int64_t kTokens = 26;

template <class T>
double largestDifference(const std::vector<T>& a, const std::vector<double>& b) {
    if (a.size() != b.size()) return INFINITY;
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::abs(static_cast<double>(a[i]) - b[i]);
        if (!(difference <= largest)) largest = difference;
    }
    return largest;
}

std::vector<double> shares(const double* logits, std::size_t count) {
    std::vector<double> p(logits, logits + count);
    double sum = 0;
    for (double& value : p) sum += value = std::exp(value);
    for (double& value : p) value /= sum;
    return p;
}

class Looks : public testing::TestWithParam<NetworkCase> {
protected:
    void SetUp() override { m_network = build(DType::F64); }
    void TearDown() override {
        m_network.reset();
        EXPECT_EQ(m_account.current(MemoryKind::Other), 0) << "nothing stays";
        EXPECT_EQ(m_account.current(MemoryKind::Weights), 0);
        EXPECT_EQ(m_account.current(MemoryKind::Cache), 0);
    }
    std::shared_ptr<ReferenceModel> build(DType compute) {
        Lab* lab = valueOrThrow(loadLab());
        return valueOrThrow(lab->build(m_checkpoint, {DeviceKind::Cpu, 1, compute}, m_account, {}));
    }
    [[nodiscard]] const ModelConfig& config() const { return m_checkpoint.config; }
    [[nodiscard]] const Inspector& inspector() const { return m_network->inspector(); }
    [[nodiscard]] std::vector<double> weights(const std::string& name) const {
        const TensorView& view = m_checkpoint.tensors.at(name);
        std::vector<float> values(view.data.size() / sizeof(float));
        std::memcpy(values.data(), view.data.data(), view.data.size());
        return {values.begin(), values.end()};
    }

    Checkpoint m_checkpoint = memoryCheckpoint(GetParam().config);
    TokenIds m_tokens = someTokens(kTokens, GetParam().config.vocab);
    MemoryAccount m_account;
    std::shared_ptr<ReferenceModel> m_network;
};

/// One head's [width] columns of rows [T, all].
std::vector<double> columns(const std::vector<double>& rows, std::int64_t all, std::int64_t from, std::int64_t width) {
    std::vector<double> out;
    for (auto row = rows.begin(); row != rows.end(); row += all) out.insert(out.end(), row + from, row + from + width);
    return out;
}

TEST_P(Looks, scorePartsAddUpToTheScores) {
    const PlainResult plain = plainForward(m_checkpoint, m_tokens);
    for (std::int64_t layer = 0; layer < config().layers; ++layer) {
        const auto l = static_cast<std::size_t>(layer);
        const auto parts = inspector().scores(m_tokens, LayerIndex{layer}, {});
        if (config().attention.latent != Latent::Joint) {
            ASSERT_FALSE(parts);
            EXPECT_NE(parts.error().message().find("content and position"), std::string::npos);
            continue;
        }
        ASSERT_TRUE(parts) << parts.error().message();
        EXPECT_EQ(parts->heads, config().attention.heads);
        EXPECT_EQ(parts->tokens, kTokens);
        EXPECT_LE(largestDifference(parts->content, plain.content[l]), 1e-5);
        EXPECT_LE(largestDifference(parts->position, plain.position[l]), 1e-5);
        std::vector<double> sum;
        std::vector<double> expected;
        for (std::size_t i = 0; i < parts->content.size(); ++i) {
            sum.push_back(static_cast<double>(parts->content[i]) + static_cast<double>(parts->position[i]));
            expected.push_back(plain.content[l][i] + plain.position[l][i]);
        }
        EXPECT_LE(largestDifference(sum, expected), 1e-5);
        double most = 0;
        for (const float value : parts->position) most = std::max(most, static_cast<double>(std::abs(value)));
        EXPECT_GT(most, 1e-3) << "parts this small would hide a mistake";
    }
}

TEST_P(Looks, keptRowsAreWhatAttentionKeeps) {
    const PlainResult plain = plainForward(m_checkpoint, m_tokens);
    const CacheSpec spec = cacheSpec(config(), MlaPath::Absorbed, DType::F32);
    for (std::int64_t layer = 0; layer < config().layers; ++layer) {
        const auto kept = inspector().kept(m_tokens, LayerIndex{layer}, {});
        ASSERT_TRUE(kept) << kept.error().message();
        EXPECT_EQ(kept->layer, LayerIndex{layer});
        EXPECT_EQ(kept->tokens, kTokens);
        ASSERT_EQ(kept->lanes.size(), spec.lanes.size());
        for (std::size_t lane = 0; lane < spec.lanes.size(); ++lane) {
            EXPECT_EQ(kept->lanes[lane].lane, spec.lanes[lane].lane);
            EXPECT_EQ(kept->lanes[lane].width, spec.lanes[lane].width);
            const auto& expected = (lane == 0 ? plain.firstLane : plain.secondLane)[static_cast<std::size_t>(layer)];
            EXPECT_LE(largestDifference(kept->lanes[lane].values, expected), 1e-5);
        }
    }
}

TEST_P(Looks, spectraAreThoseOfTheMatrices) {
    const AttentionConfig& a = config().attention;
    const PlainResult plain = plainForward(m_checkpoint, m_tokens);
    const LayerIndex last{config().layers - 1};
    const auto spectra = inspector().spectra(m_tokens, last, {});
    ASSERT_TRUE(spectra) << spectra.error().message();
    const std::string prefix = "model.layers." + std::to_string(last.value()) + ".self_attn.";
    const CacheSpec spec = cacheSpec(config(), MlaPath::Absorbed, DType::F32);
    std::size_t lanes = 0;
    for (const Spectrum& spectrum : spectra->spectra) {
        const std::int64_t h = spectrum.head ? spectrum.head->value() : 0;
        const bool key = spectrum.of == Spectrum::Of::KeyUp || spectrum.lane == CacheLane::KeyLatent;
        const std::int64_t rank = a.latent == Latent::Joint ? a.kvLoraRank : key ? a.kRank : a.vRank;
        std::vector<double> matrix;
        std::int64_t width = rank;
        if (spectrum.of == Spectrum::Of::Lane) {
            const std::size_t lane = spectrum.lane == spec.lanes[0].lane ? 0 : 1;
            matrix = (lane == 0 ? plain.firstLane : plain.secondLane)[last.index()];
            width = spec.lanes[lane].width;
            if (spectrum.head) {
                matrix = columns(matrix, width, h * rank, rank);
                width = rank;
            }
            ++lanes;
        } else if (a.latent == Latent::Joint) {
            const std::vector<double> up = weights(prefix + "kv_b_proj.weight");
            const std::int64_t head = a.qkNopeHeadDim + a.vHeadDim;
            for (std::int64_t row = 0; row < a.heads * head; ++row) {
                if ((row % head < a.qkNopeHeadDim) == key)
                    matrix.insert(matrix.end(), up.begin() + row * rank, up.begin() + (row + 1) * rank);
            }
        } else {
            const std::vector<double> up = weights(prefix + (key ? "k_up_proj.weight" : "v_up_proj.weight"));
            const std::int64_t rows = spectrum.head ? a.headDim : a.heads * a.headDim;  // shared latents: of all heads together
            matrix.assign(up.begin() + h * a.headDim * rank, up.begin() + (h * a.headDim + rows) * rank);
        }
        std::vector<double> expected = plainSpectrum(matrix, static_cast<std::size_t>(width)).values;
        expected.resize(spectrum.values.size());  // fewer rows than columns: the rest are zeros
        EXPECT_LE(largestDifference(spectrum.values, expected), 1e-6 * expected.front()) << label(spectrum);
        double sum = 0;
        for (const double value : expected) sum += value;
        double product = 1;
        for (const double value : expected) product *= value > 0 ? std::pow(value / sum, -value / sum) : 1;
        EXPECT_NEAR(spectrum.effectiveRank, product, 1e-4) << label(spectrum);
        EXPECT_GT(spectrum.effectiveRank, 1.0);
        EXPECT_LE(spectrum.effectiveRank, static_cast<double>(spectrum.values.size()) + 1e-9);
    }
    EXPECT_EQ(lanes, a.latent == Latent::PerHead ? 2U * static_cast<std::size_t>(a.heads) : 2U);
    EXPECT_EQ(spectra->spectra.size(), a.latent == Latent::None      ? 2U
                                       : a.latent == Latent::PerHead ? 4U * static_cast<std::size_t>(a.heads)
                                                                     : 4U);
}

TEST_P(Looks, whatASmallerLatentForgets) {
    const AttentionConfig& a = config().attention;
    if (a.latent == Latent::None) {
        EXPECT_FALSE(inspector().reconstruction(m_tokens, LayerIndex{0}, {1}, {}));
        return;
    }
    const LayerIndex last{config().layers - 1};
    const std::int64_t most = a.latent == Latent::Joint ? a.kvLoraRank : std::min(a.kRank, a.vRank);
    const std::vector<std::int64_t> ranks{most, 2, 1, 0};
    const auto result = inspector().reconstruction(m_tokens, last, ranks, {});
    ASSERT_TRUE(result) << result.error().message();
    const PlainResult plain = plainForward(m_checkpoint, m_tokens);
    const std::string prefix = "model.layers." + std::to_string(last.value()) + ".self_attn.";
    const auto H = static_cast<std::size_t>(a.heads);
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        for (std::int64_t h = 0; h < a.heads; ++h) {
            for (const bool key : {true, false}) {
                const bool joint = a.latent == Latent::Joint;
                const std::int64_t r = joint ? a.kvLoraRank : key ? a.kRank : a.vRank;
                const auto& lane = (joint || key ? plain.firstLane : plain.secondLane)[last.index()];
                const std::vector<double> latents = a.latent != Latent::PerHead ? lane : columns(lane, a.heads * r, h * r, r);
                const std::int64_t n = joint ? (key ? a.qkNopeHeadDim : a.vHeadDim) : a.headDim;
                const std::vector<double> up = weights(prefix + (joint ? "kv_b_proj.weight"
                                                                 : key ? "k_up_proj.weight"
                                                                       : "v_up_proj.weight"));
                const std::int64_t firstRow = joint ? h * (a.qkNopeHeadDim + a.vHeadDim) + (key ? 0 : a.qkNopeHeadDim) : h * a.headDim;
                const PlainSpectrum spectrum = plainSpectrum(latents, static_cast<std::size_t>(r));
                double lost = 0;
                double whole = 0;
                for (std::int64_t t = 0; t < kTokens; ++t) {
                    std::vector<double> pressed(static_cast<std::size_t>(r), 0.0);
                    for (std::int64_t k = 0; k < ranks[i]; ++k) {
                        const auto& direction = spectrum.directions[static_cast<std::size_t>(k)];
                        double share = 0;
                        for (std::int64_t j = 0; j < r; ++j)
                            share += latents[static_cast<std::size_t>(t * r + j)] * direction[static_cast<std::size_t>(j)];
                        for (std::int64_t j = 0; j < r; ++j)
                            pressed[static_cast<std::size_t>(j)] += share * direction[static_cast<std::size_t>(j)];
                    }
                    for (std::int64_t row = firstRow; row < firstRow + n; ++row) {
                        double full = 0;
                        double less = 0;
                        for (std::int64_t j = 0; j < r; ++j) {
                            const double w = up[static_cast<std::size_t>(row * r + j)];
                            full += w * latents[static_cast<std::size_t>(t * r + j)];
                            less += w * pressed[static_cast<std::size_t>(j)];
                        }
                        lost += (full - less) * (full - less);
                        whole += full * full;
                    }
                }
                const double error = (key ? result->keys : result->values)[i * H + static_cast<std::size_t>(h)];
                EXPECT_NEAR(error, std::sqrt(lost / whole), 1e-6) << ranks[i] << ' ' << h << ' ' << key;
                // A latent wider than it was asked for loses something; the whole one nothing; none at all everything.
                EXPECT_TRUE(ranks[i] != 0 || std::abs(error - 1.0) <= 1e-12) << error;
                EXPECT_TRUE(ranks[i] != r || error <= 1e-12) << error;
            }
        }
    }
    EXPECT_FALSE(inspector().reconstruction(m_tokens, last, {most + 1}, {}));
    EXPECT_FALSE(inspector().reconstruction(m_tokens, last, {-1}, {}));
    EXPECT_FALSE(inspector().reconstruction(m_tokens, last, {}, {}));
}

TEST_P(Looks, lensEndsInTheOutput) {
    const PlainResult plain = plainForward(m_checkpoint, m_tokens);
    const auto lens = inspector().lens(m_tokens, 4, {});
    ASSERT_TRUE(lens) << lens.error().message();
    const auto V = static_cast<std::size_t>(config().vocab);
    ASSERT_EQ(lens->rows, config().layers + 1);
    for (std::int64_t row = 0; row < lens->rows; ++row) {
        for (std::int64_t t = 0; t < kTokens; ++t) {
            const double* logits = plain.lens[static_cast<std::size_t>(row)].data() + static_cast<std::size_t>(t) * V;
            std::vector<double> sorted(logits, logits + V);
            std::sort(sorted.rbegin(), sorted.rend());
            const std::vector<double> p = shares(logits, V);
            for (std::int64_t k = 0; k < 4; ++k) {
                const std::size_t at = lens->at(row, t, k);
                EXPECT_NEAR(lens->logits[at], sorted[static_cast<std::size_t>(k)], 1e-5);
                EXPECT_NEAR(lens->logits[at], logits[lens->ids[at].index()], 1e-5);
                EXPECT_NEAR(lens->probabilities[at], p[lens->ids[at].index()], 1e-6);
            }
        }
    }
    const auto output = m_network->logits(m_tokens, 1, MlaPath::Naive, {});
    ASSERT_TRUE(output);
    const auto last = output->end() - static_cast<std::ptrdiff_t>(V);
    EXPECT_EQ(lens->ids[lens->at(config().layers, kTokens - 1, 0)].value(), std::max_element(last, output->end()) - last);
    EXPECT_FALSE(inspector().lens(m_tokens, 0, {}));
    EXPECT_FALSE(inspector().lens(m_tokens, config().vocab + 1, {}));
}

TEST_P(Looks, ablationIsTheNetworkWithoutThem) {
    const auto V = static_cast<std::size_t>(config().vocab);
    const PlainResult whole = plainForward(m_checkpoint, m_tokens);
    const std::vector<PlainAblation> cases{
        {{{LayerIndex{0}, HeadIndex{1}}, {LayerIndex{0}, HeadIndex{3}}, {LayerIndex{1}, HeadIndex{0}}}, {}},
        {{}, {LayerIndex{0}}},
        {{{LayerIndex{1}, HeadIndex{2}}}, {LayerIndex{0}}},
        {}};
    for (const PlainAblation& off : cases) {
        const PlainResult less = plainForward(m_checkpoint, m_tokens, off);
        const auto result = inspector().ablation(m_tokens, {off.heads, off.layers}, {});
        ASSERT_TRUE(result) << result.error().message();
        const auto lastRow = [&](const PlainResult& plain) {
            return std::vector<double>(plain.logits.end() - static_cast<std::ptrdiff_t>(V), plain.logits.end());
        };
        EXPECT_LE(largestDifference(result->before, lastRow(whole)), 1e-5);
        EXPECT_LE(largestDifference(result->after, lastRow(less)), 1e-5);
        ASSERT_EQ(result->kl.size(), static_cast<std::size_t>(kTokens));
        double mean = 0;
        for (std::size_t t = 0; t < result->kl.size(); ++t) {
            const std::vector<double> p = shares(whole.logits.data() + t * V, V);
            const std::vector<double> q = shares(less.logits.data() + t * V, V);
            double kl = 0;
            for (std::size_t i = 0; i < V; ++i) kl += p[i] * std::log(p[i] / q[i]);
            EXPECT_NEAR(result->kl[t], kl, 1e-6);
            mean += kl / static_cast<double>(kTokens);
        }
        EXPECT_NEAR(result->meanKl, mean, 1e-6);
        if (off.heads.empty() && off.layers.empty()) {
            EXPECT_EQ(result->meanKl, 0) << "nothing switched off, nothing changed";
        } else {
            EXPECT_GT(result->meanKl, 1e-6);
        }
        ASSERT_EQ(result->topBefore.size(), 10U);
        for (std::size_t i = 1; i < 10; ++i) {
            EXPECT_GE(result->topBefore[i - 1].before, result->topBefore[i].before);
            EXPECT_GE(result->topAfter[i - 1].after, result->topAfter[i].after);
        }
        const std::vector<double> p = shares(lastRow(whole).data(), V);
        const std::vector<double> q = shares(lastRow(less).data(), V);
        for (const ShiftedToken& token : result->topAfter) {
            EXPECT_NEAR(token.before, p[token.token.index()], 1e-6);
            EXPECT_NEAR(token.after, q[token.token.index()], 1e-6);
        }
    }
    const auto logits = m_network->logits(m_tokens, 1, MlaPath::Naive, {});
    ASSERT_TRUE(logits);
    EXPECT_LE(largestDifference(*logits, whole.logits), 1e-5) << "the network itself is whole again";
}

TEST_P(Looks, f32IsCloseAndEverythingStops) {
    const auto f32 = build(DType::F32);
    const PlainResult plain = plainForward(m_checkpoint, m_tokens);
    const auto kept = f32->inspector().kept(m_tokens, LayerIndex{0}, {});
    ASSERT_TRUE(kept);
    EXPECT_LE(largestDifference(kept->lanes[0].values, plain.firstLane[0]), 1e-5);

    std::stop_source stop;
    stop.request_stop();
    const std::stop_token stopped = stop.get_token();
    const Inspector& i = f32->inspector();
    EXPECT_FALSE(i.scores(m_tokens, LayerIndex{1}, stopped));
    EXPECT_FALSE(i.kept(m_tokens, LayerIndex{1}, stopped));
    EXPECT_FALSE(i.spectra(m_tokens, LayerIndex{1}, stopped));
    EXPECT_FALSE(i.reconstruction(m_tokens, LayerIndex{1}, {1}, stopped));
    EXPECT_FALSE(i.lens(m_tokens, 3, stopped));
    EXPECT_FALSE(i.ablation(m_tokens, {}, stopped));
}

TEST_P(Looks, refusesWhatIsNotThere) {
    const Inspector& i = inspector();
    for (const LayerIndex layer : {LayerIndex{-1}, LayerIndex{config().layers}}) {
        EXPECT_FALSE(i.scores(m_tokens, layer, {}));
        EXPECT_FALSE(i.kept(m_tokens, layer, {}));
        EXPECT_FALSE(i.spectra(m_tokens, layer, {}));
        EXPECT_FALSE(i.reconstruction(m_tokens, layer, {1}, {}));
        EXPECT_FALSE(i.ablation(m_tokens, {{}, {layer}}, {}));
        EXPECT_FALSE(i.ablation(m_tokens, {{{layer, HeadIndex{0}}}, {}}, {}));
    }
    EXPECT_FALSE(i.ablation(m_tokens, {{{LayerIndex{0}, HeadIndex{4}}}, {}}, {}));
    EXPECT_FALSE(i.ablation(m_tokens, {{{LayerIndex{0}, HeadIndex{-1}}}, {}}, {}));
    EXPECT_FALSE(i.kept({}, LayerIndex{0}, {})) << "no tokens";
    EXPECT_FALSE(i.kept(someTokens(129, config().vocab), LayerIndex{0}, {})) << "longer than the context";
    const TokenIds outside{TokenId{config().vocab}};
    EXPECT_FALSE(i.lens(outside, 1, {}));
}

INSTANTIATE_TEST_SUITE_P(All, Looks, testing::ValuesIn(networkCases()),
                         [](const testing::TestParamInfo<NetworkCase>& each) { return each.param.name; });

TEST(EffectiveRank, countsEqualDirections) {
    EXPECT_NEAR(effectiveRank({2, 2, 2, 2}), 4.0, 1e-12);
    EXPECT_NEAR(effectiveRank({5, 0, 0}), 1.0, 1e-12);
    EXPECT_EQ(effectiveRank({0, 0}), 0.0);
    EXPECT_EQ(effectiveRank({}), 0.0);
}

}  // namespace
}  // namespace loom::test
