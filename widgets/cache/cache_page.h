// SPDX-License-Identifier: GPL-3.0-or-later
// CachePage: what the model keeps of the story, in positions and in bytes.
#pragma once

#include <QWidget>

#include "core/data/cache_occupancy.h"
#include "core/data/model_summary.h"

class QStackedWidget;

namespace loom::ui {

class BytesBox;
class CacheHeader;
class CacheModel;
class EmptyNote;
class GrowthPlot;
class OccupancyView;
class PathBox;
class StoryModel;

class CachePage : public QWidget {
    Q_OBJECT

public:
    explicit CachePage(StoryModel* story, CacheModel* cache, QWidget* parent = nullptr);

    /// Figures and formulas of the loaded model. The CacheModel is fed by its owner, not by this page.
    void setModel(const ModelSummary& model);
    void setUse(const CacheUse& use);
    void clearModel();
    /// Whether the decoding path can be changed now; `why` says why not. A model without a latent is always greyed.
    void setPathEnabled(bool enabled, const QString& why = {});

    [[nodiscard]] OccupancyView* occupancy() const { return m_occupancy; }
    [[nodiscard]] GrowthPlot* plot() const { return m_plot; }

signals:
    void pathChosen(loom::MlaPath path);

private:
    QWidget* buildBody(StoryModel* story, CacheModel* cache);
    void refresh();

    QStackedWidget* m_stack = nullptr;
    EmptyNote* m_empty = nullptr;
    CacheHeader* m_header = nullptr;
    OccupancyView* m_occupancy = nullptr;
    BytesBox* m_bytes = nullptr;
    PathBox* m_path = nullptr;
    GrowthPlot* m_plot = nullptr;
    ModelSummary m_model;
    CacheUse m_use;
    bool m_loaded = false;
};

}  // namespace loom::ui
