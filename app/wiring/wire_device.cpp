// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAction>
#include <QMenu>

#include "app/main_window.h"
#include "app/wiring/wiring.h"

namespace loom::app {
namespace {

/// Model → Compute on: what is chosen, what can be chosen, and why something cannot.
class DeviceChoice final : public QObject {
public:
    explicit DeviceChoice(const WindowParts& parts) : QObject(parts.window), m_parts(parts) {
        QAction* cuda = m_parts.actions.devices[kCuda];
        cuda->setEnabled(false);
        cuda->setToolTip(QMainWindow::tr("Looking whether a GPU can be used…"));
        for (std::size_t i = 0; i < m_parts.actions.devices.size(); ++i) {
            connect(m_parts.actions.devices[i], &QAction::triggered, this,
                    [this, i] { choose(i == kCuda ? DeviceKind::Cuda : DeviceKind::Cpu); });
        }
        // Asked when somebody looks, and when LibTorch is loaded anyway: the answer needs it.
        connect(m_parts.actions.modelMenu, &QMenu::aboutToShow, this, [this] { ask(); });
        session::SessionController* session = m_parts.session;
        connect(session, &session::SessionController::opened, this, [this] {
            ask();
            if (m_chosen) remember();
            refresh();
        });
        connect(session, &session::SessionController::busyChanged, this, [this] { refresh(); });
        connect(session, &session::SessionController::failed, this, [this] { refresh(); });
        connect(session, &session::SessionController::deviceChecked, this, [this](DeviceKind device, const QString& why) {
            if (device != DeviceKind::Cuda) return;
            QAction* action = m_parts.actions.devices[kCuda];
            action->setEnabled(why.isEmpty());
            action->setToolTip(why.isEmpty() ? QMainWindow::tr("Build the network again on the GPU; the story stays") : why);
        });
        refresh();
    }

    void refresh() { m_parts.actions.devices[m_parts.session->device() == DeviceKind::Cuda ? kCuda : kCpu]->setChecked(true); }

private:
    static constexpr std::size_t kCpu = 0, kCuda = 1;

    void ask() {
        if (!m_asked) m_parts.session->checkDevice(DeviceKind::Cuda);
        m_asked = true;
    }

    void choose(DeviceKind device) {
        m_chosen = true;
        m_parts.session->setDevice(device);
        if (!m_parts.session->isOpening()) remember();  // nothing has to be built
        refresh();
    }

    void remember() {
        m_chosen = false;
        m_parts.settings->device = m_parts.session->device();
        saveSettings(*m_parts.settings);
    }

    WindowParts m_parts;
    bool m_asked = false;
    bool m_chosen = false;  ///< by a person, and not yet there
};

}  // namespace

void wireDevice(WindowParts& parts) { new DeviceChoice(parts); }

}  // namespace loom::app
