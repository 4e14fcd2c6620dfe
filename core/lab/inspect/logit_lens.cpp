// SPDX-License-Identifier: GPL-3.0-or-later
// Logit lens: final norm and head after every layer.
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/topk.h>

#include <algorithm>
#include <string>

#include "core/data/error.h"
#include "core/lab/inspect/attention_capture.h"
#include "core/lab/inspect/looks.h"
#include "core/lab/inspect/text_run.h"

namespace loom::lab {

LogitLens logitLens(const Network& network, const Tensor& tokens, std::int64_t top, const std::stop_token& stop) {
    const ModelConfig& config = network.config;
    const std::int64_t T = tokens.size(1);
    if (top < 1 || top > config.vocab) {
        throw Error{"The likeliest " + std::to_string(top) + " tokens cannot be shown", {}, "Ask for 1 to " + std::to_string(config.vocab)};
    }
    checkElements(1, T, config.vocab, "The logits");
    checkElements(config.layers + 1, T, top, "The likeliest tokens");
    LogitLens lens{0, T, top, {}, {}, {}};
    Watch watch;
    watch.stream = [&](const Tensor& stream) {                                // [1, T, D]
        const Tensor logits = network.naive->logits(stream[0]);               // [T, V]
        const auto [best, ids] = at::topk(logits, top);                       // [T, k], best first
        const Tensor logShares = at::log_softmax(logits, -1).gather(1, ids);  // [T, k]
        const auto append = [](std::vector<float>& to, const std::vector<float>& values) {
            to.insert(to.end(), values.begin(), values.end());
        };
        append(lens.logits, floats(best));
        append(lens.probabilities, floats(logShares.exp()));
        const Tensor plain = ids.to(at::kCPU).contiguous();
        const std::int64_t* id = plain.const_data_ptr<std::int64_t>();
        std::transform(id, id + plain.numel(), std::back_inserter(lens.ids), [](std::int64_t value) { return TokenId{value}; });
        ++lens.rows;
    };
    NoPast past;
    (void)network.naive->hidden(tokens, past, watch, stop);
    return lens;
}

}  // namespace loom::lab
