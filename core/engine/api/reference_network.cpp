// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/api/reference_network.h"

#include <utility>

#include "core/data/absorption.h"

namespace loom {
namespace {

class ReferenceNetwork final : public Network {
public:
    ReferenceNetwork(std::shared_ptr<ReferenceModel> model, const NetworkOptions& options, std::string why)
        : m_model(std::move(model)), m_options(options), m_why(std::move(why)) {}

    Result<std::unique_ptr<Sequence>> newSequence(std::int64_t capacity) const override {
        auto made = m_model->newSequence(capacity, m_options.path, m_options.cacheType);
        if (!made) return tl::unexpected(made.error());
        return std::unique_ptr<Sequence>(std::move(*made));
    }

    NetworkFacts facts() const override {
        return {.path = pathName("reference", m_model->config(), m_options.path),
                .fast = false,
                .precision = "f32",
                .device = m_model->deviceName(),
                .kernels = "LibTorch",
                .threads = m_model->threads(),
                .weightBytes = m_model->weightBytes(),
                .whyReference = m_why};
    }

    Result<std::unique_ptr<Sequence>> fork(const Sequence&, std::int64_t) const override { return tl::unexpected(alone()); }
    std::int64_t sharedBytes(const Sequence&) const override { return 0; }
    Result<void> forwardTogether(std::span<Sequence* const>, std::span<const TokenId>, std::vector<float>&) const override {
        return tl::unexpected(alone());
    }

private:
    static Error alone() { return {"The reference path writes one story at a time", {}, "Choose another precision"}; }

    std::shared_ptr<ReferenceModel> m_model;
    NetworkOptions m_options;
    std::string m_why;
};

}  // namespace

std::shared_ptr<const Network> referenceNetwork(std::shared_ptr<ReferenceModel> model, const NetworkOptions& options, std::string why) {
    return std::make_shared<const ReferenceNetwork>(std::move(model), options, std::move(why));
}

std::string pathName(const char* whose, const ModelConfig& config, MlaPath path) {
    if (absorbObstacle(config)) return whose;
    return std::string(whose) + (path == MlaPath::Naive ? "-naive" : "-absorbed");
}

}  // namespace loom
