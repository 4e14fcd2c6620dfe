// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/train/plan_box.h"

#include <algorithm>

#include <QGridLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

#include "widgets/common/byte_bar.h"
#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
#include "widgets/common/time_format.h"

namespace loom::ui {

PlanBox::PlanBox(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addWidget(sectionHeading(tr("What it will take"), this));
    column->addSpacing(4);
    const auto figure = [&](QLabel*& value, QLabel*& note) {
        value = pageTitle({}, this);
        value->setFont(scaledFont(font(), 1.3, true));
        note = mutedLabel({}, this);
        note->setWordWrap(true);
        column->addWidget(value);
        column->addWidget(note);
        column->addSpacing(8);
    };
    figure(m_parameters, m_parametersNote);
    figure(m_time, m_timeNote);
    m_progress = new QProgressBar(this);
    m_progress->setTextVisible(false);
    m_progress->setFixedHeight(4);
    m_progress->setAccessibleName(tr("Measuring how fast this machine is"));
    column->addWidget(m_progress);
    figure(m_memory, m_memoryNote);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(2);
    grid->setColumnStretch(1, 1);
    const std::array<QString, 5> names{tr("weights"), tr("gradients"), tr("optimiser"), tr("activations"), tr("average of weights")};
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        m_rows[i] = {mutedLabel(names[i], this), mutedLabel({}, this), new ByteBar(this)};
        m_rows[i].value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        grid->addWidget(m_rows[i].name, static_cast<int>(i), 0);
        grid->addWidget(m_rows[i].bar, static_cast<int>(i), 1);
        grid->addWidget(m_rows[i].value, static_cast<int>(i), 2);
    }
    m_rows[0].name->setToolTip(tr("The numbers that are learnt, and their rounded copies where products are bf16."));
    m_rows[1].name->setToolTip(tr("One number for each weight: which way it should go."));
    m_rows[2].name->setToolTip(tr("AdamW keeps two running means for each weight."));
    m_rows[3].name->setToolTip(tr("What a step computes on its way forward and needs again on its way back."));
    m_rows[4].name->setToolTip(tr("A running mean of all weights, which often writes better than the last ones."));
    column->addLayout(grid);
    column->addStretch(1);
    m_why = new QLabel(this);
    m_why->setWordWrap(true);
    m_why->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_why->setTextFormat(Qt::PlainText);
    column->addWidget(m_why);
    m_start = new QPushButton(tr("&Start training"), this);
    m_start->setDefault(true);
    m_start->setAutoDefault(true);
    column->addWidget(m_start);
    connect(m_start, &QPushButton::clicked, this, [this] {
        if (whyNot().isEmpty()) emit startWanted();
    });
    refresh();
}

void PlanBox::setParameters(std::int64_t parameters) {
    m_known = parameters;
    refresh();
}

void PlanBox::setPlan(const TrainingPlan& plan, bool final) {
    m_plan = plan;
    m_final = final;
    m_problem.clear();
    if (final) m_progress->setRange(0, 1);
    refresh();
}

void PlanBox::forget() {
    m_plan.reset();
    m_final = false;
    m_known = 0;
    m_problem.clear();
    m_progress->setRange(0, 0);
    refresh();
}

void PlanBox::setMeasuring(qint64 done, qint64 total) {
    if (m_final) return;
    m_progress->setRange(0, static_cast<int>(std::max<qint64>(1, total)));
    m_progress->setValue(static_cast<int>(done));
}

void PlanBox::setProblem(const QString& problem) {
    m_problem = problem;
    m_plan.reset();
    refresh();
}

void PlanBox::setBlocked(const QString& why) {
    m_blocked = why;
    refresh();
}

QString PlanBox::whyNot() const {
    if (!m_blocked.isEmpty()) return m_blocked;
    if (!m_problem.isEmpty()) return m_problem;
    if (m_plan && !m_plan->fits && m_plan->available)
        return tr("This does not fit: it needs %1, and %2 are free. Choose a smaller network or a smaller batch.")
            .arg(formatBytes(m_plan->memory.total()), formatBytes(*m_plan->available));
    return {};
}

QString PlanBox::text() const {
    QStringList lines;
    for (const QLabel* label : {m_parameters, m_parametersNote, m_time, m_timeNote, m_memory, m_memoryNote, m_why})
        if (!label->text().isEmpty()) lines += label->text();
    return lines.join(u'\n');
}

void PlanBox::refresh() {
    const std::int64_t parameters = m_plan ? m_plan->parameters : m_known;
    m_parameters->setText(parameters > 0 ? tr("%1 parameters").arg(formatShortCount(parameters)) : tr("Size: measuring…"));
    if (!m_plan)
        m_parametersNote->setText(tr("The size is chosen for the speed of this machine."));
    else if (m_plan->twins.empty())
        m_parametersNote->setText(tr("%1 without embeddings").arg(formatShortCount(m_plan->nonEmbedding)));
    else
        m_parametersNote->setText(
            tr("in %1 twins, %2 without embeddings").arg(m_plan->twins.size()).arg(formatShortCount(m_plan->nonEmbedding)));
    m_parametersNote->setVisible(m_plan || parameters == 0);
    const bool timed = m_plan && m_plan->secondsPerStep;
    m_time->setText(timed ? tr("About %1").arg(formatDuration(*m_plan->seconds())) : tr("Time: measuring…"));
    m_timeNote->setVisible(m_plan.has_value());
    if (m_plan)
        m_timeNote->setText((m_plan->twins.empty() ? tr("%1 steps of %2 tokens: %3 tokens in all")
                                                   : tr("%1 steps of %2 tokens for each: %3 tokens, the same for all"))
                                .arg(formatCount(m_plan->steps), formatCount(m_plan->tokensPerStep), formatShortCount(m_plan->tokens())));
    const bool stuck = !m_problem.isEmpty();
    m_progress->setVisible(!m_final && !stuck);
    if (stuck) {
        m_parameters->setText(parameters > 0 ? m_parameters->text() : QString());
        m_time->clear();
        m_parametersNote->setVisible(false);
    }
    m_memory->setVisible(m_plan.has_value());
    m_memoryNote->setVisible(m_plan.has_value());
    if (m_plan) {
        const TrainingMemory& memory = m_plan->memory;
        m_memory->setText(tr("%1 of memory").arg(formatBytes(memory.total())));
        m_memoryNote->setText(m_plan->available ? tr("of %1 that are free").arg(formatBytes(*m_plan->available))
                                                : tr("estimated from the shapes"));
        const std::array<std::int64_t, 5> bytes{memory.weights, memory.gradients, memory.optimiser, memory.activations, memory.average};
        constexpr std::array kMeanings{Meaning::Weights, Meaning::Other, Meaning::Optimiser, Meaning::Activations, Meaning::Other};
        const ScaleGroup scale{*std::max_element(bytes.begin(), bytes.end())};
        for (std::size_t i = 0; i < m_rows.size(); ++i) {
            m_rows[i].bar->setScale(scale);
            m_rows[i].bar->setValue(ByteBar::Source::Formula, kMeanings[i], bytes[i], bytes[i]);
            m_rows[i].value->setText(formatBytes(bytes[i]));
        }
    }
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const bool shown = m_plan && (i < 4 || m_plan->memory.average > 0);
        m_rows[i].name->setVisible(shown);
        m_rows[i].value->setVisible(shown);
        m_rows[i].bar->setVisible(shown);
    }
    const QString why = whyNot();
    m_why->setText(why);
    m_why->setVisible(!why.isEmpty());
    m_start->setEnabled(why.isEmpty());
    m_start->setToolTip(why);
}

}  // namespace loom::ui
