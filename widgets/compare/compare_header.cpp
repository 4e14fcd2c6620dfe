// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/compare/compare_header.h"

#include <algorithm>

#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSpinBox>
#include <QToolButton>

#include "core/data/presets.h"
#include "widgets/common/icons.h"
#include "widgets/common/labels.h"
#include "widgets/compare/twin_panel.h"

namespace loom::ui {
namespace {

constexpr std::size_t kMost = 4;
constexpr std::size_t kLeast = 2;

QPushButton* button(const QString& text, const char* iconName, const QString& help, QWidget* parent) {
    auto* made = new QPushButton(icon(QString::fromLatin1(iconName)), text, parent);
    made->setToolTip(help);
    made->setAccessibleName(help);
    return made;
}

}  // namespace

CompareHeader::CompareHeader(QWidget* parent)
    : QWidget(parent),
      m_choiceRow(new QHBoxLayout),
      m_add(button({}, "add", tr("Compare one more, at most four"), this)),
      m_swap(button(tr("S&wap"), "swap", tr("Change sides: who stands first is what the others are compared with"), this)),
      m_restart(button(tr("&Restart"), "restart", tr("Begin again from this prompt and seed"), this)),
      m_play(button(tr("&Play"), "play", tr("Let all of them write"), this)),
      m_step(button(tr("One &token"), "step", tr("One token each"), this)),
      m_present(new QPushButton(tr("Prese&nt"), this)),
      m_prompt(new QLineEdit(this)),
      m_seed(new QSpinBox(this)),
      m_pace(new QComboBox(this)) {
    m_prompt->setPlaceholderText(tr("How both stories begin"));
    m_prompt->setToolTip(tr("All of them go on from these words. Enter begins again."));
    m_prompt->setAccessibleName(tr("Prompt"));
    m_prompt->setMaxLength(20'000);
    m_seed->setRange(0, 999'999'999);
    m_seed->setValue(1);
    m_seed->setButtonSymbols(QAbstractSpinBox::NoButtons);
    m_seed->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("999 999 999")) + 16);
    m_seed->setToolTip(
        tr("The same seed writes the same stories. All of them draw the same random numbers, so where two networks expect the "
           "same they write the same. Temperature 0.8, top-p 0.95. Enter begins again."));
    m_seed->setAccessibleName(tr("Seed"));
    m_pace->addItem(tr("5 tokens a second"), 5);
    m_pace->addItem(tr("20 tokens a second"), 20);
    m_pace->addItem(tr("As fast as they can"), 0);
    m_pace->setCurrentIndex(1);
    m_pace->setToolTip(
        tr("How fast the common clock ticks. Times per token are measured whatever it is; they are steadiest at full speed."));
    m_pace->setAccessibleName(tr("Pace"));

    m_choiceRow->setSpacing(8);
    m_choiceRow->addWidget(m_add);
    m_choiceRow->addWidget(m_swap);
    m_choiceRow->addStretch(1);
    m_present->setCheckable(true);
    m_present->setToolTip(tr("Texts and bars alone, large, for a projector; Esc comes back"));
    m_choiceRow->addWidget(m_pace);
    m_choiceRow->addWidget(m_present);
    auto* second = new QHBoxLayout;
    second->setSpacing(8);
    auto* seedLabel = mutedLabel(tr("seed"), this);
    seedLabel->setBuddy(m_seed);
    second->addWidget(m_prompt, 1);
    second->addWidget(seedLabel);
    second->addWidget(m_seed);
    second->addWidget(m_restart);
    second->addWidget(m_play);
    second->addWidget(m_step);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addLayout(m_choiceRow);
    column->addLayout(second);

