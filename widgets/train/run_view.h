// SPDX-License-Identifier: GPL-3.0-or-later
// RunView: a run: how far it is, its curves beside those of ticked runs, and the stories it wrote on the way.
#pragma once

#include <vector>

#include <QWidget>

#include "widgets/plot/run_curves.h"

class QCheckBox;
class QComboBox;
class QSlider;
class QSplitter;

namespace loom::ui {

class RunHeader;
class StoriesStrip;

class RunView final : public QWidget {
    Q_OBJECT

public:
    explicit RunView(QWidget* parent = nullptr);

    void setCurves(const std::vector<RunCurve>& curves);
    void setGhosts(const std::vector<GhostCurve>& ghosts);
    [[nodiscard]] RunHeader* header() const { return m_header; }
    [[nodiscard]] StoriesStrip* stories() const { return m_stories; }
    [[nodiscard]] RunCurves* lossPlot() const { return m_loss; }
    [[nodiscard]] RunCurves* otherPlot() const { return m_other; }
    [[nodiscard]] QComboBox* axisBox() const { return m_axis; }
    [[nodiscard]] QComboBox* quantityBox() const { return m_quantity; }

private:
    QWidget* buildPlots();
    void applyChoices();

    RunHeader* m_header;
    RunCurves *m_loss = nullptr, *m_other = nullptr;
    QComboBox *m_axis = nullptr, *m_quantity = nullptr;
    QCheckBox *m_logX = nullptr, *m_logY = nullptr;
    QSlider* m_smoothing = nullptr;
    StoriesStrip* m_stories;
};

}  // namespace loom::ui
