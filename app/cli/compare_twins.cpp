// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/compare_twins.h"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <limits>
#include <string_view>

namespace loom::cli {
namespace {

constexpr std::string_view kPreset = "preset:";

/// All that is reported, from the first token to the last.
struct Record {
    std::vector<TwinContestant> contestants;
    std::vector<std::string> texts;
    std::vector<CacheUse> caches;
    std::vector<TwinTick> ticks;
    TwinPace pace{std::numeric_limits<std::size_t>::max()};
    bool cancelled = false;

    /// Tokens that are the same as the first one's, of as many as both wrote.
    [[nodiscard]] std::int64_t same(std::size_t who) const {
        return std::count_if(ticks.begin(), ticks.end(), [who](const TwinTick& tick) {
            return tick.tokens[who] && tick.tokens.front() && (who == 0 || !tick.tokens[who]->differs);
        });
    }
    [[nodiscard]] std::int64_t written(std::size_t who) const {
        return std::count_if(ticks.begin(), ticks.end(), [who](const TwinTick& tick) { return tick.tokens[who].has_value(); });
    }
    [[nodiscard]] std::string_view reason(std::size_t who) const {
        for (const TwinTick& tick : ticks) {
            if (tick.tokens[who] && tick.tokens[who]->reason) return name(*tick.tokens[who]->reason);
        }
        return name(StopReason::Cancelled);
    }
    /// How many bytes fewer than the first one that one uses for as many tokens.
    [[nodiscard]] std::int64_t saved(std::size_t who) const { return caches.front().usedBytes() - caches[who].usedBytes(); }
    [[nodiscard]] double savedShare(std::size_t who) const {
        const std::int64_t all = caches.front().usedBytes();
        return all > 0 ? static_cast<double>(saved(who)) / static_cast<double>(all) : 0;
    }
};

double milliseconds(const TwinToken& token) { return std::chrono::duration<double, std::milli>(token.time).count(); }

nlohmann::ordered_json contestantJson(const Record& record, std::size_t i) {
    const TwinContestant& c = record.contestants[i];
    return {{"model", c.untrained ? std::string(kPreset) + c.choice.preset : c.choice.path},
            {"name", c.name},
            {"attention", attentionFormName(c.config.attention)},
            {"untrained", c.untrained},
            {"path", c.path},
            {"precision", c.precision},
            {"kernels", c.kernels},
            {"threads", c.threads},
            {"weight_bytes", c.weightBytes},
            {"prompt_tokens", c.promptTokens},
            {"text", record.texts[i]},
            {"written_tokens", record.written(i)},
            {"stop_reason", record.reason(i)},
            {"same_tokens_as_first", record.same(i)},
            {"milliseconds_per_token", record.pace.milliseconds(i)},
            {"tokens_per_second", record.pace.tokensPerSecond(i)},
            {"cache",
             {{"form", name(c.cache.form)},
              {"formula", c.cache.equation()},
              {"bytes_per_token", c.cache.bytesPerToken()},
              {"used_tokens", record.caches[i].usedTokens},
              {"used_bytes", record.caches[i].usedBytes()},
              {"bytes", record.caches[i].bytes},
              {"fewer_bytes_than_first", record.saved(i)},
              {"fewer_bytes_share", record.savedShare(i)}}}};
}

nlohmann::ordered_json stepJson(const TwinTick& tick) {
    nlohmann::ordered_json tokens = nlohmann::ordered_json::array();
    for (const auto& token : tick.tokens) {
        if (!token) {
            tokens.push_back(nullptr);
            continue;
        }
        tokens.push_back({{"token", token->token.value()},
                          {"text", token->text},
                          {"differs", token->differs},
                          {"used_bytes", token->usedBytes},
                          {"bytes", token->allocatedBytes},
                          {"milliseconds", milliseconds(*token)}});
    }
    return {{"step", tick.number}, {"tokens", std::move(tokens)}};
}

void printJson(const Record& record, const TwinRequest& request) {
    nlohmann::ordered_json contestants = nlohmann::ordered_json::array(), steps = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < record.contestants.size(); ++i) contestants.push_back(contestantJson(record, i));
    for (const TwinTick& tick : record.ticks) steps.push_back(stepJson(tick));
    Context::print({{"prompt", request.prompt},
                    {"seed", request.seed},
                    {"temperature", request.samplers.temperature},
                    {"top_p", request.samplers.topP},
                    {"models", std::move(contestants)},
                    {"steps", std::move(steps)}});
}

void printText(const Record& record, const TwinRequest& request) {
    for (std::size_t i = 0; i < record.contestants.size(); ++i) {
        const TwinContestant& c = record.contestants[i];
        const CacheUse& use = record.caches[i];
        std::string text = c.prompt + record.texts[i];
        std::replace_if(
            text.begin(), text.end(), [](char b) { return b != '\n' && (static_cast<unsigned char>(b) < 0x20 || b == 0x7F); }, ' ');
        std::cout << (i > 0 ? "\n" : "") << static_cast<char>('A' + i) << "  " << c.name << ", " << attentionFormName(c.config.attention)
                  << (c.untrained ? ", untrained: random weights" : "") << " (" << c.path << ' ' << c.precision << ")\n"
                  << text << "\n"
                  << std::fixed << "  cache  " << c.cache.equation() << " × " << use.usedTokens << " tokens = " << use.usedBytes()
                  << " bytes used of " << use.bytes << " allocated";
        if (i > 0) std::cout << "; " << record.saved(i) << " fewer than A (" << std::setprecision(1) << record.savedShare(i) * 100 << " %)";
        std::cout << "\n  time   " << std::setprecision(3) << record.pace.milliseconds(i) << " ms per token (median), "
                  << std::setprecision(0) << record.pace.tokensPerSecond(i) << " tok/s\n";
        if (i > 0) std::cout << "  words  " << record.same(i) << " of " << record.ticks.size() << " tokens as A wrote them\n";
    }
    std::cout << "\nseed " << request.seed << '\n';
}

}  // namespace

