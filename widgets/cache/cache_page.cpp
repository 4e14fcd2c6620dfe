// SPDX-License-Identifier: GPL-3.0-or-later
// CachePage: the map above, figures, path and growth below.
#include "widgets/cache/cache_page.h"

#include <QBoxLayout>
#include <QLabel>
#include <QStackedWidget>

#include "widgets/cache/bytes_box.h"
#include "widgets/cache/cache_header.h"
#include "widgets/cache/occupancy_view.h"
#include "widgets/cache/path_box.h"
#include "widgets/common/empty_note.h"
#include "widgets/common/labels.h"
#include "widgets/itemmodels/cache_model.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/plot/growth_plot.h"

namespace loom::ui {

CachePage::CachePage(StoryModel* story, CacheModel* cache, QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    m_stack = new QStackedWidget(this);
    m_empty = new EmptyNote(m_stack);
    m_empty->setTexts(tr("No model yet"),
                      tr("Open a checkpoint, and this page shows what it keeps of every word, and how many bytes that takes."));
    m_stack->addWidget(m_empty);
    m_stack->addWidget(buildBody(story, cache));
    column->addWidget(m_stack);
    m_stack->setCurrentWidget(m_empty);
}

QWidget* CachePage::buildBody(StoryModel* story, CacheModel* cache) {
    auto* body = new QWidget(m_stack);
    auto* column = new QVBoxLayout(body);
    column->setContentsMargins(16, 12, 16, 12);
    column->setSpacing(8);
    m_header = new CacheHeader(cache, body);
    m_occupancy = new OccupancyView(story, cache, body);
    auto* status = mutedLabel({}, body);
    status->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    const QString hint = tr("Each column is one position of the story, each row one layer. Point at a cell to see what is kept there.");
    status->setText(hint);
    column->addWidget(m_header);
    column->addWidget(m_occupancy, 5);
    column->addWidget(status);
    column->addWidget(horizontalSeparator(body));

    auto* row = new QHBoxLayout;
    row->setSpacing(32);
    m_bytes = new BytesBox(body);
    m_path = new PathBox(body);
    auto* growth = new QVBoxLayout;
    growth->setSpacing(4);
    m_plot = new GrowthPlot(body);
    growth->addWidget(sectionHeading(tr("Growth"), body));
    growth->addWidget(m_plot, 1);
    row->addWidget(m_bytes, 5);
    row->addWidget(m_path, 4);
    row->addLayout(growth, 6);
    column->addLayout(row, 4);

    connect(m_header, &CacheHeader::valueChosen, m_occupancy, &OccupancyView::setValue);
    connect(m_path, &PathBox::pathChosen, this, &CachePage::pathChosen);
    connect(m_occupancy, &OccupancyView::cellChanged, this, [this, status, hint] {
        const QString words = m_occupancy->describe(m_occupancy->cell());
        status->setText(words.isEmpty() ? hint : words);
    });
    return body;
}

void CachePage::setModel(const ModelSummary& model) {
    m_model = model;
    m_loaded = true;
    m_use = {};
    m_use.spec = model.cache;
    m_use.capacityTokens = model.config.context;
    m_path->setModel(model.config, model.mlaPath);
    m_stack->setCurrentIndex(1);
    refresh();
}

void CachePage::setUse(const CacheUse& use) {
    if (!m_loaded) return;
    m_use = use;
    refresh();
}

void CachePage::clearModel() {
    m_loaded = false;
    m_model = {};
    m_use = {};
    m_plot->clear();
    m_stack->setCurrentWidget(m_empty);
}

void CachePage::setPathEnabled(bool enabled, const QString& why) { m_path->setPathEnabled(enabled, why); }

void CachePage::refresh() {
    m_header->setUse(m_use);
    const QString twin = m_model.twin ? QString::fromStdString(m_model.twin->name) : QString();
    m_bytes->setFigures(m_use, m_model.otherForm, twin);
    m_plot->setSpecs(m_use.spec, m_model.otherForm, m_use.capacityTokens, twin);
    m_plot->setTokens(m_use.usedTokens);
}

}  // namespace loom::ui
