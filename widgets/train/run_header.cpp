// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/train/run_header.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>

#include "widgets/common/icons.h"
#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
#include "widgets/common/time_format.h"
#include "widgets/itemmodels/run_list_model.h"

namespace loom::ui {
namespace {

/// A question stands out: a bar of the colour that warns.
class QuestionBar final : public QWidget {
public:
    using QWidget::QWidget;

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        QColor wash = colour(Meaning::Optimiser);
        painter.fillRect(QRect(0, 0, 3, height()), wash);
        wash.setAlphaF(0.12F);
        painter.fillRect(rect(), wash);
    }
};

QString lossText(double loss) { return QLocale().toString(loss, 'f', 3); }

}  // namespace

RunHeader::RunHeader(QWidget* parent)
    : QWidget(parent),
      m_name(pageTitle({}, this)),
      m_facts(mutedLabel({}, this)),
      m_status(new QLabel(this)),
      m_note(mutedLabel({}, this)),
      m_progress(new QProgressBar(this)),
      m_pause(new QPushButton(tr("&Pause"), this)),
      m_resume(new QPushButton(tr("&Resume"), this)),
      m_open(new QPushButton(tr("Open in &Write"), this)),
      m_inside(new QPushButton(tr("Look &inside"), this)),
      m_more(new QPushButton(tr("&More"), this)),
      m_questionBar(new QuestionBar(this)),
      m_question(new QLabel(m_questionBar)) {
    m_pause->setToolTip(tr("Saves the run and lets go of the machine. Resume goes on from there, also after a restart."));
    m_open->setToolTip(tr("Opens the network as it was saved last."));
    m_inside->setToolTip(tr("Opens the network and shows its attention."));
    m_more->setToolTip(tr("Rename, notes, export, trash"));
    for (QLabel* label : {m_name, m_facts, m_status, m_note}) {
        label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        label->setTextFormat(Qt::PlainText);
    }
    m_note->setWordWrap(true);
    m_progress->setTextVisible(false);
    m_progress->setFixedHeight(4);
    m_progress->setRange(0, 1000);
    m_progress->setAccessibleName(tr("Progress of the run"));

    auto* titles = new QVBoxLayout;
    titles->setSpacing(2);
    titles->addWidget(m_name);
    titles->addWidget(m_facts);
    auto* top = new QHBoxLayout;
    top->setSpacing(8);
    top->addLayout(titles, 1);
    for (QWidget* button : std::initializer_list<QWidget*>{m_pause, m_resume, m_open, m_inside, m_more})
        top->addWidget(button, 0, Qt::AlignTop);
    m_question->setWordWrap(true);
    m_question->setTextFormat(Qt::PlainText);
    m_question->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* asked = new QHBoxLayout(m_questionBar);
    asked->setContentsMargins(12, 8, 8, 8);
    asked->setSpacing(8);
    asked->addWidget(m_question, 1);
    m_answerRow = new QHBoxLayout;
    m_answerRow->setSpacing(8);
    asked->addLayout(m_answerRow);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addLayout(top);
    column->addWidget(m_progress);
    column->addWidget(m_status);
    column->addWidget(m_note);
    column->addWidget(m_questionBar);

    connect(m_pause, &QPushButton::clicked, this, &RunHeader::pauseWanted);
    connect(m_resume, &QPushButton::clicked, this, &RunHeader::resumeWanted);
    connect(m_open, &QPushButton::clicked, this, &RunHeader::openWanted);
    connect(m_inside, &QPushButton::clicked, this, &RunHeader::insideWanted);
    connect(m_more, &QPushButton::clicked, this, [this] { emit moreWanted(m_more->mapToGlobal(QPoint(0, m_more->height()))); });
    setQuestion(nullptr);
    refresh();
}

QString RunHeader::answerText(TrainAnswer answer) {
    switch (answer) {
        case TrainAnswer::Retry: return tr("Try again");
        case TrainAnswer::GoOn: return tr("Go on");
        case TrainAnswer::RollBack: return tr("Go back");
        case TrainAnswer::Stop: return tr("Stop");
    }
    return {};
}

void RunHeader::setRun(const RunSummary& run) {
    m_run = run;
    refresh();
}

void RunHeader::setLive(const TrainUpdate* update) {
    m_live = update != nullptr;
    if (update != nullptr) {
        m_phase = QString::fromStdString(update->phase);
        m_phaseShare = update->phaseTotal > 0 ? static_cast<double>(update->phaseDone) / static_cast<double>(update->phaseTotal) : 0;
        m_secondsLeft = update->secondsLeft;
        m_tokensPerSecond = update->tokensPerSecond;
    }
    refresh();
}

void RunHeader::setStopping(bool stopping) {
    m_stopping = stopping;
    refresh();
}

void RunHeader::setOtherRuns(bool other) {
    m_other = other;
    refresh();
}

void RunHeader::setTwins(int twins) {
    m_twins = twins;
    refresh();
}

