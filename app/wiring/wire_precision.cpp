// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <QAction>
#include <QLocale>
#include <QMenu>

#include "app/main_window.h"
#include "app/wiring/wiring.h"
#include "widgets/common/message_bar.h"

namespace loom::app {
namespace {

/// Model → Precision: what is chosen, what each costs on held-out stories, and why one cannot be chosen.
class PrecisionChooser final : public QObject {
public:
    explicit PrecisionChooser(const WindowParts& parts) : QObject(parts.window), m_parts(parts) {
        for (const PrecisionChoice choice : kPrecisionChoices) {
            connect(actionOf(choice), &QAction::triggered, this, [this, choice] {
                m_parts.session->setPrecision(choice);
                m_parts.settings->precision = choice;
                saveSettings(*m_parts.settings);
            });
            m_names << actionOf(choice)->text();
        }
        QAction* measure = m_parts.actions.measurePrecisions;
        measure->setToolTip(QMainWindow::tr("Reads made-up stories in every precision, in the background, and shows the loss beside each"));
        session::SessionController* session = m_parts.session;
        connect(measure, &QAction::triggered, this, [this] {
            m_measuring = m_parts.session->measurePrecisions() != JobId{};
            refresh();
        });
        connect(session, &session::SessionController::opened, this, [this](const std::shared_ptr<const ModelSummary>& model) {
            m_losses = model->card ? model->card->result.precisions : std::vector<PrecisionLoss>{};
            m_measuring = false;
            take(model);
        });
        connect(session, &session::SessionController::pathChanged, this, &PrecisionChooser::take);
        connect(session, &session::SessionController::busyChanged, this, &PrecisionChooser::refresh);
        connect(session, &session::SessionController::writingChanged, this, &PrecisionChooser::refresh);
        connect(session, &session::SessionController::failed, this, [this] {
            m_measuring = false;
            refresh();
        });
        connect(session, &session::SessionController::precisionsMeasured, this,
                [this](const std::shared_ptr<const std::vector<PrecisionLoss>>& losses) {
                    m_losses = *losses;
                    m_measuring = false;
                    refresh();
                    m_parts.message->showMessage(sentence(), ui::MessageBar::Kind::Notice);
                });
        refresh();
    }

private:
    QAction* actionOf(PrecisionChoice choice) const { return m_parts.actions.precisions[static_cast<std::size_t>(choice)]; }

    void take(const std::shared_ptr<const ModelSummary>& model) {
        m_model = model;
        refresh();
    }

    /// "+0.02 %", or nothing where it is not known.
    QString cost(Precision precision) const {
        const auto of = [this](Precision p) {
            return std::find_if(m_losses.begin(), m_losses.end(), [p](const PrecisionLoss& l) { return l.precision == p; });
        };
        const auto exact = of(Precision::F32), found = of(precision);
        if (exact == m_losses.end() || found == m_losses.end() || !(exact->loss > 0)) return {};
        const double percent = (found->loss / exact->loss - 1) * 100;
        const QString number = QLocale().toString(percent, 'f', 2);
        return QMainWindow::tr("%1 % loss").arg(percent >= 0 ? QLatin1Char('+') + number : number);
    }

    QString sentence() const {
        QStringList parts;
        for (const Precision p : {Precision::Bf16, Precision::Int8, Precision::Int4}) {
            parts << QMainWindow::tr("%1 %2").arg(QString::fromStdString(std::string(name(p))), cost(p));
        }
        return QMainWindow::tr("Against f32, on made-up stories: %1.").arg(parts.join(QLatin1String(", ")));
    }

    void refresh() {
        const bool reference = m_model && !m_model->fastPath && !m_model->whyReference.empty();
        for (const PrecisionChoice choice : kPrecisionChoices) {
            QAction* action = actionOf(choice);
            QString text = m_names[static_cast<qsizetype>(choice)];
            const auto precision = precisionOf(choice);
            if (precision && *precision != Precision::F32 && !cost(*precision).isEmpty()) text += QLatin1Char('\t') + cost(*precision);
            if (choice == PrecisionChoice::Auto && m_model && m_model->fastPath && m_model->precisionChoice == choice) {
                text += QLatin1Char('\t') + QString::fromStdString(m_model->precision);
            }
            action->setText(text);
            action->setEnabled(!m_parts.session->isOpening() && (!reference || !precision));
            action->setToolTip(reference && precision ? QString::fromStdString(m_model->whyReference) : help(choice));
        }
        actionOf(m_parts.session->precision())->setChecked(true);
        QAction* measure = m_parts.actions.measurePrecisions;
        measure->setEnabled(m_model && m_model->whyReference.empty() && !m_measuring);
        measure->setText(m_measuring ? QMainWindow::tr("Measuring…") : QMainWindow::tr("&Measure what they cost"));
    }

    static QString help(PrecisionChoice choice) {
        switch (choice) {
            case PrecisionChoice::Auto: return QMainWindow::tr("What changes nothing: bf16 where the weights are stored so, else f32");
            case PrecisionChoice::F32: return QMainWindow::tr("Weights of 4 bytes");
            case PrecisionChoice::Bf16: return QMainWindow::tr("Weights of 2 bytes; activations stay f32");
            case PrecisionChoice::Int8: return QMainWindow::tr("Weights of 1 byte, with a scale for every row");
            case PrecisionChoice::Int4: return QMainWindow::tr("Weights of half a byte, with a scale for every 32");
            case PrecisionChoice::Reference: return QMainWindow::tr("The readable network, computed through LibTorch: slower");
        }
        return {};
    }

    WindowParts m_parts;
    QStringList m_names;
    std::shared_ptr<const ModelSummary> m_model;
    std::vector<PrecisionLoss> m_losses;
    bool m_measuring = false;
};

}  // namespace

void wirePrecision(WindowParts& parts) { new PrecisionChooser(parts); }

}  // namespace loom::app
