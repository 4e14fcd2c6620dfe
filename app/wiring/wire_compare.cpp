// SPDX-License-Identifier: GPL-3.0-or-later
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QStackedWidget>

#include "app/main_window.h"
#include "app/session/compare_controller.h"
#include "app/shipped_models.h"
#include "app/wiring/wiring.h"
#include "widgets/compare/compare_header.h"
#include "widgets/compare/compare_page.h"
#include "widgets/compare/paper_tab.h"
#include "widgets/compare/time_tab.h"
#include "widgets/itemmodels/run_list_model.h"

namespace loom::app {
namespace {

using session::CompareController;

// Not translated: the networks know English only.
constexpr const char* kOpening = "Once upon a time";
constexpr int kSeed = 12;

TwinChoice checkpoint(const QString& path) {
    TwinChoice choice;
    choice.path = path.toStdString();
    return choice;
}

/// Brings page and controller together: who can be compared, the pair that begins by itself, and rest while nobody looks.
class Comparison final : public QObject {
public:
    explicit Comparison(const WindowParts& parts) : QObject(parts.window), m_parts(parts) {
        CompareController* controller = m_parts.comparing;
        ui::ComparePage* page = m_parts.comparePage;
        ui::CompareHeader* header = page->header();
        connect(controller, &CompareController::begun, page, [this](const std::shared_ptr<const std::vector<TwinContestant>>& who) {
            m_parts.comparePage->begin(*who);
            if (m_byItself)
                m_parts.comparePage->setNote(tr("This comparison began by itself. Choose other networks, another prompt or another seed."));
        });
        connect(controller, &CompareController::updated, page,
                [page](const std::shared_ptr<const TwinUpdate>& update) { page->add(*update); });
        connect(controller, &CompareController::stateChanged, page, &ui::ComparePage::setState);
        connect(controller, &CompareController::failed, page, &ui::ComparePage::setFailed);
        connect(header, &ui::CompareHeader::beginWanted, this, [this] { begin(); });
        connect(header, &ui::CompareHeader::playWanted, controller, &CompareController::play);
        connect(header, &ui::CompareHeader::pauseWanted, controller, &CompareController::pause);
        connect(header, &ui::CompareHeader::stepWanted, controller, &CompareController::step);
        connect(header, &ui::CompareHeader::paceChosen, controller, &CompareController::setPace);
        connect(header, &ui::CompareHeader::candidatesWanted, header, [this, header] { header->setCandidates(candidates()); });
        connect(header, &ui::CompareHeader::folderWanted, this, [this](int who) { chooseFile(static_cast<std::size_t>(who)); });
        ui::TimeTab* times = page->timeTab();
        connect(times, &ui::TimeTab::measureWanted, controller, [controller] { controller->measureTimes(); });
        connect(times, &ui::TimeTab::cancelWanted, controller, &CompareController::cancelMeasuring);
        connect(controller, &CompareController::timesChanged, times,
                [times](const std::shared_ptr<const TimeGrid>& grid) { times->setGrid(grid ? *grid : TimeGrid{}); });
        connect(controller, &CompareController::measuring, times, &ui::TimeTab::setMeasuring);
        connect(controller, &CompareController::measuringEnded, times, &ui::TimeTab::setAtRest);
        connect(m_parts.session, &session::SessionController::opened, this,
                [this](const std::shared_ptr<const ModelSummary>& model) { m_opened = model; });
        connect(m_parts.stack, &QStackedWidget::currentChanged, this,
                [this] { lookedAt(m_parts.stack->currentWidget() == m_parts.comparePage); });
        connect(page, &ui::ComparePage::shown, this, [this] { lookedAt(true); });
        connect(m_parts.training, &session::TrainController::runsListed, page,
                [page](const std::shared_ptr<const std::vector<RunSummary>>& runs) { page->paperTab()->setRuns(*runs); });
        header->setPrompt(QString::fromLatin1(kOpening));
        header->setSeed(kSeed);
        controller->setPace(header->paceBox()->currentData().toInt());
    }

private:
    static QString tr(const char* text) { return ui::ComparePage::tr(text); }

    void begin() {
        m_byItself = false;
        TwinWish wish = m_parts.comparePage->header()->wish();
        wish.precision = m_parts.session->precision();
        m_parts.comparing->begin(wish, true);
    }