std::vector<TwinChoice> twinChoices(const std::vector<std::string>& models, const std::vector<std::string>& paths) {
    if (!paths.empty() && paths.size() != models.size()) {
        throw Error{"There are " + std::to_string(models.size()) + " models and " + std::to_string(paths.size()) + " paths", "--paths",
                    "Name one for each model, or none"};
    }
    std::vector<TwinChoice> choices;
    for (std::size_t i = 0; i < models.size(); ++i) {
        TwinChoice choice;
        const bool preset = models[i].starts_with(kPreset);
        (preset ? choice.preset : choice.path) = preset ? models[i].substr(kPreset.size()) : models[i];
        if (!paths.empty()) {
            if (paths[i].starts_with("fast"))
                throw Error{"Several models write on the fast path anyway", "--paths", "Name naive or absorbed"};
            choice.mla = pathFrom(paths[i]);
        }
        choices.push_back(std::move(choice));
    }
    return choices;
}

int compareTwins(const std::vector<TwinChoice>& choices, const TwinRequest& request, const std::string& precision, const Context& context) {
    const auto engine = Engine::create(context.engineOptions());
    TwinDecode decode(*engine, openTwins(*engine, choices, context.stop), {.precision = precisionFrom(precision)}, context.stop);
    decode.begin(request);
    Record record;
    record.contestants = decode.contestants();
    while (!decode.ended() && !record.cancelled) {
        auto tick = decode.tick(context.stop);
        record.cancelled = !tick;
        if (!tick) break;
        record.pace.add(*tick);
        record.ticks.push_back(std::move(*tick));
    }
    record.caches = decode.caches();
    for (std::size_t i = 0; i < choices.size(); ++i) record.texts.push_back(decode.text(i));
    if (context.json) {
        printJson(record, request);
    } else {
        printText(record, request);
    }
    return record.cancelled ? kCancelled : kOk;
}

}  // namespace loom::cli
