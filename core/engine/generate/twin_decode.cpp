// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/twin_decode.h"

#include <algorithm>
#include <utility>

#include "core/data/cache_budget.h"
#include "core/data/presets.h"
#include "core/engine/api/fast_network.h"
#include "core/engine/memory/free_memory.h"
#include "core/engine/train/initial_weights.h"

namespace loom {
namespace {

using Clock = std::chrono::steady_clock;

/// Caches grow by as many positions, so that what is allocated follows what is used.
constexpr std::int64_t kGrowth = 16;
constexpr std::uint64_t kWeightSeed = 1;

double bytesPerWeight(PrecisionChoice choice, const ModelConfig& config) {
    switch (precisionOf(choice).value_or(choice == PrecisionChoice::Auto ? automaticPrecision(config) : Precision::F32)) {
        case Precision::F32: return 4;
        case Precision::Bf16: return 2;
        case Precision::Int8: return 1;
        case Precision::Int4: return 0.625;  // a scale for every 32
    }
    return 4;
}

void requireRoom(double bytes, const std::string& where) {
    const auto room = freeMemory();
    if (!room || bytes <= 0.8 * static_cast<double>(*room)) return;
    throw Error{"The weights need " + readableBytes(static_cast<std::int64_t>(bytes)) + ", and " + readableBytes(*room) +
                    " of memory are free, of which a comparison takes at most four fifths",
                where, "Close other programs or choose smaller networks"};
}

/// A network of random weights that reads and writes with somebody else's tokenizer.
std::shared_ptr<const OpenModel> untrained(const std::string& preset, const OpenModel& lender) {
    ModelConfig config = presetNamed(preset).config;
    config.vocab = lender.config().vocab;
    config.eosTokens = lender.config().eosTokens;
    config.bosToken = lender.config().bosToken;
    config.storage = DType::F32;
    requireRoom(static_cast<double>(countParameters(config).total) * 4, preset);
    OpenModelInfo info;
    info.notes.name = preset;
    return std::make_shared<const OpenModel>(initialCheckpoint(config, kWeightSeed), lender.tokenizer(), std::move(info));
}

}  // namespace

std::vector<TwinEntry> openTwins(Engine& engine, const std::vector<TwinChoice>& choices, const std::stop_token& stop) {
    if (choices.empty()) throw Error{"There is nothing to compare", {}, "Choose at least one network"};
    if (choices.size() > kMostTwins) {
        throw Error{"At most " + std::to_string(kMostTwins) + " networks are compared at a time", {}, "Leave some out"};
    }
    std::vector<TwinEntry> entries;
    for (const TwinChoice& choice : choices) entries.push_back({choice, nullptr});
    const OpenModel* lender = nullptr;
    for (TwinEntry& entry : entries) {
        if (!entry.choice.preset.empty()) continue;
        if (stop.stop_requested()) throw Error{"Cancelled", {}, {}};
        const auto same = std::find_if(entries.begin(), entries.end(),
                                       [&entry](const TwinEntry& other) { return other.model && other.choice.path == entry.choice.path; });
        entry.model = same != entries.end() ? same->model : valueOrThrow(engine.open(entry.choice.path, {}));
        if (lender == nullptr) lender = entry.model.get();
    }
    for (TwinEntry& entry : entries) {
        if (entry.model) continue;
        if (stop.stop_requested()) throw Error{"Cancelled", {}, {}};
        if (lender == nullptr) {
            throw Error{"A network of random weights needs a tokenizer to read the prompt with", entry.choice.preset,
                        "Choose a checkpoint beside it, whose tokenizer it can use"};
        }
        const auto same = std::find_if(entries.begin(), entries.end(), [&entry](const TwinEntry& other) {
            return other.model && other.choice.preset == entry.choice.preset;
        });
        entry.model = same != entries.end() ? same->model : untrained(entry.choice.preset, *lender);
    }
    return entries;
}

TwinDecode::TwinDecode(Engine& engine, std::vector<TwinEntry> entries, const NetworkOptions& options, const std::stop_token& stop) {
    if (entries.empty()) throw Error{"There is nothing to compare", {}, "Choose at least one network"};
    std::vector<std::uint64_t> counted;
    double needed = 0;
    for (TwinEntry& entry : entries) {
        const OpenModel& model = *entry.model;
        NetworkOptions own = options;
        own.path = entry.choice.mla;
        const bool known = std::find(counted.begin(), counted.end(), model.id()) != counted.end();
        if (!known && engine.summary(model, own).weightBytes == 0) {
            needed += static_cast<double>(countParameters(model.config()).total) * bytesPerWeight(options.precision, model.config());
        }
        counted.push_back(model.id());
        const bool sameTokens = m_lanes.empty() || model.tokenizer() == m_lanes.front().entry.model->tokenizer() ||
                                sameTokenizer(*m_lanes.front().entry.model, model);
        m_lanes.push_back({std::move(entry), nullptr, sameTokens});
    }
    requireRoom(needed, {});
    for (Lane& lane : m_lanes) {
        NetworkOptions own = options;
        own.path = lane.entry.choice.mla;
        lane.network = valueOrThrow(engine.network(*lane.entry.model, own, stop));
    }
}

TwinDecode::Story TwinDecode::newStory(const Lane& lane, const GenerateRequest& request) const {
    const OpenModel& model = *lane.entry.model;
    checkRequest(model, request);
    TokenIds ids = promptIds(model, request);
    Story story{valueOrThrow(lane.network->newSequence(0)), Continuation(model, request, samplerFor(model, request, *request.seed)), std::ssize(ids), {}};
    for (const TokenStep& step : story.story.begin(ids)) story.prompt += step.text;
    return story;
}

void TwinDecode::begin(const TwinRequest& request) {
    GenerateRequest wish;
    wish.prompt = request.prompt;
    wish.maxTokens = request.maxTokens;
    wish.samplers = request.samplers;
    wish.seed = request.seed;
    wish.alternatives = 0;
    const auto shared = std::make_shared<const GenerateRequest>(std::move(wish));
    std::vector<Story> stories;
    for (const Lane& lane : m_lanes) stories.push_back(newStory(lane, *shared));
    for (std::size_t i = 0; i < m_lanes.size(); ++i) m_lanes[i].story.emplace(std::move(stories[i]));
    m_request = shared;
    m_ticks = 0;
}

bool TwinDecode::ended() const {
    return std::none_of(m_lanes.begin(), m_lanes.end(), [](const Lane& lane) { return lane.story && !lane.story->story.ended(); });
}

/// Brings the cache to hold all of the story's tokens: the prompt, later the token that was chosen last.
bool TwinDecode::compute(Story& story, std::int64_t context, const std::stop_token& stop) {
    const TokenIds& ids = story.story.ids();
    const std::int64_t wanted = (std::ssize(ids) + kGrowth - 1) / kGrowth * kGrowth;
    valueOrThrow(story.sequence->reserve(std::min(wanted, context)));
    const auto start = Clock::now();
    const auto done = static_cast<std::size_t>(story.sequence->length());
    const bool all = readInBlocks(*story.sequence, std::span(ids).subspan(done), story.out, stop);
    story.time += Clock::now() - start;
    story.ready = all;
    return all;
}

TwinToken TwinDecode::choose(Story& story) {
    const CacheUse use = story.sequence->cacheUse();
    TokenStep step = story.story.choose(story.out.logits);
    TwinToken token{.token = step.token, .position = step.position, .text = std::move(step.text), .label = std::move(step.label)};
    token.time = std::exchange(story.time, {});
    token.usedTokens = use.usedTokens;
    token.usedBytes = use.usedBytes();
    token.allocatedBytes = use.bytes;
    token.reason = story.story.ended();
    if (token.reason && *token.reason != StopReason::StopString) token.text += story.story.finish();
    story.ready = false;
    return token;
}

void TwinDecode::compare(TwinTick& tick) const {
    const std::optional<TwinToken>& first = tick.tokens.front();
    bool anyDiffers = false;
    for (std::size_t i = 1; i < tick.tokens.size(); ++i) {
        std::optional<TwinToken>& other = tick.tokens[i];
        const bool same = first && other && (m_lanes[i].sameTokens ? first->token == other->token : first->text == other->text);
        if (other) other->differs = !same;
        anyDiffers = anyDiffers || !same;
    }
    if (first) tick.tokens.front()->differs = anyDiffers;
}

std::optional<TwinTick> TwinDecode::tick(const std::stop_token& stop) {
    for (Lane& lane : m_lanes) {
        Story& story = *lane.story;
        if (story.ready || story.story.ended()) continue;
        if (!compute(story, lane.entry.model->config().context, stop)) return std::nullopt;
    }
    if (stop.stop_requested()) return std::nullopt;
    TwinTick tick{m_ticks++, {}};
    for (Lane& lane : m_lanes) {
        std::optional<TwinToken> token;
        if (!lane.story->story.ended()) token = choose(*lane.story);
        tick.tokens.push_back(std::move(token));
    }
    compare(tick);
    return tick;
}

std::vector<TwinContestant> TwinDecode::contestants() const {
    std::vector<TwinContestant> list;
    for (const Lane& lane : m_lanes) {
        const OpenModel& model = *lane.entry.model;
        const NetworkFacts facts = lane.network->facts();
        TwinContestant one;
        one.choice = lane.entry.choice;
        one.name = model.displayName();
        one.config = model.config();
        one.untrained = !lane.entry.choice.preset.empty();
        one.cache = cacheSpec(model.config(), lane.entry.choice.mla, DType::F32);
        one.path = facts.path;
        one.precision = facts.precision;
        one.kernels = facts.kernels;
        one.threads = facts.threads;
        one.weightBytes = facts.weightBytes;
        if (lane.story) {
            one.cache = lane.story->sequence->cacheUse().spec;
            one.prompt = lane.story->prompt;
            one.promptTokens = lane.story->promptTokens;
        }
        list.push_back(std::move(one));
    }
    return list;
}

std::vector<CacheUse> TwinDecode::caches() const {
    std::vector<CacheUse> uses;
    for (const Lane& lane : m_lanes) uses.push_back(lane.story ? lane.story->sequence->cacheUse() : CacheUse{});
    return uses;
}

std::string TwinDecode::text(std::size_t who) const { return m_lanes[who].story ? m_lanes[who].story->story.text() : std::string(); }

}  // namespace loom
