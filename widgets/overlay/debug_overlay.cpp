// SPDX-License-Identifier: GPL-3.0-or-later
// DebugOverlay: the window, its OpenGL context and the mouse. overlay_contents.cpp says what is in it.
#include "widgets/overlay/debug_overlay.h"

#include <QGuiApplication>
#include <QMouseEvent>
#include <QOpenGLContext>
#include <QOpenGLFunctions>
#include <QSurfaceFormat>

#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>

#include "widgets/overlay/overlay_contents.h"

namespace loom::ui {

namespace {

constexpr int kWidth = 420;
constexpr int kHeight = 400;
constexpr int kMargin = 16;
constexpr int kDrawEveryMs = 100;
constexpr float kFontPixels = 13;

QSurfaceFormat wantedFormat() {
    QSurfaceFormat format;
    format.setRenderableType(QSurfaceFormat::OpenGL);
    format.setVersion(3, 2);
    format.setProfile(QSurfaceFormat::CoreProfile);
    return format;
}

int buttonIndex(Qt::MouseButton button) {
    return button == Qt::LeftButton ? 0 : button == Qt::RightButton ? 1 : button == Qt::MiddleButton ? 2 : -1;
}

}  // namespace

/// Dear ImGui keeps one current context per process; every use of this one makes it current first.
struct DebugOverlay::Gui {
    ImGuiContext* context = nullptr;
    bool ready = false;  // the OpenGL backend runs
};

bool DebugOverlay::available() {
    // Platforms without windows on a screen have no OpenGL windows either, and say so with a warning when asked.
    const QString platform = QGuiApplication::platformName();
    for (const char* without : {"offscreen", "minimal", "vnc", "linuxfb"}) {
        if (platform == QLatin1String(without)) return false;
    }
    QOpenGLContext context;
    context.setFormat(wantedFormat());
    return context.create() && !context.isOpenGLES() && context.format().version() >= qMakePair(3, 2);
}

DebugOverlay::DebugOverlay(QWindow* mainWindow) : QOpenGLWindow(NoPartialUpdate), m_mainWindow(mainWindow), m_gui(std::make_unique<Gui>()) {
    setFormat(wantedFormat());
    setFlags(Qt::Tool | Qt::FramelessWindowHint | Qt::WindowDoesNotAcceptFocus);
    setTitle(tr("LatentLoom debug overlay"));
    setTransientParent(mainWindow);
    resize(kWidth, kHeight);
    mainWindow->installEventFilter(this);
    follow();
    connect(&m_timer, &QTimer::timeout, this, [this] { update(); });
    m_timer.start(kDrawEveryMs);
}

DebugOverlay::~DebugOverlay() {
    if (m_gui->context == nullptr) return;
    makeCurrent();
    ImGui::SetCurrentContext(m_gui->context);
    if (m_gui->ready) ImGui_ImplOpenGL3_Shutdown();
    ImGui::DestroyContext(m_gui->context);
    doneCurrent();
}

void DebugOverlay::follow() {
    if (!m_mainWindow) return;
    const QRect main = m_mainWindow->geometry();
    setPosition(main.right() - width() - kMargin, main.bottom() - height() - kMargin);
}

void DebugOverlay::initializeGL() {
    m_gui->context = ImGui::CreateContext();
    ImGui::SetCurrentContext(m_gui->context);
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;  // nothing is written to disk
    io.LogFilename = nullptr;
    const auto ratio = static_cast<float>(devicePixelRatio());
    ImFontConfig font;
    font.SizePixels = kFontPixels * ratio;
    io.Fonts->AddFontDefault(&font);
    io.FontGlobalScale = 1 / ratio;
    ImGui::StyleColorsDark();
    ImGui::GetStyle().WindowRounding = 0;
    m_gui->ready = ImGui_ImplOpenGL3_Init("#version 150");
}

void DebugOverlay::paintGL() {
    if (!m_gui->ready) return;
    ImGui::SetCurrentContext(m_gui->context);
    ImGuiIO& io = ImGui::GetIO();
    const auto ratio = static_cast<float>(devicePixelRatio());
    io.DisplaySize = ImVec2(static_cast<float>(width()), static_cast<float>(height()));
    io.DisplayFramebufferScale = ImVec2(ratio, ratio);
    io.DeltaTime = kDrawEveryMs / 1000.0F;
    ImGui_ImplOpenGL3_NewFrame();
    ImGui::NewFrame();
    const bool open = drawOverlay(m_data, static_cast<float>(width()), static_cast<float>(height()));
    ImGui::Render();
    QOpenGLFunctions* gl = context()->functions();
    gl->glViewport(0, 0, static_cast<int>(static_cast<float>(width()) * ratio), static_cast<int>(static_cast<float>(height()) * ratio));
    gl->glClearColor(0.06F, 0.06F, 0.06F, 1);
    gl->glClear(GL_COLOR_BUFFER_BIT);
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
    // Queued: the owner deletes this window, which must not happen while it is being drawn.
    if (!open) QMetaObject::invokeMethod(this, &DebugOverlay::closed, Qt::QueuedConnection);
}

bool DebugOverlay::event(QEvent* event) {
    if (m_gui && m_gui->ready) {
        ImGui::SetCurrentContext(m_gui->context);
        ImGuiIO& io = ImGui::GetIO();
        switch (event->type()) {
            case QEvent::MouseMove:
            case QEvent::MouseButtonPress:
            case QEvent::MouseButtonRelease: {
                auto* mouse = static_cast<QMouseEvent*>(event);
                io.MousePos = ImVec2(static_cast<float>(mouse->position().x()), static_cast<float>(mouse->position().y()));
                const int button = buttonIndex(mouse->button());
                if (button >= 0) io.MouseDown[button] = event->type() == QEvent::MouseButtonPress;
                update();
                return true;
            }
            case QEvent::Wheel:
                io.MouseWheel += static_cast<float>(static_cast<QWheelEvent*>(event)->angleDelta().y()) / 120.0F;
                return true;
            case QEvent::Leave: io.MousePos = ImVec2(-1, -1); break;
            default: break;
        }
    }
    if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        emit closed();
        return true;
    }
    if (event->type() == QEvent::Close) emit closed();
    return QOpenGLWindow::event(event);
}

bool DebugOverlay::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_mainWindow) {
        if (event->type() == QEvent::Move || event->type() == QEvent::Resize || event->type() == QEvent::Show) follow();
        if (event->type() == QEvent::Hide) hide();
        if (event->type() == QEvent::Show) show();
    }
    return QOpenGLWindow::eventFilter(watched, event);
}

}  // namespace loom::ui
