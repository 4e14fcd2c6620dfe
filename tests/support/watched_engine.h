// SPDX-License-Identifier: GPL-3.0-or-later
// The real engine with a watch on it: a function of the test's is called before every step of every network, one step of several texts
// counted once.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "core/engine/api/engine.h"

namespace loom::test {

using BeforeForward = std::function<void()>;

class WatchedSequence final : public Sequence {
public:
    WatchedSequence(std::unique_ptr<Sequence> real, BeforeForward before) : m_real(std::move(real)), m_before(std::move(before)) {}
    using Sequence::forward;
    Result<void> forward(std::span<const TokenId> tokens, const ForwardOptions& options, ForwardOutput& out) override {
        m_before();
        return m_real->forward(tokens, options, out);
    }
    Result<void> truncate(std::int64_t length) override { return m_real->truncate(length); }
    Result<void> reserve(std::int64_t capacity) override { return m_real->reserve(capacity); }
    Result<void> pretend(std::int64_t length) override { return m_real->pretend(length); }
    std::int64_t length() const override { return m_real->length(); }
    std::int64_t capacity() const override { return m_real->capacity(); }
    CacheUse cacheUse() const override { return m_real->cacheUse(); }
    [[nodiscard]] Sequence* real() const { return m_real.get(); }

private:
    std::unique_ptr<Sequence> m_real;
    BeforeForward m_before;
};

class WatchedNetwork final : public Network {
public:
    WatchedNetwork(std::shared_ptr<const Network> real, BeforeForward before) : m_real(std::move(real)), m_before(std::move(before)) {}
    Result<std::unique_ptr<Sequence>> newSequence(std::int64_t capacity) const override {
        auto made = m_real->newSequence(capacity);
        if (!made) return made;
        return std::make_unique<WatchedSequence>(std::move(*made), m_before);
    }
    NetworkFacts facts() const override { return m_real->facts(); }
    Result<std::unique_ptr<Sequence>> fork(const Sequence& sequence, std::int64_t capacity) const override {
        return m_real->fork(sequence, capacity);
    }
    std::int64_t sharedBytes(const Sequence& sequence) const override { return m_real->sharedBytes(sequence); }
    Result<void> forwardTogether(std::span<Sequence* const> sequences, std::span<const TokenId> tokens,
                                 std::vector<float>& logits) const override {
        m_before();
        std::vector<Sequence*> real;
        for (Sequence* sequence : sequences) real.push_back(dynamic_cast<WatchedSequence&>(*sequence).real());
        return m_real->forwardTogether(real, tokens, logits);
    }

private:
    std::shared_ptr<const Network> m_real;
    BeforeForward m_before;
};

/// Sessions are the real engine's own: only what asks for a network is watched.
class WatchedEngine final : public Engine {
public:
    explicit WatchedEngine(BeforeForward before, const EngineOptions& options = {.threads = 1})
        : m_real(Engine::create(options)), m_before(std::move(before)) {}
    Result<std::shared_ptr<const OpenModel>> open(const std::filesystem::path& path, const OpenOptions& options) override {
        return m_real->open(path, options);
    }
    ModelSummary summary(const OpenModel& model, const NetworkOptions& options) const override { return m_real->summary(model, options); }
    Result<std::unique_ptr<Session>> newSession(std::shared_ptr<const OpenModel> model, const SessionOptions& options,
                                                std::stop_token stop) override {
        return m_real->newSession(std::move(model), options, std::move(stop));
    }
    Result<std::shared_ptr<const Network>> network(const OpenModel& model, const NetworkOptions& options, std::stop_token stop) override {
        auto made = m_real->network(model, options, std::move(stop));
        if (!made) return made;
        return std::make_shared<const WatchedNetwork>(std::move(*made), m_before);
    }
    Result<std::shared_ptr<ReferenceModel>> reference(const OpenModel& model, std::stop_token stop) override {
        return m_real->reference(model, std::move(stop));
    }
    Result<void> canCompute(DeviceKind device) override { return m_real->canCompute(device); }
    const MemoryAccount& memory() const override { return m_real->memory(); }

private:
    std::unique_ptr<Engine> m_real;
    BeforeForward m_before;
};

}  // namespace loom::test
