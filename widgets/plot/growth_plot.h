// SPDX-License-Identifier: GPL-3.0-or-later
// GrowthPlot: bytes kept against tokens, for this cache and for the other attention form.
#pragma once

#include "core/data/byte_formulas.h"
#include "widgets/plot/plot_frame.h"

class QCPItemLine;
class QCPItemTracer;
class QCPGraph;

namespace loom::ui {

class GrowthPlot : public PlotFrame {
    Q_OBJECT

public:
    explicit GrowthPlot(QWidget* parent = nullptr);

    /// This cache is drawn solid, the other form dashed: nothing of it is allocated. `twin` names the network whose configuration it
    /// comes from; empty = a formula, not a trained model.
    void setSpecs(const CacheSpec& cache, const CacheSpec& other, std::int64_t capacity, const QString& twin = {});
    /// The marker.
    void setTokens(std::int64_t tokens);
    void clear();

    [[nodiscard]] std::int64_t tokens() const { return m_tokens; }
    /// Bytes of this cache and of the other form at a number of tokens.
    [[nodiscard]] std::int64_t cacheBytes(std::int64_t tokens) const { return m_cache.bytesPerToken() * tokens; }
    [[nodiscard]] std::int64_t otherBytes(std::int64_t tokens) const { return m_other.bytesPerToken() * tokens; }
    [[nodiscard]] QString csv() const override;

protected:
    void applyColours(const QPalette& palette) override;
    void readAt(double tokens) override;
    [[nodiscard]] QString figureName() const override;

private:
    void refresh();
    [[nodiscard]] double lastToken() const;

    QCustomPlot* m_plot;
    QCPGraph* m_cacheLine = nullptr;
    QCPGraph* m_otherLine = nullptr;
    QCPItemLine* m_now = nullptr;
    QCPItemText* m_nowText = nullptr;
    QCPItemText* m_cacheText = nullptr;
    QCPItemText* m_otherText = nullptr;
    QCPItemTracer* m_dot = nullptr;
    QCPItemLine* m_cross = nullptr;
    QCPItemText* m_crossText = nullptr;
    CacheSpec m_cache;
    CacheSpec m_other;
    QString m_twin;
    std::int64_t m_capacity = 0;
    std::int64_t m_tokens = 0;
};

/// "MHA" for a full cache, "MLA" for a latent one.
[[nodiscard]] QString formTitle(CacheForm form);

}  // namespace loom::ui
