// SPDX-License-Identifier: GPL-3.0-or-later
// RunCurves: one quantity of any number of training runs against step, tokens or time.
#pragma once

#include <memory>
#include <vector>

#include <QColor>
#include <QString>
#include <QStringList>

#include "core/data/model_card.h"
#include "core/data/train_point.h"
#include "widgets/plot/curve_series.h"
#include "widgets/plot/plot_frame.h"

class QCPGraph;
class QCPItemLine;

namespace loom::ui {

/// A run to be drawn.
struct RunCurve {
    QString id;  ///< its folder
    QString name;
    QColor colour;
    std::shared_ptr<const std::vector<TrainPoint>> points;
};
/// A finished network whose curve stands in grey behind the others: is mine normal?
struct GhostCurve {
    QString name;
    std::vector<CurvePoint> curve;
};

/// Each run as it is, faint, with a smoothed line over it; loss on held-out stories as points joined by a line. A run with more points than
/// the plot has room for is drawn as a band from its lowest to its highest value.
class RunCurves final : public PlotFrame {
    Q_OBJECT

public:
    explicit RunCurves(QWidget* parent = nullptr);
    ~RunCurves() override;

    void setQuantity(CurveQuantity quantity);
    void setAxis(CurveAxis axis);
    void setLogarithmic(bool x, bool y);
    void setSmoothing(double amount);  ///< weight of movingMean()
    void setRuns(std::vector<RunCurve> runs);
    /// Shown with the loss against steps and tokens.
    void setGhosts(std::vector<GhostCurve> ghosts);
    /// Forgets zoom and shift.
    void resetView();

    [[nodiscard]] CurveQuantity quantity() const { return m_quantity; }
    [[nodiscard]] CurveAxis axis() const { return m_axis; }
    /// What the pointer shows at x: the place, then a line for each run. Empty without runs.
    [[nodiscard]] QStringList describe(double x) const;
    [[nodiscard]] QString csv() const override;

    [[nodiscard]] static QString title(CurveQuantity quantity);  ///< "loss, nats per token"

signals:
    /// The pointer is over this step; −1 when it leaves.
    void stepPointed(qint64 step);

protected:
    void applyColours(const QPalette& palette) override;
    void readAt(double x) override;
    [[nodiscard]] QString figureName() const override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Drawn;
    void rebuild();
    void rebuildGhosts();
    void fit();
    void placeLabels(const QStringList& lines);
    [[nodiscard]] bool showsGhosts() const;
    [[nodiscard]] QString formatPosition(double x) const;
    [[nodiscard]] QString formatValue(double value) const;

    CurveQuantity m_quantity = CurveQuantity::Loss;
    CurveAxis m_axis = CurveAxis::Step;
    bool m_logX = false;
    bool m_logY = false;
    double m_smoothing = 0.9;
    std::vector<RunCurve> m_runs;
    std::vector<GhostCurve> m_ghosts;
    std::vector<Drawn> m_drawn;           ///< as m_runs
    std::vector<QCPGraph*> m_ghostLines;  ///< as m_ghosts while they are shown
    std::vector<QCPItemText*> m_labels;   ///< from the top, right-aligned
    QCPItemLine* m_cross = nullptr;
    double m_pointed = -1;  ///< x under the pointer
    bool m_moved = false;   ///< a person has zoomed or shifted
};

}  // namespace loom::ui
