// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/inside/spectrum_view.h"

#include <QBoxLayout>
#include <QComboBox>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>

#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/inside/latents_view.h"
#include "widgets/plot/spectrum_plot.h"

namespace loom::ui {

namespace {

constexpr double kShares[] = {0.9, 0.95, 0.99, 0.999};

QString spectrumName(const Spectrum& spectrum) {
    QString name;
    switch (spectrum.of) {
        case Spectrum::Of::Lane: name = spectrum.lane ? laneName(*spectrum.lane) : SpectrumView::tr("what is kept"); break;
        case Spectrum::Of::KeyUp: name = SpectrumView::tr("up-projection of keys"); break;
        case Spectrum::Of::ValueUp: name = SpectrumView::tr("up-projection of values"); break;
    }
    return spectrum.head ? SpectrumView::tr("%1, head %2").arg(name).arg(spectrum.head->value()) : name;
}

Meaning meaningOf(const Spectrum& spectrum) {
    if (spectrum.of != Spectrum::Of::Lane) return Meaning::Weights;
    if (spectrum.lane == CacheLane::RotaryKey) return Meaning::RotaryKey;
    return spectrum.lane == CacheLane::Keys || spectrum.lane == CacheLane::Values ? Meaning::FullCache : Meaning::Latent;
}

}  // namespace

SpectrumView::SpectrumView(QWidget* parent) : LookFrame(Look::Spectra, parent) {
    m_which = new QComboBox(this);
    m_which->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_which->setToolTip(tr("Of which matrix: rows that the story left in the cache, or a matrix that rebuilds keys and values from them"));
    m_which->setAccessibleName(tr("Matrix"));
    m_share = new QComboBox(this);
    for (const double share : kShares) m_share->addItem(tr("%1 of the energy").arg(formatPercent(share)), share);
    m_share->setToolTip(tr("How much of the sum of squares the marked values hold"));
    m_share->setAccessibleName(tr("Retained energy"));
    m_rank = mutedLabel({}, this);
    m_rank->setToolTip(
        tr("How many equally strong directions would be as spread out: the exponential of the entropy of the singular "
           "values (Roy and Vetterli, 2007)"));
    bar()->insertWidget(0, m_which);
    bar()->insertWidget(1, m_share);
    bar()->insertWidget(2, m_rank);
    m_plot = new SpectrumPlot(this);
    setContent(m_plot);
    setSentence(tr("Few large values and many small ones mean that fewer directions would be enough. Point at a bar to read it."));
    connect(m_which, &QComboBox::currentIndexChanged, this, [this] { showSpectrum(); });
    connect(m_share, &QComboBox::currentIndexChanged, this, [this] { m_plot->setShare(m_share->currentData().toDouble()); });
    connect(m_plot, &SpectrumPlot::read, this, [this](int index) { setStatus(m_plot->describe(index)); });
    take(nullptr);
}

void SpectrumView::take(const std::shared_ptr<const LookAnswer>& answer) {
    const QSignalBlocker quiet(m_which);
    const int before = m_which->currentIndex();
    m_which->clear();
    if (answer) {
        for (const Spectrum& each : std::get<LayerSpectra>(answer->value).spectra) m_which->addItem(spectrumName(each));
    }
    m_which->setCurrentIndex(before >= 0 && before < m_which->count() ? before : m_which->count() > 0 ? 0 : -1);
    for (QWidget* control : {static_cast<QWidget*>(m_which), static_cast<QWidget*>(m_share), static_cast<QWidget*>(m_rank)})
        control->setVisible(answer != nullptr);
    showSpectrum();
}

const Spectrum* SpectrumView::spectrum() const {
    if (!answer() || m_which->currentIndex() < 0) return nullptr;
    return &std::get<LayerSpectra>(answer()->value).spectra[static_cast<std::size_t>(m_which->currentIndex())];
}

void SpectrumView::showSpectrum() {
    const Spectrum* shown = spectrum();
    m_plot->setSpectrum(shown ? *shown : Spectrum{}, shown ? meaningOf(*shown) : Meaning::Latent);
    m_rank->setText(
        shown ? tr("effective rank %1 of %2").arg(QLocale().toString(shown->effectiveRank, 'f', 1), formatCount(std::ssize(shown->values)))
              : QString());
}

Figure SpectrumView::figure() const {
    Figure saved;
    saved.name = m_plot->figureName();
    saved.size = m_plot->figureSize();
    saved.draw = [this](QPainter& painter, const QPalette& colours) { m_plot->drawFigure(painter, colours); };
    saved.csv = [this] { return m_plot->csv(); };
    return saved;
}

}  // namespace loom::ui
