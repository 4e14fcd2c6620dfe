// SPDX-License-Identifier: GPL-3.0-or-later
// PathBox: two radio buttons, each with a plain sentence.
#include "widgets/cache/path_box.h"

#include <QBoxLayout>
#include <QLabel>
#include <QRadioButton>
#include <QStyle>

#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"

namespace loom::ui {

PathBox::PathBox(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addWidget(sectionHeading(tr("Path"), this));
    column->addSpacing(4);
    m_absorbed = new QRadioButton(tr("absorbed"), this);
    m_naive = new QRadioButton(tr("naive"), this);
    m_absorbedText = mutedLabel({}, this);
    m_naiveText = mutedLabel({}, this);
    const int indent = style()->pixelMetric(QStyle::PM_ExclusiveIndicatorWidth, nullptr, m_absorbed) +
                       style()->pixelMetric(QStyle::PM_RadioButtonLabelSpacing, nullptr, m_absorbed);
    const auto add = [&](QRadioButton* button, QLabel* text) {
        column->addWidget(button);
        text->setWordWrap(true);
        text->setIndent(indent);
        column->addWidget(text);
        column->addSpacing(4);
    };
    add(m_absorbed, m_absorbedText);
    add(m_naive, m_naiveText);
    m_reason = new QLabel(this);
    m_reason->setWordWrap(true);
    column->addWidget(m_reason);
    column->addStretch(1);
    connect(m_absorbed, &QRadioButton::clicked, this, [this] { emit pathChosen(MlaPath::Absorbed); });
    connect(m_naive, &QRadioButton::clicked, this, [this] { emit pathChosen(MlaPath::Naive); });
    refresh();
}

QString PathBox::reason() const { return m_reason->text(); }

void PathBox::setModel(const ModelConfig& config, MlaPath path) {
    m_config = config;
    // setChecked emits no clicked(), so nothing is asked of the engine here.
    (path == MlaPath::Naive ? m_naive : m_absorbed)->setChecked(true);
    refresh();
}

void PathBox::setPathEnabled(bool enabled, const QString& why) {
    m_enabled = enabled;
    m_why = why;
    refresh();
}

void PathBox::refresh() {
    const bool latent = m_config.attention.latent == Latent::Joint;
    if (latent) {
        const CacheSpec small = cacheSpec(m_config, MlaPath::Absorbed, DType::F32);
        const CacheSpec large = cacheSpec(m_config, MlaPath::Naive, DType::F32);
        m_absorbedText->setText(
            tr("Keeps the latent and one rotary key: %1 numbers per token and layer. The up-projections are folded into query and output.")
                .arg(formatCount(small.elementsPerTokenPerLayer())));
        m_naiveText->setText(tr("Expands the latent into every head’s keys and values and keeps those: %1 numbers per token and layer.")
                                 .arg(formatCount(large.elementsPerTokenPerLayer())));
    } else {
        m_absorbedText->setText(tr("Keeps a latent and one rotary key for all heads."));
        m_naiveText->setText(tr("Expands the latent into every head’s keys and values and keeps those."));
    }
    m_absorbed->setEnabled(latent && m_enabled);
    m_naive->setEnabled(latent && m_enabled);
    QString reason;
    if (!latent) {
        reason = tr("This model keeps keys and values themselves. It has no latent, so there is no choice of path.");
    } else if (!m_enabled) {
        reason = m_why;
    } else {
        reason = tr("Both compute the same; only what is kept differs.");
    }
    m_reason->setText(reason);
    m_absorbed->setToolTip(m_enabled && latent ? QString() : reason);
    m_naive->setToolTip(m_enabled && latent ? QString() : reason);
}

}  // namespace loom::ui