    connect(m_prompt, &QLineEdit::returnPressed, this, &CompareHeader::beginWanted);
    connect(m_seed->findChild<QLineEdit*>(), &QLineEdit::returnPressed, this, &CompareHeader::beginWanted);
    connect(m_restart, &QPushButton::clicked, this, &CompareHeader::beginWanted);
    connect(m_step, &QPushButton::clicked, this, &CompareHeader::stepWanted);
    connect(m_play, &QPushButton::clicked, this, [this] {
        if (m_state == TwinState::Playing) return emit pauseWanted();
        if (m_state == TwinState::Paused) return emit playWanted();
        emit beginWanted();
    });
    connect(m_swap, &QPushButton::clicked, this, [this] {
        std::rotate(m_choices.begin(), m_choices.begin() + 1, m_choices.end());
        m_contestants.clear();
        rebuildChoosers();
        emit beginWanted();
    });
    connect(m_add, &QPushButton::clicked, this, [this] {
        emit candidatesWanted();
        menuOf(m_choices.size())->popup(m_add->mapToGlobal(QPoint(0, m_add->height())));
    });
    connect(m_present, &QPushButton::toggled, this, &CompareHeader::presentToggled);
    connect(m_pace, &QComboBox::activated, this, [this] { emit paceChosen(m_pace->currentData().toInt()); });
    rebuildChoosers();
}

void CompareHeader::setCandidates(std::vector<TwinCandidate> candidates) { m_candidates = std::move(candidates); }

void CompareHeader::setChoices(std::vector<TwinChoice> choices) {
    m_choices = std::move(choices);
    m_contestants.clear();
    rebuildChoosers();
}

void CompareHeader::setContestants(const std::vector<TwinContestant>& contestants) {
    m_contestants = contestants;
    m_choices.clear();
    for (const TwinContestant& contestant : contestants) m_choices.push_back(contestant.choice);
    rebuildChoosers();
}

void CompareHeader::setState(TwinState state) {
    m_state = state;
    refresh();
}

void CompareHeader::setPrompt(const QString& prompt) { m_prompt->setText(prompt); }
void CompareHeader::setSeed(int seed) { m_seed->setValue(seed); }

TwinWish CompareHeader::wish() const {
    TwinWish wish;
    wish.choices = m_choices;
    wish.prompt = m_prompt->text().toStdString();
    wish.seed = static_cast<std::uint64_t>(m_seed->value());
    return wish;
}

QString CompareHeader::titleOf(const TwinChoice& choice) const {
    for (std::size_t i = 0; i < std::min(m_contestants.size(), m_choices.size()); ++i) {
        if (m_choices[i] == choice) return QString::fromStdString(m_contestants[i].name);
    }
    for (const TwinCandidate& candidate : m_candidates) {
        if (candidate.choice.path == choice.path && candidate.choice.preset == choice.preset) return candidate.title;
    }
    return choice.preset.empty() ? QFileInfo(QString::fromStdString(choice.path)).fileName() : QString::fromStdString(choice.preset);
}

void CompareHeader::rebuildChoosers() {
    const std::size_t wanted = std::max(kLeast, m_choices.size());
    while (m_choosers.size() > wanted) {
        m_choosers.back()->deleteLater();
        m_choosers.back()->hide();
        m_choosers.pop_back();
    }
    while (m_choosers.size() < wanted) {
        const std::size_t who = m_choosers.size();
        auto* chooser = new QToolButton(this);
        chooser->setToolButtonStyle(Qt::ToolButtonTextOnly);
        chooser->setToolTip(tr("Choose who is compared"));
        connect(chooser, &QToolButton::clicked, this, [this, who, chooser] {
            emit candidatesWanted();
            menuOf(who)->popup(chooser->mapToGlobal(QPoint(0, chooser->height())));
        });
        m_choiceRow->insertWidget(static_cast<int>(who), chooser);
        m_choosers.push_back(chooser);
    }
    for (std::size_t i = 0; i < m_choosers.size(); ++i) {
        const bool known = i < m_choices.size();
        QString text = tr("%1 · choose…").arg(twinLetter(i));
        if (known) {
            text = QStringLiteral("%1 · %2").arg(twinLetter(i), fontMetrics().elidedText(titleOf(m_choices[i]), Qt::ElideMiddle, 200));
            if (!m_choices[i].preset.empty()) text += tr(" (untrained)");
            if (m_choices[i].mla == MlaPath::Naive) text += tr(", naive");
        }
        m_choosers[i]->setText(text);
        m_choosers[i]->setAccessibleName(tr("Compared: %1").arg(text));
    }
    refresh();
}