    /// Nothing is opened before somebody looks, and nothing is written while nobody does.
    void lookedAt(bool now) {
        if (now == m_looking) return;
        m_looking = now;
        CompareController* controller = m_parts.comparing;
        if (!now) {
            m_goOn = controller->state() == TwinState::Playing;
            if (m_goOn) controller->pause();
            return;
        }
        if (std::exchange(m_goOn, false)) controller->play();
        if (!m_first) return;
        m_first = false;
        m_parts.training->refreshRuns();  // they can be chosen, and the paper's table shows their loss
        ui::CompareHeader* header = m_parts.comparePage->header();
        header->setCandidates(candidates());
        std::vector<TwinChoice> pair = firstPair();
        if (pair.empty()) return;
        header->setChoices(std::move(pair));
        begin();
        m_byItself = true;
    }

    /// The pair that comes with the program, else the opened network and its twin.
    [[nodiscard]] std::vector<TwinChoice> firstPair() const {
        if (!m_parts.modelsFolder.isEmpty()) {
            const QDir models(m_parts.modelsFolder);
            const QString full = models.filePath(QLatin1String(kDemoTwin)), latent = models.filePath(QLatin1String(kDemoModel));
            if (QFileInfo::exists(full)) return {checkpoint(full), checkpoint(latent)};
        }
        if (!m_opened || !m_opened->twin) return {};
        TwinChoice mine = checkpoint(QString::fromStdString(m_opened->path)),
                   twin = checkpoint(QString::fromStdString(m_opened->twin->path));
        // Full keys and values stand first: the others are compared with them.
        if (m_opened->config.attention.latent != Latent::None) std::swap(mine, twin);
        return {mine, twin};
    }

    [[nodiscard]] std::vector<ui::TwinCandidate> candidates() const {
        std::vector<ui::TwinCandidate> list;
        const auto add = [&list](const QString& group, const QString& title, const QString& path) {
            for (const ui::TwinCandidate& known : list) {
                if (known.choice.path == path.toStdString()) return;
            }
            list.push_back({group, title, checkpoint(path)});
        };
        if (m_opened) {
            const QString group = tr("Opened");
            add(group, QString::fromStdString(m_opened->name), QString::fromStdString(m_opened->path));
            if (m_opened->twin) add(group, QString::fromStdString(m_opened->twin->name), QString::fromStdString(m_opened->twin->path));
        }
        if (!m_parts.modelsFolder.isEmpty()) {
            const QDir models(m_parts.modelsFolder);
            for (const char* name : {kDemoTwin, kDemoModel}) {
                const QString path = models.filePath(QLatin1String(name));
                if (QFileInfo::exists(path)) add(tr("Shipped with the program"), QLatin1String(name), path);
            }
        }
        for (int row = 0; row < m_parts.runs->rowCount(); ++row) {
            const RunSummary& run = m_parts.runs->run(row);
            if (run.state == RunState::Broken || run.step == 0) continue;
            add(tr("Trained here"), QString::fromStdString(run.name), QString::fromStdString(run.folder));
        }
        for (const QString& path : m_parts.settings->recent) add(tr("Opened before"), QFileInfo(path).fileName(), path);
        return list;
    }

    void chooseFile(std::size_t who) {
        auto* dialog = new QFileDialog(m_parts.window, tr("Choose a checkpoint: a file, or the config.json of a folder"),
                                       m_parts.settings->lastFolder);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(QFileDialog::ExistingFile);
        dialog->setNameFilters({tr("Checkpoints (*.safetensors *.gguf *.bin *.pt config.json)"), tr("All files (*)")});
        connect(dialog, &QFileDialog::fileSelected, this, [this, who](const QString& chosen) {
            QFileInfo file(chosen);
            if (file.fileName() == QLatin1String("config.json")) file = QFileInfo(file.absolutePath());
            m_parts.comparePage->header()->choose(who, checkpoint(file.absoluteFilePath()));
        });
        dialog->open();
    }

    WindowParts m_parts;
    std::shared_ptr<const ModelSummary> m_opened;
    bool m_looking = false;
    bool m_first = true;
    bool m_goOn = false;      ///< it was playing when the page was left
    bool m_byItself = false;  ///< nobody has asked for what is shown
};

}  // namespace

void wireCompare(WindowParts& parts) { new Comparison(parts); }

}  // namespace loom::app
