// SPDX-License-Identifier: GPL-3.0-or-later
// SamplerPanel: see the header.
#include "widgets/write/sampler_panel.h"

#include <algorithm>
#include <cmath>

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
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
#include "widgets/write/calm_inputs.h"
#include "widgets/write/preset_bar.h"
#include "widgets/write/sampler_list.h"

namespace loom::ui {

namespace {

constexpr int kMostTokens = 1'000'000;
constexpr int kUsualBeams = 5;
constexpr int kLongestOpening = 2000;
enum Method { kDraw, kBeams };

}  // namespace

SamplerPanel::SamplerPanel(QWidget* parent) : QWidget(parent) {
    auto* content = new QWidget;
    content->setBackgroundRole(QPalette::Base);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(12, 16, 12, 16);
    column->setSpacing(8);
    column->addWidget(sectionHeading(tr("Next word"), content));
    column->addWidget(makeChoice());
    m_drawing = new QWidget(content);
    auto* drawing = new QVBoxLayout(m_drawing);
    drawing->setContentsMargins(0, 0, 0, 0);
    drawing->setSpacing(8);
    m_presets = new PresetBar(m_drawing);
    m_list = new SamplerList(m_drawing);
    drawing->addWidget(m_presets);
    drawing->addWidget(m_list);
    drawing->addSpacing(4);
    drawing->addWidget(sectionHeading(tr("Seed"), m_drawing));
    drawing->addWidget(makeSeed());
    column->addWidget(m_drawing);
    column->addSpacing(4);
    column->addWidget(sectionHeading(tr("Length"), content));
    column->addWidget(makeLength());
    column->addSpacing(4);
    column->addWidget(sectionHeading(tr("Pinned opening"), content));
    column->addWidget(makeOpening());
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

    m_presets->showSettings(m_list->settings());
    connect(m_list, &SamplerList::changed, this, [this] {
        m_presets->showSettings(m_list->settings());
        emit changed();
    });
    connect(m_presets, &PresetBar::chosen, m_list, &SamplerList::setSettings);
    connect(m_presets, &PresetBar::ownChanged, this, &SamplerPanel::changed);
}

QWidget* SamplerPanel::makeChoice() {
    auto* box = new QWidget;
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    m_method = new QComboBox(box);
    m_method->addItems({tr("Drawn, word by word"), tr("Beam search")});
    m_method->setToolTip(
        tr("Drawn: each word by chance, as the samplers allow. Beam search: the text that is most likely as a whole; nothing is left to "
           "chance."));
    m_method->setAccessibleName(tr("How the text is chosen"));
    column->addWidget(m_method);
    m_beamNumbers = new QWidget(box);
    auto* numbers = new QVBoxLayout(m_beamNumbers);
    numbers->setContentsMargins(0, 0, 0, 0);
    QLabel* help =
        mutedLabel(tr("Follows several beginnings at once and writes what they agree on. Samplers and seed have no say."), m_beamNumbers);
    help->setWordWrap(true);
    numbers->addWidget(help);
    m_width = new QSpinBox(m_beamNumbers);
    m_width->setRange(2, static_cast<int>(kWidestBeam));
    m_width->setValue(kUsualBeams);
    m_width->setToolTip(tr("How many beginnings are followed. More is slower and seldom better than 5."));
    m_lengthPenalty = new CalmSpinBox(m_beamNumbers);
    m_lengthPenalty->setRange(-10, 10);
    m_lengthPenalty->setSingleStep(0.1);
    m_lengthPenalty->setValue(1);
    m_lengthPenalty->setToolTip(
        tr("A text's log probability is divided by its length to this power: above 0 favours long texts, below 0 short ones."));
    const auto add = [&](const QString& name, QAbstractSpinBox* number) {
        auto* row = new QHBoxLayout;
        auto* label = new QLabel(name, m_beamNumbers);
        label->setBuddy(number);
        number->setAlignment(Qt::AlignRight);
        number->setFocusPolicy(Qt::StrongFocus);
        number->setAccessibleName(name);
        row->addWidget(label, 1);
        row->addWidget(number);
        numbers->addLayout(row);
    };
    add(tr("Beginnings"), m_width);
    add(tr("Length penalty"), m_lengthPenalty);
    column->addWidget(m_beamNumbers);
    m_beamNumbers->hide();
    connect(m_method, &QComboBox::currentIndexChanged, this, [this] {
        refreshChoice();
        emit changed();
    });
    connect(m_width, &QSpinBox::valueChanged, this, &SamplerPanel::changed);
    connect(m_lengthPenalty, &QDoubleSpinBox::valueChanged, this, &SamplerPanel::changed);
    return box;
}

void SamplerPanel::refreshChoice() {
    const bool search = m_method->currentIndex() == kBeams;
    m_beamNumbers->setVisible(search);
    m_drawing->setVisible(!search);
}

QWidget* SamplerPanel::makeSeed() {
    auto* box = new QWidget;
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* seedRow = new QHBoxLayout;
    m_seed = new QLineEdit(box);
    m_seed->setValidator(new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{0,20}")), m_seed));
    m_seed->setPlaceholderText(tr("drawn when writing"));
    m_seed->setAccessibleName(tr("Seed"));
    m_seed->setToolTip(tr("The same seed, settings and network write the same text again."));
    m_dice = new QToolButton(box);
    m_dice->setIcon(icon(QStringLiteral("dice")));
    m_dice->setIconSize(QSize(18, 18));
    m_dice->setToolTip(tr("Draw a seed now and keep it"));
    m_dice->setAccessibleName(tr("Draw a seed"));
    seedRow->addWidget(m_seed, 1);
    seedRow->addWidget(m_dice);
    column->addLayout(seedRow);
    m_newSeed = new QCheckBox(tr("New seed each time"), box);
    m_newSeed->setToolTip(tr("Each text draws its own seed; the field shows the one that was used."));
    m_newSeed->setChecked(true);
    m_seed->setReadOnly(true);
    column->addWidget(m_newSeed);
    connect(m_dice, &QToolButton::clicked, this, &SamplerPanel::drawSeed);
    connect(m_newSeed, &QCheckBox::toggled, this, [this](bool on) {
        m_seed->setReadOnly(on);
        emit changed();
    });
    connect(m_seed, &QLineEdit::textEdited, this, &SamplerPanel::changed);
    return box;
}

QWidget* SamplerPanel::makeLength() {
    auto* box = new QWidget;
    auto* lengthRow = new QHBoxLayout(box);
    lengthRow->setContentsMargins(0, 0, 0, 0);
    auto* lengthLabel = new QLabel(tr("At most"), box);
    m_maxTokens = new QSpinBox(box);
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
    connect(m_maxTokens, &QSpinBox::valueChanged, this, &SamplerPanel::changed);
    return box;
}

QWidget* SamplerPanel::makeOpening() {
    m_opening = new QLineEdit;
    m_opening->setPlaceholderText(tr("New stories begin with…"));
    m_opening->setToolTip(tr("New story puts this into the line where you type, so that every story can begin alike."));
    m_opening->setAccessibleName(tr("Pinned opening"));
    m_opening->setClearButtonEnabled(true);
    m_opening->setMaxLength(kLongestOpening);
    connect(m_opening, &QLineEdit::textChanged, this, &SamplerPanel::changed);
    return m_opening;
}

QString SamplerPanel::opening() const { return m_opening->text(); }
void SamplerPanel::setOpening(const QString& text) { m_opening->setText(text); }

SamplerSettings SamplerPanel::samplers() const { return m_list->settings(); }
void SamplerPanel::setSamplers(const SamplerSettings& settings) { m_list->setSettings(settings); }

BeamSearch SamplerPanel::beams() const {
    BeamSearch beams;
    if (m_method->currentIndex() == kBeams) beams.width = m_width->value();
    beams.lengthPenalty = m_lengthPenalty->value();
    return beams;
}

void SamplerPanel::setBeams(const BeamSearch& beams) {
    m_width->setValue(static_cast<int>(beams.width > 1 ? std::min(beams.width, kWidestBeam) : kUsualBeams));
    m_lengthPenalty->setValue(std::isfinite(beams.lengthPenalty) ? beams.lengthPenalty : 1);
    m_method->setCurrentIndex(beams.width > 1 ? kBeams : kDraw);
}

const std::vector<OwnPreset>& SamplerPanel::ownPresets() const { return m_presets->own(); }
void SamplerPanel::setOwnPresets(const std::vector<OwnPreset>& presets) {
    m_presets->setOwn(presets);
    m_presets->showSettings(m_list->settings());
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
    const bool drawn = step.origin != TokenOrigin::Prompt && !step.reread;  // the token that ends a story was drawn, too
    m_list->showTrace(drawn ? step.trace : SamplerTrace{});
}

void SamplerPanel::clearStep() { m_list->showTrace({}); }

void SamplerPanel::showUsedSeed(std::uint64_t seed) {
    if (m_newSeed->isChecked() || m_seed->text().isEmpty()) setSeedText(QString::number(seed));
}

void SamplerPanel::drawSeed() {
    m_newSeed->setChecked(false);
    setSeedText(QString::number(QRandomGenerator::global()->bounded(1, 1'000'000)));
}

}  // namespace loom::ui
