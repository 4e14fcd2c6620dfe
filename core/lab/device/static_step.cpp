// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lab/device/static_step.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "core/data/absorption.h"

namespace loom::lab {
namespace {

/// Rows of a cache's first `stretch` positions, the new one among them.
class StaticPast final : public Past {
public:
    StaticPast(KvCache& cache, const at::TensorOptions& type, const Tensor& place, std::int64_t stretch)
        : m_cache(cache), m_type(type), m_place(place), m_stretch(stretch) {}

    std::int64_t length() const override { return m_cache.length(); }
    Tensor keep(LayerIndex layer, std::size_t lane, const Tensor& rows) override {
        const std::int64_t width = m_cache.spec().lanes[lane].width;
        const Tensor cells = at::from_blob(m_cache.lane(layer, lane), {m_stretch, width}, m_type);  // [stretch, width]
        cells.index_copy_(0, m_place, rows.squeeze(0));
        return cells.unsqueeze(0);
    }
    Tensor unseen(std::int64_t window) const override {
        const Tensor positions = at::arange(m_stretch, m_place.options());  // [stretch]
        const Tensor later = positions > m_place;
        return window == 0 ? later : later.logical_or(positions <= m_place - window);
    }
    Tensor place() const override { return m_place; }

private:
    KvCache& m_cache;
    at::TensorOptions m_type;
    Tensor m_place;
    std::int64_t m_stretch;
};

}  // namespace

bool StaticStep::possible(const ModelConfig& config, const KvCache& cache, DType compute) {
    const AttentionConfig& a = config.attention;
    if (config.moe.experts > 0) return false;  // which experts a token uses is read back
    if (cache.spec().dtype != compute || a.ropeScaling.kind == RopeScalingKind::Dynamic) return false;
    return a.latent == Latent::None || a.latent == Latent::Joint || !absorbObstacle(config);
}

StaticStep::StaticStep(const LanguageModel& model, KvCache& cache) : m_model(model), m_cache(cache) {
    const auto ids = at::TensorOptions().dtype(at::kLong).device(model.type().device());
    m_token = at::zeros({1, 1}, ids);
    m_place = at::zeros({1}, ids);
    if (model.config().positions != Positions::Rotary) return;
    const Rope all = model.rope(0, cache.capacity());
    m_cos = all.cos().squeeze(1).contiguous();  // [capacity, w/2]
    m_sin = all.sin().squeeze(1).contiguous();
}

StaticStep::~StaticStep() = default;

Tensor StaticStep::compute(std::int64_t stretch) {
    StaticPast past(m_cache, m_model.type(), m_place, stretch);
    Rope turn;
    if (m_cos.defined()) {
        turn = Rope(m_model.config(), m_cos.index_select(0, m_place).unsqueeze(1), m_sin.index_select(0, m_place).unsqueeze(1));
    }
    Watch nothing;
    return m_model.logits(m_model.hidden(m_token, turn, past, nothing, {})[0]);  // [1, V]
}

Tensor StaticStep::run(TokenId token) {
    m_token.fill_(token.value());
    m_place.fill_(m_cache.length());
    const std::int64_t stretch = std::min(m_cache.capacity(), (m_cache.length() / kStretch + 1) * kStretch);
#ifdef LATENTLOOM_WITH_CUDA
    if (m_model.type().device().is_cuda()) {
        auto found = m_played.find(stretch);
        if (found == m_played.end()) {
            auto [logits, recording] = recordCuda([&] { return compute(stretch); });
            found = m_played.emplace(stretch, Played{std::move(logits), std::move(recording)}).first;
        }
        found->second.recording->play();
        return found->second.logits.to(at::kCPU);
    }
#endif
    return compute(stretch);
}

}  // namespace loom::lab
