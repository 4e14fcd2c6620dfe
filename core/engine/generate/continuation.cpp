// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/continuation.h"

#include <algorithm>
#include <memory>
#include <random>
#include <utility>

#include "core/data/error.h"

namespace loom {

std::uint64_t drawSeed() {
    std::random_device device;
    return ((static_cast<std::uint64_t>(device()) << 32) | device()) & ((std::uint64_t{1} << 53) - 1);
}

void checkRequest(const OpenModel& model, const GenerateRequest& request) {
    if (!model.tokenizer()) throw Error{"This model was opened without a tokenizer", {}, "Name one with the tokenizer option"};
    if (const auto problem = problemWith(request.samplers)) throw Error{*problem, {}, {}};
    if (const auto problem = problemWith(request.beams)) throw Error{*problem, {}, {}};
    if (request.maxTokens < 0) throw Error{"The number of tokens to write must not be negative", {}, {}};
}

TokenIds promptIds(const OpenModel& model, const GenerateRequest& request) {
    TokenIds ids = request.history.empty() ? model.beginning(request.prompt.empty()) : request.history;
    const Tokenizer& tokenizer = *model.tokenizer();
    const bool goesOn = !request.history.empty() && request.history.back() != tokenizer.beginToken();
    const TokenIds added = goesOn ? tokenizer.encodeContinuation(request.prompt) : tokenizer.encode(request.prompt);
    ids.insert(ids.end(), added.begin(), added.end());
    const ModelConfig& config = model.config();
    for (const TokenId id : ids) {
        if (id.value() < 0 || id.value() >= config.vocab) {
            throw Error{"Token id " + std::to_string(id.value()) + " is outside the vocabulary", std::to_string(config.vocab) + " tokens",
                        "Check that the tokenizer belongs to this model"};
        }
    }
    if (std::ssize(ids) > config.context) {
        throw Error{
            "The prompt has " + std::to_string(ids.size()) + " tokens and the model reads at most " + std::to_string(config.context),
            "context", "Shorten the prompt or start a new story"};
    }
    return ids;
}

Sampler samplerFor(const OpenModel& model, const GenerateRequest& request, std::uint64_t seed) {
    const std::int64_t vocab = model.config().vocab;
    std::shared_ptr<const TokenFlags> breakers;
    if (isOn(request.samplers, SamplerStage::Dry) && model.tokenizer())
        breakers = std::make_shared<TokenFlags>(breakingTokens(*model.tokenizer(), vocab, request.samplers.dryBreakers));
    Sampler sampler(request.samplers, seed, std::move(breakers), request.mirostatMu);
    sampler.reserve(vocab, model.config().context);
    return sampler;
}

Continuation::Continuation(const OpenModel& model, const GenerateRequest& request, Sampler sampler)
    : m_model(model), m_request(request), m_sampler(std::move(sampler)), m_builder(*model.tokenizer()), m_matcher(request.stopStrings) {}

std::vector<TokenStep> Continuation::begin(const TokenIds& prompt) {
    std::vector<TokenStep> steps;
    for (const TokenId id : prompt) steps.push_back(m_builder.next(id, TokenOrigin::Prompt));
    m_ids = prompt;
    m_promptTokens = std::ssize(prompt);
    return steps;
}

TokenStep Continuation::choose(std::span<const float> logits) {
    const SampleResult& result = m_sampler.choose(logits, m_ids, static_cast<std::uint64_t>(std::ssize(m_ids)), m_request.alternatives);
    TokenStep step = take(result.token);
    step.probability = result.probability;
    step.alternatives = m_builder.alternatives(result);
    step.trace = result.trace;
    return step;
}

TokenStep Continuation::take(TokenId token) {
    TokenStep step = m_builder.next(token, TokenOrigin::Generated);
    const auto matched = m_matcher.push(step.text);
    step.text = matched.text;
    m_ids.push_back(step.token);
    m_text += step.text;
    const auto& ends = m_model.endTokens();
    m_end = std::find(ends.begin(), ends.end(), step.token) != ends.end();
    return step;
}

std::optional<StopReason> Continuation::ended() const {
    if (m_end) return StopReason::Eos;
    if (m_matcher.stopped()) return StopReason::StopString;
    if (written() >= m_request.maxTokens) return StopReason::MaxTokens;
    if (std::ssize(m_ids) >= m_model.config().context) return StopReason::Context;
    return std::nullopt;
}

std::string Continuation::finish() {
    const auto last = m_matcher.push(m_builder.flush());
    std::string rest = last.stopped ? last.text : last.text + m_matcher.flush();
    m_text += rest;
    return rest;
}

}  // namespace loom
