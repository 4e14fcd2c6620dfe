// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <set>
#include <string>

#include <QApplication>
#include <QFileInfo>
#include <QMessageBox>
#include <QPushButton>
#include <QStackedWidget>

#include "app/main_window.h"
#include "app/wiring/wiring.h"
#include "widgets/common/message_bar.h"
#include "widgets/common/mode_bar.h"
#include "widgets/common/number_format.h"
#include "widgets/itemmodels/run_list_model.h"
#include "widgets/train/plan_box.h"
#include "widgets/train/setup_view.h"
#include "widgets/train/train_page.h"

namespace loom::app {
namespace {

using session::TrainController;

QString tr(const char* text) { return QMainWindow::tr(text); }

/// The list as the disk has it. Runs that have begun but have no file yet stay.
void takeList(const WindowParts& p, const std::vector<RunSummary>& listed) {
    std::vector<RunSummary> runs = listed;
    for (const QString& folder : p.training->runs()) {
        const bool there = std::any_of(runs.begin(), runs.end(), [&](const RunSummary& r) { return r.folder == folder.toStdString(); });
        if (const int row = p.runs->rowOf(folder); row >= 0 && !there) runs.insert(runs.begin(), p.runs->run(row));
    }
    p.runs->setRuns(std::move(runs));
    p.trainPage->runsChanged();
}

QString endNote(const TrainEnd& end) {
    if (end.twins > 0 && end.stopped)
        return tr("All %1 twins are paused at step %2. Resume goes on with all of them.").arg(end.twins).arg(ui::formatCount(end.step));
    if (end.twins > 0) return tr("All %1 twins are trained. Each can be opened in Write, with another one as its twin.").arg(end.twins);
    if (end.stopped) return tr("Paused at step %1. Resume goes on from there.").arg(ui::formatCount(end.step));
    if (end.endedEarly) return tr("Ended at step %1: the loss on held-out stories had stopped falling.").arg(ui::formatCount(end.step));
    return tr("Finished. The network can be opened in Write.");
}

QString nameOf(const WindowParts& p, const QString& folder) {
    const int row = p.runs->rowOf(folder);
    return row < 0 ? QFileInfo(folder).fileName() : QString::fromStdString(p.runs->run(row).name);
}

void wireRun(const WindowParts& p) {
    TrainController* training = p.training;
    ui::TrainPage* page = p.trainPage;
    const auto looking = [p] { return p.stack->currentWidget() == p.trainPage; };
    QObject::connect(page, &ui::TrainPage::startWanted, training, &TrainController::start);
    QObject::connect(page, &ui::TrainPage::resumeWanted, training, &TrainController::resume);
    QObject::connect(page, &ui::TrainPage::pauseWanted, training, [p] {
        p.training->stop();
        p.trainPage->setStopping();
    });
    QObject::connect(page, &ui::TrainPage::answered, training, &TrainController::answer);
    QObject::connect(training, &TrainController::started, page, [p](const QString& folder, const QStringList& runs) {
        p.message->dismiss();
        p.trainPage->setStarted(folder, runs);
    });
    QObject::connect(training, &TrainController::updated, page,
                     [p, listed = std::set<std::string>()](const std::shared_ptr<const TrainUpdate>& update) mutable {
                         p.trainPage->addUpdate(*update);
                         if (!update->points.empty() && listed.insert(update->folder).second)
                             p.training->refreshRuns();  // its files are there now: form, size, data
                     });
    QObject::connect(training, &TrainController::asked, page, [p, looking](const std::shared_ptr<const TrainQuestion>& question) {
        p.trainPage->setQuestion(*question);
        QApplication::alert(p.window);  // people do other things meanwhile
        if (!looking())
            p.message->showMessage(
                tr("A training run waits for an answer on the Train page: %1").arg(QString::fromStdString(question->text)));
    });
    QObject::connect(training, &TrainController::ended, page, [p, looking](const std::shared_ptr<const TrainEnd>& end) {
        const QString folder = QString::fromStdString(end->folder);
        p.trainPage->setEnded(folder, endNote(*end));
        if (!end->stopped) QApplication::alert(p.window);
        if (!looking() && !end->stopped)
            p.message->showMessage(tr("%1 has been trained. It lies in the list of the Train page.").arg(nameOf(p, folder)),
                                   ui::MessageBar::Kind::Notice);
    });
    QObject::connect(training, &TrainController::trainingFailed, page, [p](const QString& folder, const QString& message) {
        p.trainPage->setEnded(folder, message);
        QApplication::alert(p.window);
        p.message->showMessage(message);
    });
}

void wireList(const WindowParts& p) {
    TrainController* training = p.training;
    ui::TrainPage* page = p.trainPage;
    QObject::connect(training, &TrainController::runsListed, page,
                     [p](const std::shared_ptr<const std::vector<RunSummary>>& runs) { takeList(p, *runs); });
    QObject::connect(page, &ui::TrainPage::runWanted, training, &TrainController::readRun);
    QObject::connect(training, &TrainController::runRead, page,
                     [page](const std::shared_ptr<const RunDetail>& detail) { page->setDetail(*detail); });
    QObject::connect(p.runs, &ui::RunListModel::renameWanted, training, &TrainController::rename);
    QObject::connect(page, &ui::TrainPage::notesWanted, training, &TrainController::setNotes);
    QObject::connect(page, &ui::TrainPage::trashWanted, training, &TrainController::moveToTrash);
    QObject::connect(page, &ui::TrainPage::exportWanted, training, &TrainController::exportRuns);
    QObject::connect(page, &ui::TrainPage::openWanted, page, [p](const QString& folder, bool inside) {
        static_cast<MainWindow*>(p.window)->openModel(folder);
        p.modeBar->setMode(static_cast<int>(inside ? Page::Inside : Page::Write));
    });
    QObject::connect(training, &TrainController::said, page,
                     [p](const QString& text) { p.message->showMessage(text, ui::MessageBar::Kind::Notice); });
    QObject::connect(training, &TrainController::failed, page, [p](const QString& text) { p.message->showMessage(text); });
}

void wireSetup(const WindowParts& p) {
    TrainController* training = p.training;
    ui::SetupView* setup = p.trainPage->setupView();
    setup->setChoices(training->choices());
    setup->setCuda(false, tr("Whether there is a GPU to compute on is looked up when this page is first shown."));
    QObject::connect(setup, &ui::SetupView::planWanted, training, &TrainController::plan);
    QObject::connect(setup, &ui::SetupView::lookWanted, training, &TrainController::look);
    QObject::connect(training, &TrainController::planned, setup,
                     [setup](const std::shared_ptr<const TrainingPlan>& plan, bool final) { setup->setPlan(*plan, final); });
    QObject::connect(training, &TrainController::measuring, setup->planBox(), &ui::PlanBox::setMeasuring);
    QObject::connect(training, &TrainController::planFailed, setup->planBox(), &ui::PlanBox::setProblem);
    QObject::connect(training, &TrainController::looked, setup,
                     [setup](const std::shared_ptr<const DataLook>& look) { setup->setLook(*look); });
    QObject::connect(training, &TrainController::lookFailed, setup, &ui::SetupView::setLookProblem);
    QObject::connect(p.session, &session::SessionController::deviceChecked, setup, [setup](DeviceKind device, const QString& why) {
        if (device == DeviceKind::Cuda) setup->setCuda(why.isEmpty(), why);
    });
    QObject::connect(p.session, &session::SessionController::opened, setup, [setup](const std::shared_ptr<const ModelSummary>& model) {
        const QString folder = QString::fromStdString(model->path);
        const bool kept = QFileInfo::exists(folder + QStringLiteral("/tokenizer.json"));
        setup->setOpenModel(QString::fromStdString(model->name), kept ? folder : QString());
    });
}

}  // namespace

void wireTrain(WindowParts& parts) {
    const WindowParts p = parts;
    wireRun(p);
    wireList(p);
    wireSetup(p);
    QObject::connect(p.training, &TrainController::referencesRead, p.trainPage,
                     [page = p.trainPage](const std::shared_ptr<const std::vector<ReferenceCurve>>& references) {
                         std::vector<ui::GhostCurve> ghosts;
                         for (const ReferenceCurve& reference : *references)
                             ghosts.push_back({QString::fromStdString(reference.name), reference.curve});
                         page->setGhosts(std::move(ghosts));
                     });
    // Nothing is read or measured before somebody looks at the page.
    QObject::connect(p.stack, &QStackedWidget::currentChanged, p.trainPage, [p, first = true]() mutable {
        if (p.stack->currentWidget() != p.trainPage) return;
        p.training->refreshRuns();
        if (!first) return;
        first = false;
        if (!p.modelsFolder.isEmpty()) p.training->readReferences(p.modelsFolder);
        p.session->checkDevice(DeviceKind::Cuda);
    });
}

bool mayClose(WindowParts& parts) {
    const WindowParts p = parts;
    if (!p.training->isTraining()) return true;
    if (p.window->findChild<QMessageBox*>(QStringLiteral("closeWhileTraining"))) return false;
    auto* box =
        new QMessageBox(QMessageBox::Question, tr("A run is going on"),
                        tr("%1 is being trained. If you close the window now, the run is saved at the step where it is, and you can "
                           "resume it on the Train page the next time.")
                            .arg(nameOf(p, p.training->folder())),
                        QMessageBox::NoButton, p.window);
    box->setObjectName(QStringLiteral("closeWhileTraining"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->addButton(tr("Go on training"), QMessageBox::RejectRole);
    QPushButton* close = box->addButton(tr("Save and close"), QMessageBox::AcceptRole);
    box->setDefaultButton(close);
    QObject::connect(close, &QPushButton::clicked, p.window, [p] {
        if (!p.training->isTraining()) return void(p.window->close());
        const auto end = [p] { p.window->close(); };
        QObject::connect(p.training, &TrainController::ended, p.window, end);
        QObject::connect(p.training, &TrainController::trainingFailed, p.window, end);
        p.trainPage->setStopping();
        p.training->stop();
    });
    box->open();
    return false;
}

}  // namespace loom::app
