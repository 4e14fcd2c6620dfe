// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAction>
#include <QPointer>

#include "app/main_window.h"
#include "app/wiring/wiring.h"
#include "widgets/common/bottom_strip.h"
#include "widgets/common/mode_bar.h"
#include "widgets/common/tour.h"
#include "widgets/common/twin_switch.h"
#include "widgets/write/story_view.h"
#include "widgets/write/sampler_panel.h"
#include "widgets/write/write_page.h"

namespace loom::app {
namespace {

std::vector<ui::TourStep> tourSteps(const WindowParts& p) {
    const auto tr = [](const char* text) { return QMainWindow::tr(text); };
    return {
        {p.writePage->storyView(), tr("A story, word by word"),
         tr("A small network writes here, one token after another. Point at a word to see what else it thought of at that place.")},
        {p.writePage->promptLine(), tr("Your turn"),
         tr("Type what happens next and press Enter. With an empty line the network goes on by itself.")},
        {p.writePage->samplerPanel(), tr("How it chooses"),
         tr("These settings decide how daring the next word is. The bars show how much of the probability each of them left.")},
        {p.strip->memoryStrip(), tr("What attention keeps, in bytes"),
         tr("For every word the network keeps numbers in memory: the solid bar. The dashed one is what the other form of attention "
            "would keep of the same story.")},
        {p.strip->twinSwitch(), tr("The twin is one click away"),
         tr("Two networks that differ in attention only: one keeps keys and values (MHA), one a small latent (MLA). Switch, and the other "
            "one goes on with this story.")},
        {p.modeBar, tr("Look closer"), tr("Look inside shows where each word looks. Cache shows what is kept for it, layer by layer.")},
    };
}

}  // namespace

void wireTour(WindowParts& parts) {
    const WindowParts p = parts;
    auto current = std::make_shared<QPointer<ui::Tour>>();
    QObject::connect(p.actions.tour, &QAction::triggered, p.window, [p, current] {
        if (*current) return;
        p.actions.pages[static_cast<std::size_t>(Page::Write)]->trigger();
        auto* tour = new ui::Tour(tourSteps(p), p.window);
        *current = tour;
        QObject::connect(tour, &ui::Tour::ended, p.window, [p] {
            p.settings->tourSeen = true;
            saveSettings(*p.settings);
            p.writePage->focusPrompt();
        });
        tour->start();
    });
}

}  // namespace loom::app
