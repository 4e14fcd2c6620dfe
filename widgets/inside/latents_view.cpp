// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/latents_view.h"

#include <QBoxLayout>
#include <QComboBox>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QSignalBlocker>

#include "widgets/common/labels.h"
#include "widgets/inside/cell_details.h"
#include "widgets/inside/rows_view.h"
#include "widgets/inside/weight_legend.h"
#include "widgets/itemmodels/story_model.h"

namespace loom::ui {

QString laneName(CacheLane lane) {
    switch (lane) {
        case CacheLane::Keys: return LatentsView::tr("keys");
        case CacheLane::Values: return LatentsView::tr("values");
        case CacheLane::Latent: return LatentsView::tr("latent c_KV");
        case CacheLane::RotaryKey: return LatentsView::tr("rotary key");
        case CacheLane::KeyLatent: return LatentsView::tr("latents of keys");
        case CacheLane::ValueLatent: return LatentsView::tr("latents of values");
    }
    return {};
}

LatentsView::LatentsView(const StoryModel* story, QWidget* parent) : LookFrame(Look::Kept, parent), m_story(story) {
    m_lanes = new QComboBox(this);
    m_lanes->setToolTip(tr("Which of the vectors that this layer keeps for every word"));
    m_lanes->setAccessibleName(tr("Kept vectors"));
    m_lanes->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_legend = new WeightLegend(this);
    bar()->insertWidget(0, m_lanes);
    bar()->insertSpacing(1, 8);
    bar()->insertWidget(2, m_legend);
    m_rows = new RowsView(story, this);
    setContent(m_rows);
    setSentence(tr("Each column is a word, each line one of the numbers that are kept for it. Point at a cell, click to lock it."));
    connect(m_lanes, &QComboBox::currentIndexChanged, this, [this] { showLane(); });
    connect(m_rows, &RowsView::cellChanged, this, [this] { showCell(); });
    m_legend->hide();
    m_lanes->hide();
}

void LatentsView::take(const std::shared_ptr<const LookAnswer>& answer) {
    const QSignalBlocker quiet(m_lanes);
    const int before = m_lanes->currentIndex();
    m_lanes->clear();
    if (answer) {
        for (const KeptRows::Lane& lane : std::get<KeptRows>(answer->value).lanes)
            m_lanes->addItem(tr("%1, %2 numbers a word").arg(laneName(lane.lane)).arg(lane.width));
    }
    m_lanes->setCurrentIndex(before >= 0 && before < m_lanes->count() ? before : m_lanes->count() > 0 ? 0 : -1);
    m_lanes->setVisible(answer != nullptr);
    m_legend->setVisible(answer != nullptr);
    showLane();
}

const KeptRows::Lane* LatentsView::lane() const {
    if (!answer() || m_lanes->currentIndex() < 0) return nullptr;
    return &std::get<KeptRows>(answer()->value).lanes[static_cast<std::size_t>(m_lanes->currentIndex())];
}

void LatentsView::showLane() {
    const KeptRows::Lane* shown = lane();
    m_rows->setRows(answer(), shown ? &shown->values : nullptr, shown ? static_cast<int>(shown->width) : 0);
    m_legend->showSigned(static_cast<double>(m_rows->limit()), true,
                         tr("Numbers of either sign. The colour follows the square root, so that small ones can be told apart.\n"
                            "Where there are more numbers than pixels, a pixel shows the one that is farthest from 0."));
}

void LatentsView::showCell() {
    const KeptCell cell = m_rows->shown();
    if (!cell.isValid()) return setStatus({});
    setStatus(tr("%1 (%2), channel %3 of %4: %5")
                  .arg(quotedToken(*m_story, cell.token), QString::number(cell.token), QString::number(cell.channel),
                       QString::number(m_rows->channels()), QLocale().toString(static_cast<double>(m_rows->value(cell)), 'f', 4)));
}

QString LatentsView::csv() const {
    QString text = QStringLiteral("position,token");
    for (int channel = 0; channel < m_rows->channels(); ++channel) text += QStringLiteral(",c%1").arg(channel);
    text += u'\n';
    for (int token = 0; token < m_rows->tokens(); ++token) {
        const QString label = token < m_story->rowCount() ? QString::fromStdString(m_story->step(token).label) : QString();
        text += QString::number(token) + u',' + csvField(label);
        for (int channel = 0; channel < m_rows->channels(); ++channel)
            text += u',' + QString::number(static_cast<double>(m_rows->value({token, channel})), 'g', 9);
        text += u'\n';
    }
    return text;
}

Figure LatentsView::figure() const {
    if (!lane()) return {};
    Figure saved;
    const int above = m_legend->sizeHint().height() + 8;
    saved.name = tr("layer-%1-%2").arg(answer()->question.layer.value()).arg(laneName(lane()->lane).replace(u' ', u'-'));
    saved.size = {m_rows->width(), m_rows->height() + above};
    saved.draw = [this, above](QPainter& painter, const QPalette& colours) {
        painter.setFont(font());
        m_legend->drawFigure(painter, QPointF(m_rows->mapRect().left(), 0), colours);
        painter.translate(0, above);
        m_rows->drawFigure(painter, colours);
        painter.translate(0, -above);
    };
    saved.csv = [this] { return csv(); };
    return saved;
}

}  // namespace loom::ui
