// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/train/stories_strip.h"

#include <algorithm>
#include <cstdlib>

#include <QEvent>
#include <QHBoxLayout>
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
    m_row = new QHBoxLayout(content);
    m_row->setContentsMargins(0, 0, 0, 0);
    m_row->setSpacing(24);
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

void StoriesStrip::setStories(std::vector<StepStories> stories, bool begins) {
    m_stories = std::move(stories);
    if (begins) m_follows = true;
    m_quiet = true;
    const int last = std::max(0, static_cast<int>(m_stories.size()) - 1);
    m_slider->setRange(0, last);
    if (m_follows) m_slider->setValue(last);
    m_quiet = false;
    refresh();
}

void StoriesStrip::showStep(std::int64_t step) {
    if (m_stories.empty() || step < 0) return;
    const auto best = std::min_element(m_stories.begin(), m_stories.end(), [step](const StepStories& a, const StepStories& b) {
        return std::llabs(a.step - step) < std::llabs(b.step - step);
    });
    m_slider->setValue(static_cast<int>(best - m_stories.begin()));
}

std::int64_t StoriesStrip::shownStep() const {
    return m_stories.empty() ? -1 : m_stories[static_cast<std::size_t>(m_slider->value())].step;
}

QString StoriesStrip::shownText() const {
    if (m_stories.empty()) return {};
    QString all;
    for (const CardSample& story : m_stories[static_cast<std::size_t>(m_slider->value())].stories)
        all += QString::fromStdString(story.prompt + story.text) + u'\n';
    return all;
}

void StoriesStrip::refresh() {
    const bool any = !m_stories.empty();
    m_slider->setEnabled(m_stories.size() > 1);
    m_older->setEnabled(any && m_slider->value() > 0);
    m_newer->setEnabled(any && m_slider->value() < m_slider->maximum());
    m_area->setVisible(any);
    m_note->setVisible(!any);
    m_note->setText(
        tr("At each measurement the network writes the same beginnings on. The first stories come with the first measurement."));
    m_title->setText(any ? tr("Stories at step %1").arg(formatCount(shownStep())) : tr("Stories"));
    const std::size_t count = any ? m_stories[static_cast<std::size_t>(m_slider->value())].stories.size() : 0;
    while (m_texts.size() < count) {
        auto* label = new QLabel(m_area->widget());
        label->setTextFormat(Qt::RichText);
        label->setWordWrap(true);
        label->setAlignment(Qt::AlignTop | Qt::AlignLeft);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        label->setFont(scaledFont(storyFont(font()), 0.82));
        label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        m_row->addWidget(label, 1);
        m_texts.push_back(label);
    }
    for (std::size_t i = 0; i < m_texts.size(); ++i) {
        m_texts[i]->setVisible(i < count);
        if (i < count) m_texts[i]->setText(asHtml(m_stories[static_cast<std::size_t>(m_slider->value())].stories[i], palette()));
    }
}

void StoriesStrip::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        for (QLabel* label : m_texts) label->setFont(scaledFont(storyFont(font()), 0.82));
    if (event->type() == QEvent::PaletteChange) refresh();
}

}  // namespace loom::ui
