// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/compare/twin_panel.h"

#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

#include "widgets/common/labels.h"
#include "widgets/common/lane_colour.h"
#include "widgets/common/number_format.h"
#include "widgets/compare/twin_text.h"

namespace loom::ui {
namespace {

constexpr int kLine = 3;
constexpr double kLarge = 1.6;

QString endText(StopReason reason) {
    switch (reason) {
        case StopReason::Eos: return TwinPanel::tr("The story has ended.");
        case StopReason::Context: return TwinPanel::tr("The context is full.");
        case StopReason::MaxTokens: return TwinPanel::tr("As many tokens as were asked for.");
        case StopReason::StopString:
        case StopReason::Cancelled: break;
    }
    return {};
}

}  // namespace

QString twinLetter(std::size_t index) { return QString(QChar(u'A' + static_cast<char16_t>(index))); }

QString twinTitle(const QString& letter, const TwinContestant& contestant) {
    return QStringLiteral("%1 · %2").arg(letter, QString::fromStdString(contestant.name));
}

TwinPanel::TwinPanel(QWidget* parent)
    : QWidget(parent),
      m_title(pageTitle({}, this)),
      m_pace(mutedLabel({}, this)),
      m_note(mutedLabel({}, this)),
      m_text(new TwinText(this)) {
    for (QLabel* label : {m_title, m_pace, m_note}) label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_pace->setToolTip(
        tr("Milliseconds for a token, the median of its last 64 steps, and the tokens per second that makes. Each network "
           "computes alone, one after the other, on this machine."));
    m_note->setWordWrap(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, kLine + 6, 0, 0);
    column->setSpacing(2);
    column->addWidget(m_title);
    column->addWidget(m_pace);
    column->addWidget(m_text, 1);
    column->addWidget(m_note);
}

void TwinPanel::begin(const QString& letter, const TwinContestant& contestant) {
    const QString form = QString::fromStdString(attentionFormName(contestant.config.attention));
    const bool joint = contestant.config.attention.latent == Latent::Joint;
    m_title->setText(twinTitle(letter, contestant));
    m_title->setToolTip(QString::fromStdString(contestant.choice.path.empty() ? contestant.choice.preset : contestant.choice.path));
    m_colour = colour(formMeaning(contestant.cache.form));
    m_facts = joint ? tr("%1, %2").arg(form, contestant.choice.mla == MlaPath::Naive ? tr("naive") : tr("absorbed")) : form;
    m_note->setText(contestant.untrained
                        ? tr("Untrained: its weights are random numbers. Its words mean nothing; its bytes and its time do.")
                        : QString());
    m_note->setVisible(contestant.untrained);
    m_text->setAccessibleName(tr("Story of %1").arg(m_title->text()));
    m_text->begin(QString::fromStdString(contestant.prompt), m_colour);
    setPace(0, 0);
    update();
}

void TwinPanel::append(const std::vector<TwinToken>& tokens) {
    m_text->append(tokens);
    if (tokens.empty() || !tokens.back().reason) return;
    const QString end = endText(*tokens.back().reason);
    m_note->setText(m_note->text().isEmpty() ? end : m_note->text() + QLatin1Char(' ') + end);
    m_note->setVisible(true);
}

void TwinPanel::setPace(double millisecondsPerToken, double tokensPerSecond) {
    if (millisecondsPerToken <= 0) return m_pace->setText(m_facts);
    m_pace->setText(
        tr("%1 · %2 · %3 ms")
            .arg(m_facts, formatRate(tokensPerSecond), QLocale().toString(millisecondsPerToken, 'f', millisecondsPerToken < 9.95 ? 2 : 1)));
}

void TwinPanel::setLarge(bool large) {
    const double factor = large ? kLarge : 1;
    m_title->setFont(scaledFont(font(), 1.1 * factor, true));
    m_pace->setFont(scaledFont(font(), factor));
    m_text->setFont(scaledFont(storyFont(font()), factor));
}

QString TwinPanel::title() const { return m_title->text(); }
QString TwinPanel::pace() const { return m_pace->text(); }
QString TwinPanel::note() const { return m_note->text(); }

void TwinPanel::paintEvent(QPaintEvent*) {
    if (!m_colour.isValid()) return;
    QPainter painter(this);
    painter.fillRect(QRect(0, 0, width(), kLine), m_colour);
}

}  // namespace loom::ui
