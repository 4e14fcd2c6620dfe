// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QFontDatabase>
#include <QFontInfo>
#include <QPointer>
#include <QStackedWidget>
#include <QTimer>
#include <QWindow>

#include "app/main_window.h"
#include "app/wiring/wiring.h"
#include "widgets/common/message_bar.h"
#include "widgets/common/mode_bar.h"
#include "widgets/common/theme.h"
#include "widgets/overlay/debug_overlay.h"

namespace loom::app {
namespace {

constexpr double kTextStep = 1.1;

/// Theme and text size together: the theme sets the font that the size scales.
class Appearance final : public QObject {
public:
    explicit Appearance(const WindowParts& parts)
        : QObject(parts.window),
          m_settings(*parts.settings),
          m_points(QFontInfo(QFontDatabase::systemFont(QFontDatabase::GeneralFont)).pointSizeF()) {}

    void apply() {
        ui::applyTheme(*qApp, m_settings.theme);
        QFont font = QApplication::font();
        font.setPointSizeF(m_points * m_settings.textScale);
        QApplication::setFont(font);
    }
    void setTheme(ui::ThemeChoice theme) {
        m_settings.theme = theme;
        apply();
        saveSettings(m_settings);
    }
    void setTextScale(double scale) {
        m_settings.textScale = std::clamp(scale, kSmallestText, kLargestText);
        apply();
        saveSettings(m_settings);
    }
    void changeTextScale(double factor) { setTextScale(std::round(m_settings.textScale * factor * 100) / 100); }

private:
    Settings& m_settings;
    double m_points;
};

/// The debug overlay while it is wanted, fed ten times a second.
class OverlayHost final : public QObject {
public:
    explicit OverlayHost(const WindowParts& parts) : QObject(parts.window), m_parts(parts) {
        m_timer.setInterval(100);
        connect(&m_timer, &QTimer::timeout, this, &OverlayHost::feed);
    }
    ~OverlayHost() override { delete m_overlay; }

    void setShown(bool shown) {
        m_parts.session->setLayerTimes(shown);
        if (!shown) {
            m_timer.stop();
            if (m_overlay) m_overlay->deleteLater();
            m_overlay = nullptr;
            return;
        }
        if (m_overlay) return;
        if (!ui::DebugOverlay::available() || !m_parts.window->windowHandle()) {
            m_parts.actions.overlay->setChecked(false);
            m_parts.message->showMessage(QMainWindow::tr("The debug overlay needs OpenGL 3, which this display does not offer."),
                                         ui::MessageBar::Kind::Notice);
            return;
        }
        // The question loads the OpenGL driver (60 ms where the processor draws), so the window comes in a turn of its own.
        QTimer::singleShot(0, this, &OverlayHost::create);
    }

private:
    void create() {
        if (m_overlay || !m_parts.actions.overlay->isChecked()) return;
        m_overlay = new ui::DebugOverlay(m_parts.window->windowHandle());
        connect(m_overlay, &ui::DebugOverlay::closed, m_parts.actions.overlay, [this] { m_parts.actions.overlay->setChecked(false); });
        feed();
        m_overlay->show();
        m_timer.start();
    }

    void feed() {
        OverlayData data = m_parts.session->overlayData();
        for (LaneState& lane : m_parts.training->lanes()) data.lanes.push_back(std::move(lane));
        data.lanes.push_back(m_parts.downloads->lane());
        data.lanes.push_back(m_parts.comparing->lane());
        data.frames = m_parts.watch->frames();
        data.slowTurns = m_parts.watch->slowTurns();
        data.longestTurnMs = m_parts.watch->longestTurnMs();
        if (m_overlay) m_overlay->setData(data);
    }

    WindowParts m_parts;
    QPointer<ui::DebugOverlay> m_overlay;
    QTimer m_timer;
};

}  // namespace

void wireView(WindowParts& parts) {
    const WindowParts p = parts;
    const Actions& a = p.actions;

    QObject::connect(p.modeBar, &ui::ModeBar::modeChosen, p.stack, [p](int id) {
        const int page = std::clamp(id, 0, p.stack->count() - 1);
        p.stack->setCurrentIndex(page);
        p.actions.pages[static_cast<std::size_t>(page)]->setChecked(true);
    });
    for (std::size_t i = 0; i < a.pages.size(); ++i) {
        QObject::connect(a.pages[i], &QAction::triggered, p.modeBar, [p, i] { p.modeBar->setMode(static_cast<int>(i)); });
    }
    a.pages[static_cast<std::size_t>(p.stack->currentIndex())]->setChecked(true);

    auto* look = new Appearance(p);
    look->apply();
    a.themes[static_cast<std::size_t>(p.settings->theme)]->setChecked(true);
    for (std::size_t i = 0; i < a.themes.size(); ++i) {
        QObject::connect(a.themes[i], &QAction::triggered, look, [look, i] { look->setTheme(static_cast<ui::ThemeChoice>(i)); });
    }
    QObject::connect(a.textLarger, &QAction::triggered, look, [look] { look->changeTextScale(kTextStep); });
    QObject::connect(a.textSmaller, &QAction::triggered, look, [look] { look->changeTextScale(1 / kTextStep); });
    QObject::connect(a.textReset, &QAction::triggered, look, [look] { look->setTextScale(1); });

    auto* overlay = new OverlayHost(p);
    QObject::connect(a.overlay, &QAction::toggled, overlay, &OverlayHost::setShown);
}

}  // namespace loom::app
