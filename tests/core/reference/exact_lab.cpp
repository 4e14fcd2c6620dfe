// SPDX-License-Identifier: GPL-3.0-or-later
// The lab's network computing in f64.
#include "tests/core/reference/exact_lab.h"

#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/lab/model/language_model.h"

namespace loom::test {
namespace {

at::Tensor asTensor(const TokenIds& tokens) {
    std::vector<std::int64_t> ids;
    for (const TokenId token : tokens) ids.push_back(token.value());
    return at::tensor(at::ArrayRef<std::int64_t>(ids), at::kLong).unsqueeze(0);  // [1, T]
}

std::vector<double> doubles(const at::Tensor& tensor) {
    const at::Tensor plain = tensor.contiguous();
    const double* data = plain.const_data_ptr<double>();
    return {data, data + plain.numel()};
}

}  // namespace

struct ExactLab::Inside {
    Inside(const Checkpoint& checkpoint, MlaPath decodePath)
        : path(decodePath),
          model(checkpoint.config,
                std::make_shared<const lab::Weights>(checkpoint, at::TensorOptions().dtype(at::kDouble), account, std::stop_token{}),
                decodePath) {}
    MemoryAccount account;
    HostAllocator allocator{account};
    MlaPath path;
    lab::LanguageModel model;
};

ExactLab::ExactLab(const Checkpoint& checkpoint, MlaPath path) : m_inside(std::make_unique<Inside>(checkpoint, path)) {}
ExactLab::~ExactLab() = default;

std::vector<double> ExactLab::logits(const TokenIds& tokens) const {
    const c10::InferenceMode noGradients;
    lab::NoPast past;
    lab::Watch nothing;
    return doubles(m_inside->model.logits(m_inside->model.hidden(asTensor(tokens), past, nothing, {})));
}

std::vector<double> ExactLab::logitsInBlocks(const TokenIds& tokens, const std::vector<std::int64_t>& blocks) const {
    const c10::InferenceMode noGradients;
    const lab::LanguageModel& model = m_inside->model;
    KvCache cache(cacheSpec(model.config(), m_inside->path, DType::F64), static_cast<std::int64_t>(tokens.size()), m_inside->allocator);
    std::vector<double> all;
    auto next = tokens.begin();
    for (const std::int64_t block : blocks) {
        lab::CachedPast past(cache, model.type());
        lab::Watch nothing;
        const std::vector<double> some = doubles(model.logits(model.hidden(asTensor({next, next + block}), past, nothing, {})));
        past.commit(block);
        all.insert(all.end(), some.begin(), some.end());
        next += block;
    }
    return all;
}

std::vector<double> ExactLab::attention(const TokenIds& tokens, LayerIndex layer) const {
    const c10::InferenceMode noGradients;
    lab::NoPast past;
    lab::Watch watch{layer, true, {}};
    (void)m_inside->model.hidden(asTensor(tokens), past, watch, {});
    return doubles(watch.attention);
}

double largestDifference(const std::vector<double>& a, const std::vector<double>& b) {
    if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
    double largest = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!std::isfinite(a[i]) || !std::isfinite(b[i])) return std::numeric_limits<double>::infinity();
        largest = std::max(largest, std::abs(a[i] - b[i]));
    }
    return largest;
}

}  // namespace loom::test
