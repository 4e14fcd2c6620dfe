// SPDX-License-Identifier: GPL-3.0-or-later
#include <QFileInfo>
#include <QMainWindow>
#include <QStackedWidget>

#include "app/main_window.h"
#include "app/wiring/wiring.h"
#include "widgets/common/message_bar.h"
#include "widgets/train/download_box.h"
#include "widgets/train/setup_view.h"
#include "widgets/train/train_page.h"

namespace loom::app {

void wireDownload(WindowParts& parts) {
    using session::DownloadController;
    const WindowParts p = parts;
    DownloadController* downloads = p.downloads;
    ui::DownloadBox* box = p.trainPage->setupView()->downloadBox();
    box->setChoices(downloads->choices());
    box->setMissing(downloads->missing());
    box->setDefaultMirror(downloads->defaultMirror());
    // Somebody may have loaded or removed them meanwhile.
    QObject::connect(p.stack, &QStackedWidget::currentChanged, box, [p, box] {
        if (p.stack->currentWidget() == p.trainPage && !p.downloads->isLoading()) box->setChoices(p.downloads->choices());
    });
    QObject::connect(box, &ui::DownloadBox::wanted, downloads, &DownloadController::start);
    QObject::connect(box, &ui::DownloadBox::cancelWanted, downloads, &DownloadController::cancel);
    QObject::connect(downloads, &DownloadController::started, box, &ui::DownloadBox::setStarted);
    QObject::connect(downloads, &DownloadController::progressed, box,
                     [box](const std::shared_ptr<const DownloadProgress>& progress) { box->setProgress(*progress); });
    const auto looking = [p, box] { return p.stack->currentWidget() == p.trainPage && box->isVisible(); };
    QObject::connect(downloads, &DownloadController::ended, box, [p, box, looking](const QString& file) {
        if (!looking())
            p.message->showMessage(
                QMainWindow::tr("%1 has been downloaded. The Train page can train on it.").arg(QFileInfo(file).fileName()),
                ui::MessageBar::Kind::Notice);
        box->setChoices(p.downloads->choices());
        box->setEnded(file);
    });
    QObject::connect(downloads, &DownloadController::stopped, box, [p, box] {
        box->setChoices(p.downloads->choices());
        box->setStopped();
    });
    QObject::connect(downloads, &DownloadController::failed, box, [p, box, looking](const QString& message) {
        box->setChoices(p.downloads->choices());
        box->setFailed(message);
        if (!looking()) p.message->showMessage(message);
    });
}

}  // namespace loom::app
