// SPDX-License-Identifier: GPL-3.0-or-later
// DebugOverlay: a small window of its own at the main window's corner that shows timings, queues and bytes.
#pragma once

#include <memory>

#include <QOpenGLWindow>
#include <QPointer>
#include <QTimer>

#include "core/data/overlay_data.h"

namespace loom::ui {

/// Drawn by Dear ImGui ten times a second. Make it when it is wanted and delete it when it is closed.
class DebugOverlay : public QOpenGLWindow {
    Q_OBJECT

public:
    /// Whether this machine can draw it: OpenGL 3 is there.
    [[nodiscard]] static bool available();

    /// Follows the bottom-right corner of `mainWindow`, which must outlive the overlay.
    explicit DebugOverlay(QWindow* mainWindow);
    ~DebugOverlay() override;

    void setData(const OverlayData& data) { m_data = data; }

signals:
    /// The overlay was closed by its own button or Esc; its owner deletes it.
    void closed();

protected:
    void initializeGL() override;
    void paintGL() override;
    bool event(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Gui;

    void follow();
    void drawContents();

    OverlayData m_data;
    QPointer<QWindow> m_mainWindow;
    std::unique_ptr<Gui> m_gui;
    QTimer m_timer;
};

}  // namespace loom::ui
