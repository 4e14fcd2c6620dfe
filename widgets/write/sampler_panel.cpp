// SPDX-License-Identifier: GPL-3.0-or-later
// SamplerPanel: see the header.
#include "widgets/write/sampler_panel.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QRandomGenerator>
#include <QRegularExpressionValidator>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/common/icons.h"
#include "widgets/common/labels.h"
#include "widgets/write/sampler_row.h"

namespace loom::ui {

namespace {

constexpr int kMostTokens = 1'000'000;

// Bars are honest only while the samplers keep a head of the list as it is shown.
std::vector<float> shownProbabilities(const TokenStep& step) {
    bool removed = false;
    std::vector<float> shown;
    for (const Alternative& a : step.alternatives) {
        if (a.after > 0 && removed) return {};
        removed = removed || !(a.after > 0);
        shown.push_back(a.before);
    }
    return shown;
}

}  // namespace

SamplerPanel::SamplerPanel(QWidget* parent) : QWidget(parent) {
    auto* content = new QWidget;
    content->setBackgroundRole(QPalette::Base);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(10);
    column->addWidget(sectionHeading(tr("Samplers"), content));
    const QString off = tr("off");
    m_temperature =
        new SamplerRow(tr("Temperature"),
                       tr("How daring the choice is. 0 always takes the likeliest word, 1 follows the network's own odds, more is wilder."),
                       {0, 5, 2, 0.01, 2}, {}, false, content);
    m_topK = new SamplerRow(tr("Top-k"), tr("Choose among the k likeliest words only. Off looks at all of them."), {0, 99'999, 200, 1, 0},
                            off, true, content);
    m_topP = new SamplerRow(tr("Top-p"), tr("Choose among the fewest words that together have this probability. 1 keeps all of them."),
                            {0.01, 1, 1, 0.01, 2}, {}, true, content);
    m_minP = new SamplerRow(tr("Min-p"), tr("Drop words that are less likely than this share of the likeliest one. Off drops none."),
                            {0, 1, 1, 0.01, 2}, off, true, content);
    m_penalty = new SamplerRow(
        tr("Repetition"), tr("Repetition penalty: makes words that were used already less likely. Off changes nothing; 1.1 is gentle."),
        {1, 3, 2, 0.01, 2}, off, false, content);
    for (SamplerRow* row : {m_temperature, m_topK, m_topP, m_minP, m_penalty}) {
        column->addWidget(row);
        connect(row, &SamplerRow::changed, this, &SamplerPanel::changed);
    }

    column->addSpacing(6);
    column->addWidget(sectionHeading(tr("Seed"), content));
    auto* seedRow = new QHBoxLayout;
    m_seed = new QLineEdit(content);
    m_seed->setValidator(new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{0,20}")), m_seed));
    m_seed->setPlaceholderText(tr("drawn when writing"));
    m_seed->setAccessibleName(tr("Seed"));
    m_seed->setToolTip(tr("The same seed, settings and network write the same text again."));
    m_dice = new QToolButton(content);
    m_dice->setIcon(icon(QStringLiteral("dice")));
    m_dice->setIconSize(QSize(18, 18));
    m_dice->setToolTip(tr("Draw a seed now and keep it"));
    m_dice->setAccessibleName(tr("Draw a seed"));
    seedRow->addWidget(m_seed, 1);
    seedRow->addWidget(m_dice);
    column->addLayout(seedRow);
    m_newSeed = new QCheckBox(tr("New seed each time"), content);
    m_newSeed->setToolTip(tr("Each text draws its own seed; the field shows the one that was used."));
    m_newSeed->setChecked(true);
    m_seed->setReadOnly(true);
    column->addWidget(m_newSeed);

    column->addSpacing(6);
    column->addWidget(sectionHeading(tr("Length"), content));
    auto* lengthRow = new QHBoxLayout;
    auto* lengthLabel = new QLabel(tr("At most"), content);
    m_maxTokens = new QSpinBox(content);
    m_maxTokens->setRange(1, kMostTokens);
    m_maxTokens->setValue(256);
    m_maxTokens->setSingleStep(16);
    m_maxTokens->setGroupSeparatorShown(true);
    m_maxTokens->setSuffix(tr(" tokens"));
    m_maxTokens->setAlignment(Qt::AlignRight);
    m_maxTokens->setFocusPolicy(Qt::StrongFocus);
    m_maxTokens->setToolTip(tr("Writing ends after this many tokens. A token is a word or a part of one."));
    lengthLabel->setBuddy(m_maxTokens);
    lengthRow->addWidget(lengthLabel);
    lengthRow->addWidget(m_maxTokens, 1);
    column->addLayout(lengthRow);
    column->addStretch(1);

    auto* scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->viewport()->setBackgroundRole(QPalette::Base);
    scroll->setWidget(content);
    scroll->setMinimumWidth(content->minimumSizeHint().width() + 12);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(scroll);

    setSamplers({});
    connect(m_dice, &QToolButton::clicked, this, &SamplerPanel::drawSeed);
    connect(m_newSeed, &QCheckBox::toggled, this, [this](bool on) {
        m_seed->setReadOnly(on);
        emit changed();
    });
    connect(m_seed, &QLineEdit::textEdited, this, &SamplerPanel::changed);
    connect(m_maxTokens, &QSpinBox::valueChanged, this, &SamplerPanel::changed);
}

SamplerSettings SamplerPanel::samplers() const {
    SamplerSettings s;
    s.temperature = m_temperature->value();
    s.topK = std::llround(m_topK->value());
    s.topP = m_topP->value();
    s.minP = m_minP->value();
    s.repetitionPenalty = m_penalty->value();
    return s;
}

void SamplerPanel::setSamplers(const SamplerSettings& settings) {
    m_temperature->setValue(settings.temperature);
    m_topK->setValue(static_cast<double>(settings.topK));
    m_topP->setValue(settings.topP);
    m_minP->setValue(settings.minP);
    m_penalty->setValue(settings.repetitionPenalty);
}

std::optional<std::uint64_t> SamplerPanel::seed() const {
    if (m_newSeed->isChecked()) return {};
    bool ok = false;
    const qulonglong value = m_seed->text().toULongLong(&ok);
    return ok ? std::optional<std::uint64_t>(value) : std::nullopt;
}

QString SamplerPanel::seedText() const { return m_seed->text(); }

void SamplerPanel::setSeedText(const QString& text) {
    bool ok = false;
    const qulonglong value = text.toULongLong(&ok);
    m_seed->setText(ok ? QString::number(value) : QString());
    emit changed();
}

bool SamplerPanel::newSeedEachTime() const { return m_newSeed->isChecked(); }
void SamplerPanel::setNewSeedEachTime(bool on) { m_newSeed->setChecked(on); }
std::int64_t SamplerPanel::maxTokens() const { return m_maxTokens->value(); }

void SamplerPanel::setMaxTokens(std::int64_t tokens) {
    m_maxTokens->setValue(static_cast<int>(std::clamp<std::int64_t>(tokens, 1, kMostTokens)));
}

void SamplerPanel::setContextLimit(std::int64_t tokens) {
    m_maxTokens->setMaximum(tokens > 0 ? static_cast<int>(std::min<std::int64_t>(tokens, kMostTokens)) : kMostTokens);
}

void SamplerPanel::showStep(const TokenStep& step) {
    if (step.origin != TokenOrigin::Generated || step.reread) return clearStep();
    const std::vector<float> shown = shownProbabilities(step);
    m_topK->showKept(shown, step.trace.afterTopK);
    m_topP->showKept(shown, step.trace.afterTopP);
    m_minP->showKept(shown, step.trace.afterMinP);
}

void SamplerPanel::clearStep() {
    for (SamplerRow* row : {m_topK, m_topP, m_minP}) row->showKept({}, -1);
}

void SamplerPanel::showUsedSeed(std::uint64_t seed) {
    if (m_newSeed->isChecked() || m_seed->text().isEmpty()) setSeedText(QString::number(seed));
}

void SamplerPanel::drawSeed() {
    m_newSeed->setChecked(false);
    setSeedText(QString::number(QRandomGenerator::global()->bounded(1, 1'000'000)));
}

}  // namespace loom::ui
