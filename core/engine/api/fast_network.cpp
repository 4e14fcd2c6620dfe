// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/api/fast_network.h"

#include <utility>

#include "core/engine/api/reference_network.h"
#include "core/engine/decode/decode_model.h"
#include "core/engine/decode/decode_sequence.h"

namespace loom {
namespace {

class FastNetwork final : public Network {
public:
    explicit FastNetwork(std::shared_ptr<decode::DecodeModel> model) : m_model(std::move(model)) {}

    Result<std::unique_ptr<Sequence>> newSequence(std::int64_t capacity) const override {
        auto made = m_model->newSequence(capacity);
        if (!made) return tl::unexpected(made.error());
        return std::unique_ptr<Sequence>(std::move(*made));
    }

    NetworkFacts facts() const override {
        return {.path = pathName("fast", m_model->config(), m_model->path()),
                .fast = true,
                .precision = std::string(name(m_model->precision())),
                .device = "CPU",
                .kernels = std::string(m_model->kernelName()),
                .threads = m_model->threads(),
                .weightBytes = m_model->weightBytes(),
                .whyReference = {}};
    }

    Result<std::unique_ptr<Sequence>> fork(const Sequence& sequence, std::int64_t capacity) const override {
        auto made = dynamic_cast<const decode::DecodeSequence&>(sequence).fork();
        if (!made) return tl::unexpected(made.error());
        if (auto roomy = (*made)->reserve(capacity); !roomy) return tl::unexpected(roomy.error());
        return std::unique_ptr<Sequence>(std::move(*made));
    }

    std::int64_t sharedBytes(const Sequence& sequence) const override {
        return dynamic_cast<const decode::DecodeSequence&>(sequence).sharedBytes();
    }

    Result<void> forwardTogether(std::span<Sequence* const> sequences, std::span<const TokenId> tokens,
                                 std::vector<float>& logits) const override {
        std::vector<decode::DecodeSequence*> fast;
        for (Sequence* sequence : sequences) fast.push_back(&dynamic_cast<decode::DecodeSequence&>(*sequence));
        return decode::forwardTogether(fast, tokens, logits);
    }

private:
    std::shared_ptr<decode::DecodeModel> m_model;
};

}  // namespace

std::optional<std::string> fastPathObstacle(const ModelConfig& config) { return decode::fastPathMissing(config); }

Precision automaticPrecision(const ModelConfig& config) { return config.storage == DType::BF16 ? Precision::Bf16 : Precision::F32; }

Result<std::shared_ptr<const Network>> fastNetwork(const Checkpoint& checkpoint, const NetworkOptions& options, std::int64_t threads,
                                                   MemoryAccount& account, std::stop_token stop) {
    const Precision precision = precisionOf(options.precision).value_or(automaticPrecision(checkpoint.config));
    auto model = decode::DecodeModel::build(checkpoint, {precision, threads, options.path, options.cacheType}, account, std::move(stop));
    if (!model) return tl::unexpected(model.error());
    return std::make_shared<const FastNetwork>(std::move(*model));
}

}  // namespace loom
