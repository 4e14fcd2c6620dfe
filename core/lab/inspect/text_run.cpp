// SPDX-License-Identifier: GPL-3.0-or-later
// TextRun: a text read by a network as far as somebody wants to look.
#include "core/lab/inspect/text_run.h"

#include "core/data/error.h"
#include "core/lab/reference_sequence.h"

namespace loom::lab {
namespace {

/// No single result or intermediate may have more elements than this (4 GiB in f32).
constexpr std::int64_t kMostElements = std::int64_t{1} << 30;

/// Nothing came before and nothing stays, but what one layer would keep is handed out.
class SeenPast final : public Past {
public:
    explicit SeenPast(LayerIndex layer) : m_layer(layer) {}
    [[nodiscard]] std::int64_t length() const override { return 0; }
    Tensor keep(LayerIndex layer, std::size_t lane, const Tensor& rows) override {
        if (layer == m_layer) m_rows.at(lane) = rows[0];
        return rows;
    }
    [[nodiscard]] const std::array<Tensor, 2>& rows() const { return m_rows; }

private:
    LayerIndex m_layer;
    std::array<Tensor, 2> m_rows;
};

}  // namespace

void checkElements(std::int64_t a, std::int64_t b, std::int64_t c, const std::string& what) {
    if (a <= kMostElements / b && a * b <= kMostElements / c) return;
    throw Error{
        what + " of this text would have " + std::to_string(a) + " × " + std::to_string(b) + " × " + std::to_string(c) + " elements",
        {},
        "Use a shorter text or fewer texts at a time"};
}

std::int64_t textLength(std::span<const TokenId> tokens, std::int64_t batch, const ModelConfig& config) {
    const auto count = static_cast<std::int64_t>(tokens.size());
    if (count == 0) throw Error{"There are no tokens to compute", {}, {}};
    if (batch < 1 || count % batch != 0) {
        throw Error{std::to_string(count) + " tokens cannot be " + std::to_string(batch) + " texts of equal length", {}, {}};
    }
    checkContext(count / batch, config);
    return count / batch;
}

Tensor streamBefore(const LanguageModel& model, const Tensor& tokens, std::int64_t layer, const std::stop_token& stop) {
    NoPast past;
    Watch watch;
    watch.blocks = layer;
    return model.hidden(tokens, past, watch, stop);
}

std::array<Tensor, 2> keptBy(const LanguageModel& model, const Tensor& tokens, LayerIndex layer, const std::stop_token& stop) {
    SeenPast past(layer);
    Watch watch;
    watch.blocks = layer.value() + 1;
    (void)model.hidden(tokens, past, watch, stop);
    return past.rows();
}

}  // namespace loom::lab
