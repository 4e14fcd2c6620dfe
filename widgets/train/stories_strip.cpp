// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/train/stories_strip.h"

#include <algorithm>
#include <cstdlib>

#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QScrollArea>
#include <QSlider>
#include <QToolButton>

#include "widgets/common/icons.h"
#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"

namespace loom::ui {
namespace {

QString asHtml(const CardSample& story, const QPalette& palette) {
    QString rest = QString::fromStdString(story.text).toHtmlEscaped();
    rest.replace(u'\n', QStringLiteral("<br>"));
    return QStringLiteral("<span style=\"color:%1\">%2</span>%3")
        .arg(mutedText(palette).name(), QString::fromStdString(story.prompt).toHtmlEscaped(), rest);
}

/// The run's name behind a mark in the colour of its curve; `step`: where it is another one than the slider's.
QString heading(const RunStories& run, std::int64_t step) {
    const QString name = run.name.toHtmlEscaped();
    return QStringLiteral("<span style=\"color:%1\">■</span> %2")
        .arg(run.colour.name(), step < 0 ? name : StoriesStrip::tr("%1 at step %2").arg(name, formatCount(step)));
}

/// The measurement next to `step`; there is one.
std::vector<StepStories>::const_iterator nextTo(const std::vector<StepStories>& steps, std::int64_t step) {
    return std::min_element(steps.begin(), steps.end(), [step](const StepStories& a, const StepStories& b) {
        return std::llabs(a.step - step) < std::llabs(b.step - step);
    });
}

}  // namespace

StoriesStrip::StoriesStrip(QWidget* parent)
    : QWidget(parent),
      m_title(sectionHeading(tr("Stories"), this)),
      m_note(mutedLabel({}, this)),
      m_slider(new QSlider(Qt::Horizontal, this)),
      m_older(new QToolButton(this)),
      m_newer(new QToolButton(this)),
      m_area(new QScrollArea(this)) {
    m_slider->setAccessibleName(tr("Measurement"));
    m_slider->setPageStep(1);
    m_older->setIcon(icon(QStringLiteral("chevron-left")));
    m_older->setToolTip(tr("Stories of the measurement before"));
    m_newer->setIcon(icon(QStringLiteral("chevron-right")));
    m_newer->setToolTip(tr("Stories of the next measurement"));
    for (QToolButton* button : {m_older, m_newer}) {
        button->setAutoRaise(true);
        button->setAccessibleName(button->toolTip());
    }
    auto* head = new QHBoxLayout;
    head->setSpacing(8);
    head->addWidget(m_title);
    head->addWidget(m_older);
    head->addWidget(m_slider, 1);
    head->addWidget(m_newer);
    auto* content = new QWidget;
    auto* filled = new QVBoxLayout(content);
    filled->setContentsMargins(0, 0, 0, 0);
    m_grid = new QGridLayout;
    m_grid->setHorizontalSpacing(24);
    m_grid->setVerticalSpacing(4);
    filled->addLayout(m_grid);
    filled->addStretch(1);
    m_area->setWidget(content);
    m_area->setWidgetResizable(true);
    m_area->setFrameShape(QFrame::NoFrame);
    m_area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_note->setWordWrap(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addLayout(head);
    column->addWidget(m_note);
    column->addWidget(m_area, 1);

    connect(m_slider, &QSlider::valueChanged, this, [this](int value) {
        if (m_quiet) return;
        m_follows = value == m_slider->maximum();
        refresh();
    });
    connect(m_older, &QToolButton::clicked, this, [this] { m_slider->setValue(m_slider->value() - 1); });
    connect(m_newer, &QToolButton::clicked, this, [this] { m_slider->setValue(m_slider->value() + 1); });
    setStories({}, true);
}

const std::vector<StepStories>& StoriesStrip::steps() const {
    static const std::vector<StepStories> none;
    return m_runs.empty() ? none : m_runs.front().steps;
}

void StoriesStrip::setStories(std::vector<RunStories> runs, bool begins) {
    m_runs = std::move(runs);
    if (begins) m_follows = true;
    m_quiet = true;
    const int last = std::max(0, static_cast<int>(steps().size()) - 1);
    m_slider->setRange(0, last);
    if (m_follows) m_slider->setValue(last);
    m_quiet = false;
    refresh();
}

void StoriesStrip::showStep(std::int64_t step) {
    if (step >= 0 && !steps().empty()) m_slider->setValue(static_cast<int>(nextTo(steps(), step) - steps().begin()));
}

std::int64_t StoriesStrip::shownStep() const { return steps().empty() ? -1 : steps()[static_cast<std::size_t>(m_slider->value())].step; }

const StepStories* StoriesStrip::shownOf(const RunStories& run) const {
    return run.steps.empty() || shownStep() < 0 ? nullptr : &*nextTo(run.steps, shownStep());
}

QString StoriesStrip::shownText() const {
    QString all;
    for (const RunStories& run : m_runs) {
        const StepStories* shown = shownOf(run);
        if (shown == nullptr) continue;
        for (const CardSample& story : shown->stories) all += QString::fromStdString(story.prompt + story.text) + u'\n';
    }
    return all;
}

QLabel* StoriesStrip::newText() {
    auto* label = new QLabel(m_area->widget());
    label->setTextFormat(Qt::RichText);
    label->setWordWrap(true);
    label->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setFont(scaledFont(storyFont(font()), 0.82));
    label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    return label;
}

void StoriesStrip::refresh() {
    const bool any = !steps().empty();
    m_slider->setEnabled(steps().size() > 1);
    m_older->setEnabled(any && m_slider->value() > 0);
    m_newer->setEnabled(any && m_slider->value() < m_slider->maximum());
    m_area->setVisible(any);
    m_note->setVisible(!any);
    m_note->setText(
        tr("At each measurement the network writes the same beginnings on. The first stories come with the first measurement."));
    m_title->setText(any ? tr("Stories at step %1").arg(formatCount(shownStep())) : tr("Stories"));
    while (m_texts.size() < m_runs.size()) {
        m_names.push_back(newText());
        m_grid->addWidget(m_names.back(), static_cast<int>(2 * m_texts.size()), 0, 1, -1);
        m_texts.emplace_back();
    }
    for (std::size_t i = 0; i < m_texts.size(); ++i) {
        const StepStories* shown = any && i < m_runs.size() ? shownOf(m_runs[i]) : nullptr;
        const std::size_t count = shown != nullptr ? shown->stories.size() : 0;
        m_names[i]->setVisible(shown != nullptr && m_runs.size() > 1);
        if (shown != nullptr) m_names[i]->setText(heading(m_runs[i], shown->step != shownStep() ? shown->step : -1));
        while (m_texts[i].size() < count) {
            const int column = static_cast<int>(m_texts[i].size());
            m_texts[i].push_back(newText());
            m_grid->addWidget(m_texts[i].back(), static_cast<int>(2 * i + 1), column);
            m_grid->setColumnStretch(column, 1);
        }
        for (std::size_t k = 0; k < m_texts[i].size(); ++k) {
            m_texts[i][k]->setVisible(k < count);
            if (k < count) m_texts[i][k]->setText(asHtml(shown->stories[k], palette()));
        }
    }
}

void StoriesStrip::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        for (QLabel* label : m_area->widget()->findChildren<QLabel*>()) label->setFont(scaledFont(storyFont(font()), 0.82));
    if (event->type() == QEvent::PaletteChange) refresh();
}

}  // namespace loom::ui
