// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/look_tabs.h"

#include <QTabBar>

#include "widgets/inside/forgotten_view.h"
#include "widgets/inside/latents_view.h"
#include "widgets/inside/lens_view.h"
#include "widgets/inside/spectrum_view.h"
#include "widgets/inside/without_view.h"

namespace loom::ui {

LookTabs::LookTabs(const StoryModel* story, QWidget* parent) : QTabWidget(parent), m_without(new WithoutView(story, this)) {
    setDocumentMode(true);
    setAccessibleName(tr("Views inside the network"));
    add(new LatentsView(story, this), tr("Latents"), tr("The numbers that this layer keeps for every word of the story"));
    add(new SpectrumView(this), tr("Spectrum"), tr("How many directions those numbers really use"));
    add(new ForgottenView(this), tr("What is forgotten"), tr("What each head loses if the latent were smaller"));
    add(new LensView(story, this), tr("Logit lens"), tr("What the network would say after each of its layers"));
    add(m_without, tr("Heads off"), tr("Switch heads off and see how the next word changes"));
    connect(this, &QTabWidget::currentChanged, this, [this] { emit shownChanged(); });
}

void LookTabs::add(LookFrame* frame, const QString& name, const QString& tip) {
    m_frames.push_back(frame);
    setTabToolTip(addTab(frame, name), tip);
    connect(frame, &LookFrame::stopRequested, this, [this, look = frame->look()] { emit stopRequested(look); });
}

Look LookTabs::shownLook() const { return m_frames[static_cast<std::size_t>(std::max(0, currentIndex()))]->look(); }

void LookTabs::showLook(Look look) {
    if (LookFrame* wanted = frame(look)) setCurrentWidget(wanted);
}

LookFrame* LookTabs::frame(Look look) const {
    for (LookFrame* each : m_frames) {
        if (each->look() == look) return each;
    }
    return nullptr;
}

HeadSwitchModel* LookTabs::switches() const { return m_without->switches(); }

QUndoStack* LookTabs::undoStack() const { return m_without->undoStack(); }

void LookTabs::setColourMap(ColourMapKind kind) {
    for (LookFrame* each : m_frames) each->setColourMap(kind);
}

void LookTabs::setCurrentHead(int layer, int head) { m_without->setCurrentHead(layer, head); }

}  // namespace loom::ui
