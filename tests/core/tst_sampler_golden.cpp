// SPDX-License-Identifier: GPL-3.0-or-later
// Every stage, and chains of them, against what transformers and llama.cpp computed (tests/golden/make_sampler_golden.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <set>

#include <nlohmann/json.hpp>

#include "core/engine/generate/sampler.h"
#include "core/engine/generate/samplers/mirostat.h"

namespace loom {
namespace {

using Json = nlohmann::json;

Json golden() {
    std::ifstream in(LOOM_SOURCE_DIR "/tests/golden/samplers/stages.json");
    return Json::parse(in);
}

TokenIds idsOf(const Json& list) {
    TokenIds ids;
    for (const Json& id : list) ids.emplace_back(id.get<std::int64_t>());
    return ids;
}

/// Only the stages that the case names, in its order.
SamplerSettings settingsOf(const Json& given) {
    SamplerSettings settings = plainSampling();
    for (const auto& [key, value] : given.at("settings").items()) samplerParameter(key).set(settings, value.get<double>());
    settings.order = orderFrom(given.at("order").get<std::string>()).value();
    return settings;
}

std::map<std::int64_t, double> expectedOf(const Json& after) {
    std::map<std::int64_t, double> out;
    for (const auto& [id, share] : after.items()) out[std::stoll(id)] = share.get<double>();
    return out;
}

TEST(SamplerGolden, StagesAndChainsLeaveWhatTheOraclesLeave) {
    const Json all = golden();
    std::set<std::string> stages;
    for (std::size_t i = 0; i < all.at("cases").size(); ++i) {
        const Json& given = all.at("cases").at(i);
        SCOPED_TRACE("case " + std::to_string(i) + ": " + given.at("settings").dump() + " " + given.at("order").get<std::string>());
        stages.insert(given.at("order").get<std::string>());
        const auto logits = given.at("logits").get<std::vector<float>>();
        auto breakers = std::make_shared<TokenFlags>(logits.size(), std::uint8_t{0});
        if (given.contains("breakers"))
            for (const TokenId id : idsOf(given.at("breakers"))) breakers->at(id.index()) = 1;
        Sampler sampler(settingsOf(given), 1, breakers);
        const SampleResult& result = sampler.choose(logits, idsOf(given.at("history")), 3, std::ssize(logits));
        const auto expected = expectedOf(given.at("after"));
        for (std::size_t t = 0; t < result.before.size(); ++t) {
            const auto found = expected.find(result.before[t].token.value());
            const double share = found == expected.end() ? 0 : found->second;
            EXPECT_NEAR(result.after[t], share, 2e-6 + 2e-5 * share) << "token " << result.before[t].token.value();
            if (found == expected.end()) {
                EXPECT_EQ(result.after[t], 0) << "token " << result.before[t].token.value();
            } else if (share > 0) {  // more than half a billionth
                EXPECT_GT(result.after[t], 0) << "token " << result.before[t].token.value();
            }
        }
    }
    for (const char* stage : {"temperature", "top-k", "top-p", "min-p", "typical", "repetition-penalty", "top-n-sigma", "dry", "xtc"})
        EXPECT_TRUE(stages.contains(stage)) << stage;
}

TEST(SamplerGolden, MirostatFollowsItsTarget) {
    const Json all = golden();
    ASSERT_EQ(all.at("mirostat").size(), 4U);
    for (const Json& text : all.at("mirostat")) {
        const auto tau = text.at("tau").get<double>();
        const auto eta = text.at("eta").get<double>();
        double mu = 2 * tau;
        for (const Json& step : text.at("steps")) {
            const auto logits = step.at("logits").get<std::vector<float>>();
            Candidates candidates;
            for (std::size_t id = 0; id < logits.size(); ++id)
                candidates.entries.push_back({static_cast<double>(logits[id]), 0, static_cast<std::uint32_t>(id)});
            keepUnsurprising(candidates, mu);
            const auto expected = expectedOf(step.at("after"));
            ASSERT_EQ(candidates.entries.size(), expected.size()) << tau;
            const double total = candidates.total();
            double chosen = 0;
            for (const Entry& entry : candidates.entries) {
                ASSERT_TRUE(expected.contains(entry.id));
                EXPECT_NEAR(entry.weight / total, expected.at(entry.id), 2e-5);
                if (entry.id == step.at("token").get<std::uint32_t>()) chosen = entry.weight / total;
            }
            mu = nextMirostatMu(mu, tau, eta, chosen);
        }
    }
}

}  // namespace
}  // namespace loom