void RunHeader::setNote(const QString& note) {
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
}

void RunHeader::setQuestion(const TrainQuestion* question) {
    for (QPushButton* button : m_answers) delete button;
    m_answers.clear();
    m_questionBar->setVisible(question != nullptr);
    if (question == nullptr) return m_question->clear();
    m_question->setText(QString::fromStdString(question->text));
    for (const TrainAnswer answer : question->answers) {
        auto* button = new QPushButton(answerText(answer), m_questionBar);
        if (answer == TrainAnswer::RollBack)
            button->setToolTip(
                tr("To step %1, which was saved, with half the learning rate from there on.").arg(formatCount(question->saved)));
        if (answer == TrainAnswer::Stop)
            button->setToolTip(tr("Ends the run. What was saved at step %1 stays.").arg(formatCount(question->saved)));
        if (answer == TrainAnswer::GoOn) button->setToolTip(tr("As if nothing had been."));
        if (answer == TrainAnswer::Retry) button->setToolTip(tr("Writes again, once there is room."));
        m_answerRow->addWidget(button);
        m_answers.push_back(button);
        connect(button, &QPushButton::clicked, this, [this, answer] { emit answered(answer); });
    }
}

QString RunHeader::statusText() const { return m_status->text(); }
QString RunHeader::questionText() const { return m_question->text(); }

QString RunHeader::progressText() const {
    QStringList parts;
    if (m_live && !m_phase.isEmpty()) {
        parts += tr("%1, %2").arg(m_phase, formatPercent(m_phaseShare));
    } else {
        parts += m_run.steps > 0 ? tr("step %1 of %2").arg(formatCount(m_run.step), formatCount(m_run.steps)) : tr("about to begin");
        if (m_live && m_run.step > 0 && m_run.step < m_run.steps) parts += tr("%1 left").arg(formatDuration(m_secondsLeft));
    }
    if (!m_live) parts.prepend(RunListModel::stateText(m_run.state));
    if (m_run.loss) parts += tr("loss %1").arg(lossText(*m_run.loss));
    if (m_run.validationLoss) parts += tr("held out %1").arg(lossText(*m_run.validationLoss));
    if (m_run.bestLoss && m_run.bestStep != m_run.step)
        parts += tr("lowest %1 at step %2").arg(lossText(*m_run.bestLoss), formatCount(m_run.bestStep));
    if (m_live && m_tokensPerSecond > 0) parts += formatRate(m_tokensPerSecond);
    if (!m_live && m_run.seconds > 0) parts += tr("%1 of training").arg(formatDuration(m_run.seconds));
    if (m_stopping) parts.prepend(tr("saving…"));
    return parts.join(QStringLiteral(" · "));
}

void RunHeader::refresh() {
    m_name->setText(QString::fromStdString(m_run.name));
    QStringList facts;
    if (!m_run.form.empty()) facts += QString::fromStdString(m_run.form);
    if (m_twins > 1) facts += tr("one of %1 twins").arg(m_twins);
    if (m_run.parameters > 0) facts += tr("%1 parameters").arg(formatShortCount(m_run.parameters));
    if (!m_run.precision.empty()) facts += QString::fromStdString(m_run.precision);
    if (!m_run.device.empty()) facts += QString::fromStdString(m_run.device).toUpper();
    if (!m_run.data.empty()) facts += tr("stories: %1").arg(QString::fromStdString(m_run.data));
    if (!m_run.notes.empty()) facts += QString::fromStdString(m_run.notes).simplified();
    m_facts->setText(facts.join(QStringLiteral(" · ")));
    m_facts->setToolTip(m_facts->text());
    m_status->setText(m_run.state == RunState::Broken && !m_live ? QString::fromStdString(m_run.problem) : progressText());
    const bool phase = m_live && !m_phase.isEmpty();
    const double share = phase ? m_phaseShare : m_run.steps > 0 ? static_cast<double>(m_run.step) / static_cast<double>(m_run.steps) : 0.0;
    m_progress->setValue(static_cast<int>(share * 1000));
    m_progress->setVisible(m_live || m_run.state == RunState::Stopped);
    const bool resumable = !m_live && m_run.state == RunState::Stopped;
    m_pause->setVisible(m_live);
    m_pause->setEnabled(!m_stopping);
    m_resume->setVisible(resumable);
    m_resume->setEnabled(!m_other);
    m_pause->setToolTip(m_twins > 1 ? tr("All twins are saved at the step where they are, and go on together later.")
                                    : tr("The run is saved at the step where it is, and goes on from there later."));
    m_resume->setToolTip(m_other       ? tr("Another run is going on. Pause it first.")
                         : m_twins > 1 ? tr("All twins go on together from their last saved steps.")
                                       : tr("Goes on from the last saved step."));
    const bool opens = m_run.state != RunState::Broken && (m_run.step > 0 || !m_live);
    m_open->setEnabled(opens);
    m_inside->setEnabled(opens);
}

}  // namespace loom::ui