void CompareHeader::refresh() {
    const bool enough = m_choices.size() >= kLeast;
    const bool playing = m_state == TwinState::Playing;
    m_play->setText(playing ? tr("&Pause") : m_state == TwinState::Ended ? tr("&Play again") : tr("&Play"));
    m_play->setIcon(icon(playing ? QStringLiteral("pause") : QStringLiteral("play")));
    m_play->setToolTip(playing ? tr("Rest after this token; nothing is lost") : tr("Let all of them write"));
    m_play->setEnabled(enough && m_state != TwinState::Opening);
    m_step->setEnabled(m_state == TwinState::Paused);
    m_restart->setEnabled(enough);
    m_swap->setEnabled(enough);
    m_add->setEnabled(enough && m_choices.size() < kMost);
}

void CompareHeader::choose(std::size_t who, const TwinChoice& choice) {
    if (who < m_choices.size()) {
        m_choices[who] = choice;
    } else {
        m_choices.push_back(choice);
    }
    m_contestants.clear();
    rebuildChoosers();
    if (m_choices.size() >= kLeast) emit beginWanted();
}

QMenu* CompareHeader::menuOf(std::size_t who) {
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    QString group;
    for (const TwinCandidate& candidate : m_candidates) {
        if (candidate.group != group) menu->addSection(group = candidate.group);
        QString text = candidate.title;
        QAction* action = menu->addAction(text.replace(QLatin1Char('&'), QLatin1String("&&")));
        action->setToolTip(QString::fromStdString(candidate.choice.path));
        connect(action, &QAction::triggered, this, [this, who, choice = candidate.choice] { choose(who, choice); });
    }
    menu->addSeparator();
    connect(menu->addAction(tr("&File or folder…")), &QAction::triggered, this, [this, who] { emit folderWanted(static_cast<int>(who)); });
    QMenu* random = menu->addMenu(tr("&Untrained, random weights"));
    random->setToolTipsVisible(true);
    random->setToolTip(tr("A network of this shape that has learnt nothing: for its bytes and its time"));
    for (const Preset& preset : presets()) {
        if (preset.parameters() > 400'000'000) continue;  // f32 weights of two gigabytes and more are no matter of a click
        QAction* action = random->addAction(QString::fromStdString(preset.name));
        action->setToolTip(QString::fromStdString(preset.description));
        connect(action, &QAction::triggered, this, [this, who, name = preset.name] {
            TwinChoice choice;
            choice.preset = name;
            choose(who, choice);
        });
    }
    if (who < m_contestants.size() && m_contestants[who].config.attention.latent == Latent::Joint) {
        menu->addSeparator();
        QAction* naive = menu->addAction(tr("Decode &naively (keeps keys and values)"));
        naive->setCheckable(true);
        naive->setChecked(m_choices[who].mla == MlaPath::Naive);
        connect(naive, &QAction::triggered, this, [this, who](bool on) {
            TwinChoice choice = m_choices[who];
            choice.mla = on ? MlaPath::Naive : MlaPath::Absorbed;
            choose(who, choice);
        });
    }
    if (who >= kLeast && who < m_choices.size()) {
        connect(menu->addAction(tr("&Take out")), &QAction::triggered, this, [this, who] {
            m_choices.erase(m_choices.begin() + static_cast<std::ptrdiff_t>(who));
            m_contestants.clear();
            rebuildChoosers();
            emit beginWanted();
        });
    }
    return menu;
}

}  // namespace loom::ui
