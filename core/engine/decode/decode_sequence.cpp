// SPDX-License-Identifier: GPL-3.0-or-later
// DecodeSequence: checks, rows of steps, and what is handed out.
#include "core/engine/decode/decode_sequence.h"

#include <algorithm>
#include <string>
#include <utility>

namespace loom::decode {

DecodeSequence::DecodeSequence(std::shared_ptr<DecodeModel> model, BlockCache cache)
    : m_model(std::move(model)), m_cache(std::move(cache)) {
    m_model->reserve(m_cache.capacity());
    m_rows.reserve(kStepRows);
}

void DecodeSequence::check(std::span<const TokenId> tokens) const {
    const ModelConfig& config = m_model->config();
    const auto T = static_cast<std::int64_t>(tokens.size());
    if (T == 0) throw Error{"There are no tokens to compute", {}, {}};
    if (T > capacity() - length()) {
        throw Error{"The cache is full: it holds " + std::to_string(length()) + " of " + std::to_string(capacity()) + " positions and " +
                        std::to_string(T) + " more were asked for",
                    {},
                    "Make room first, or start a new sequence"};
    }
    if (length() + T > config.context) {
        throw Error{"The text of " + std::to_string(length() + T) + " tokens is longer than the network's context of " +
                        std::to_string(config.context),
                    {},
                    "Use a shorter text"};
    }
    for (const TokenId token : tokens) {
        if (token.value() >= 0 && token.value() < config.vocab) continue;
        throw Error{"Token " + std::to_string(token.value()) + " is not in the vocabulary of " + std::to_string(config.vocab),
                    {},
                    "Ids run from 0 to " + std::to_string(config.vocab - 1)};
    }
}

Result<void> DecodeSequence::forward(std::span<const TokenId> tokens, const ForwardOptions& options, ForwardOutput& out) {
    return guarded([&] { run(tokens, options, out); });
}

void DecodeSequence::run(std::span<const TokenId> tokens, const ForwardOptions& options, ForwardOutput& out) {
    const ModelConfig& config = m_model->config();
    check(tokens);
    if (options.capture && (options.capture->value() < 0 || options.capture->value() >= config.layers)) {
        throw Error{"There is no layer " + std::to_string(options.capture->value()),
                    {},
                    "Layers run from 0 to " + std::to_string(config.layers - 1)};
    }
    const auto T = static_cast<std::int64_t>(tokens.size());
    const auto perRow = static_cast<std::size_t>(config.layers) * m_cache.spec().lanes.size();  // norms of a position
    m_cache.makeWritable(T);
    out.logits.resize(static_cast<std::size_t>(config.vocab) * (options.allLogits ? tokens.size() : 1));
    out.norms.resize(options.norms ? tokens.size() * perRow : 0);
    out.layerTimes.assign(options.layerTimes ? static_cast<std::size_t>(config.layers) : 0, std::chrono::nanoseconds{0});
    out.attention.clear();
    out.memory.reset();
    m_seen.clear();

    for (std::int64_t done = 0; done < T;) {
        const std::int64_t count = std::min(T - done, kStepRows);
        m_rows.clear();
        for (std::int64_t t = done; t < done + count; ++t) {
            StepRow& row = m_rows.emplace_back(StepRow{&m_cache, length() + t, tokens[static_cast<std::size_t>(t)]});
            if (options.norms) row.norms = out.norms.data() + static_cast<std::size_t>(t) * perRow;
            if (!options.capture) continue;
            const std::int64_t H = config.attention.heads;
            m_seen.push_back(std::make_shared<AttentionRow>(AttentionRow{*options.capture, row.position, H, {}}));
            m_seen.back()->weights.resize(static_cast<std::size_t>(H * (row.position + 1)));
            row.seen = m_seen.back().get();
        }
        StepWish wish;
        wish.capture = options.capture;
        wish.layerTimes = options.layerTimes ? out.layerTimes.data() : nullptr;
        wish.firstLogits = options.allLogits ? 0 : done + count == T ? count - 1 : count;
        wish.logits = out.logits.data() + (options.allLogits ? done * config.vocab : 0);
        m_model->step(m_rows, wish);
        done += count;
    }
    out.attention.assign(m_seen.begin(), m_seen.end());
    m_seen.clear();
    m_cache.setLength(length() + T);
}

Result<void> DecodeSequence::truncate(std::int64_t length) {
    return guarded([&] {
        if (length < 0 || length > m_cache.length()) {
            throw Error{
                "A sequence of " + std::to_string(m_cache.length()) + " positions cannot be cut to " + std::to_string(length), {}, {}};
        }
        m_cache.setLength(length);
    });
}

Result<void> DecodeSequence::pretend(std::int64_t length) {
    return guarded([&] { m_cache.setLength(length); });
}

Result<void> DecodeSequence::reserve(std::int64_t capacity) {
    return guarded([&] {
        m_cache.reserve(capacity);
        m_model->reserve(m_cache.capacity());
    });
}

Result<std::unique_ptr<DecodeSequence>> DecodeSequence::fork() const {
    return guarded([&] { return std::make_unique<DecodeSequence>(m_model, m_cache.fork()); });
}

Result<void> forwardTogether(std::span<DecodeSequence* const> sequences, std::span<const TokenId> tokens, std::vector<float>& logits) {
    return guarded([&] {
        if (sequences.empty()) throw Error{"There are no sequences to compute", {}, {}};
        if (sequences.size() != tokens.size()) {
            throw Error{std::to_string(sequences.size()) + " sequences cannot take " + std::to_string(tokens.size()) + " tokens",
                        {},
                        "Give one token to each"};
        }
        DecodeModel& model = *sequences.front()->m_model;
        for (std::size_t i = 0; i < sequences.size(); ++i) {
            if (sequences[i]->m_model.get() != &model) throw Error{"Sequences of different models cannot be computed together", {}, {}};
            if (std::find(sequences.begin(), sequences.begin() + static_cast<std::ptrdiff_t>(i), sequences[i]) !=
                sequences.begin() + static_cast<std::ptrdiff_t>(i)) {
                throw Error{"A sequence can take only one token at a time together with others", {}, "Name each sequence once"};
            }
            sequences[i]->check(tokens.subspan(i, 1));
        }
        for (DecodeSequence* sequence : sequences) sequence->m_cache.makeWritable(1);
        logits.resize(sequences.size() * static_cast<std::size_t>(model.config().vocab));
        std::vector<StepRow>& rows = sequences.front()->m_rows;
        for (std::size_t done = 0; done < sequences.size();) {
            const std::size_t count = std::min(sequences.size() - done, static_cast<std::size_t>(kStepRows));
            rows.clear();
            for (std::size_t i = done; i < done + count; ++i) {
                rows.push_back({&sequences[i]->m_cache, sequences[i]->length(), tokens[i]});
            }
            StepWish wish;
            wish.logits = logits.data() + done * static_cast<std::size_t>(model.config().vocab);
            model.step(rows, wish);
            done += count;
        }
        for (DecodeSequence* sequence : sequences) sequence->m_cache.setLength(sequence->length() + 1);
    });
}

}  // namespace loom::decode
