// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/train/own_fields.h"

#include <cmath>

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QDoubleValidator>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>

#include "widgets/common/labels.h"

namespace loom::ui {
namespace {

constexpr int kColumns = 4;

void choose(QComboBox* box, const QVariant& value) { box->setCurrentIndex(std::max(0, box->findData(value))); }

}  // namespace

OwnFields::OwnFields(QWidget* parent) : QWidget(parent), m_grid(new QGridLayout(this)) {
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(12);
    m_grid->setVerticalSpacing(2);
    for (int column = 0; column < kColumns; ++column) m_grid->setColumnStretch(column, 1);

    m_form = new QComboBox(this);
    m_form->addItem(tr("MHA: full keys and values"), static_cast<int>(Latent::None));
    m_form->addItem(tr("MLA: one joint latent (DeepSeek)"), static_cast<int>(Latent::Joint));
    m_form->addItem(tr("MLA: a latent per head (the paper)"), static_cast<int>(Latent::PerHead));
    m_form->setMinimumContentsLength(16);
    m_form->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    addField(tr("Attention"), tr("What attention keeps for every token."), m_form, 2);
    m_rank = addNumber(tr("Latent"),
                       tr("Numbers that are kept of a token and layer in the latent: kv_lora_rank, or for each head k_rank and v_rank."), 1,
                       16384, 8, &m_rankName);
    m_rotary =
        addNumber(tr("Rotary key"), tr("qk_rope_head_dim: the part of the key that says where a token stands."), 2, 1024, 2, &m_rotaryName);
    m_width = addNumber(tr("Width"), tr("hidden_size: numbers that stand for a token between the layers."), 8, 16384, 32);
    m_layers = addNumber(tr("Layers"), tr("num_hidden_layers"), 1, 512, 1);
    m_heads = addNumber(tr("Heads"), tr("num_attention_heads; the width is divided among them."), 1, 512, 1);
    m_feedForward = addNumber(tr("Feed-forward"), tr("intermediate_size: inner width of the feed-forward network."), 8, 65536, 64);
    m_context = addNumber(tr("Context"), tr("Tokens that the network can look back over; one row of a batch."), 8, 8192, 64);
    m_vocab = addNumber(tr("Vocabulary"), tr("Tokens of the tokenizer that is learnt from the stories."), 300, 65536, 256, &m_vocabName);
    m_batch = addNumber(tr("Batch"), tr("Rows that are computed in one step."), 1, 4096, 1);
    m_steps = addNumber(tr("Steps"), tr("Steps of the optimiser in all."), 1, 10'000'000, 100);
    m_rate = new QLineEdit(this);
    auto* positive = new QDoubleValidator(0.0, 10.0, 12, m_rate);
    positive->setLocale(QLocale::c());
    m_rate->setValidator(positive);
    addField(tr("Learning rate"), tr("At its highest, after a tenth of the steps or a hundred."), m_rate);
    m_schedule = new QComboBox(this);
    m_schedule->addItem(tr("cosine"), QStringLiteral("cosine"));
    m_schedule->addItem(tr("linear"), QStringLiteral("linear"));
    m_schedule->addItem(tr("constant"), QStringLiteral("constant"));
    addField(tr("Schedule"), tr("How the learning rate falls to a tenth by the last step; constant stays."), m_schedule);
    m_precision = new QComboBox(this);
    m_precision->addItem(tr("bf16"), QStringLiteral("bf16"));
    m_precision->addItem(tr("f32"), QStringLiteral("f32"));
    addField(tr("Precision"), tr("bf16 computes products in 16 bits; weights and sums stay 32 bits wide."), m_precision);
    m_dropout = new QDoubleSpinBox(this);
    m_dropout->setRange(0, 0.95);
    m_dropout->setSingleStep(0.05);
    addField(tr("Dropout"), tr("Share of activations that is left out at random; helps where stories are seen many times."), m_dropout);
    m_average = new QComboBox(this);
    m_average->addItem(tr("none"), 0.0);
    for (const double decay : {0.99, 0.999, 0.9999})
        m_average->addItem(tr("over %1 steps").arg(QLocale().toString(std::llround(1 / (1 - decay)))), decay);
    addField(
        tr("Average"),
        tr("A moving average of the weights, which is measured and kept instead of the last ones. It smooths what single steps do; over a "
           "tenth of the steps or less."),
        m_average);
    m_patience = addNumber(tr("Patience"), tr("Measurements without a lower loss on held-out stories after which the run ends. 0: never."),
                           0, 1000, 1);
    m_patience->setSpecialValueText(tr("to the end"));

    for (QComboBox* box : {m_form, m_schedule, m_precision, m_average}) {
        connect(box, &QComboBox::currentIndexChanged, this, [this] {
            showForm();
            if (!m_quiet) emit changed();
        });
    }
    connect(m_dropout, &QDoubleSpinBox::valueChanged, this, [this] {
        if (!m_quiet) emit changed();
    });
    connect(m_rate, &QLineEdit::editingFinished, this, [this] {
        if (!m_quiet) emit changed();
    });
    setValues({}, {});
}

QLabel* OwnFields::addField(const QString& name, const QString& help, QWidget* field, int columns) {
    auto* label = mutedLabel(name, this);
    label->setBuddy(field);
    label->setToolTip(help);
    field->setToolTip(help);
    field->setAccessibleName(name);
    const int row = m_fields / kColumns * 2;
    m_grid->addWidget(label, row, m_fields % kColumns, 1, columns);
    m_grid->addWidget(field, row + 1, m_fields % kColumns, 1, columns);
    m_fields += columns;
    return label;
}

QSpinBox* OwnFields::addNumber(const QString& name, const QString& help, int least, int most, int step, QLabel** label) {
    auto* box = new QSpinBox(this);
    box->setRange(least, most);
    box->setSingleStep(step);
    box->setGroupSeparatorShown(true);
    box->setKeyboardTracking(false);
    QLabel* made = addField(name, help, box);
    if (label != nullptr) *label = made;
    connect(box, &QSpinBox::valueChanged, this, [this] {
        if (!m_quiet) emit changed();
    });
    return box;
}

void OwnFields::showForm() {
    const auto form = static_cast<Latent>(m_form->currentData().toInt());
    m_form->setEnabled(!m_formFixed);
    m_rank->setEnabled(form != Latent::None && !m_formFixed);
    m_rankName->setEnabled(m_rank->isEnabled());
    m_rankName->setText(form == Latent::PerHead ? tr("Latent per head") : tr("Latent"));
    m_rotary->setEnabled(form == Latent::Joint && !m_formFixed);
    m_rotaryName->setEnabled(m_rotary->isEnabled());
}

void OwnFields::setFormFixed(bool fixed) {
    m_formFixed = fixed;
    showForm();
}

void OwnFields::setVocabularyFixed(bool fixed) {
    m_vocab->setEnabled(!fixed);
    m_vocabName->setEnabled(!fixed);
}

void OwnFields::setValues(const OwnShape& s, const OwnTraining& t) {
    m_quiet = true;
    choose(m_form, static_cast<int>(s.form));
    const std::pair<QSpinBox*, std::int64_t> numbers[] = {
        {m_width, s.width}, {m_layers, s.layers}, {m_heads, s.heads},      {m_feedForward, s.feedForward},
        {m_rank, s.rank},   {m_rotary, s.rotary}, {m_context, s.context},  {m_vocab, s.vocab},
        {m_batch, t.batch}, {m_steps, t.steps},   {m_patience, t.patience}};
    for (const auto& [box, value] : numbers) box->setValue(static_cast<int>(value));
    m_rate->setText(QLocale::c().toString(t.learningRate, 'g', 6));
    m_dropout->setValue(t.dropout);
    choose(m_schedule, QString::fromStdString(t.schedule));
    choose(m_precision, QString::fromStdString(t.precision));
    choose(m_average, t.average);
    showForm();
    m_quiet = false;
}

OwnShape OwnFields::shape() const {
    return {static_cast<Latent>(m_form->currentData().toInt()),
            m_width->value(),
            m_layers->value(),
            m_heads->value(),
            m_feedForward->value(),
            m_rank->value(),
            m_rotary->value(),
            m_context->value(),
            m_vocab->value()};
}

OwnTraining OwnFields::training() const {
    return {m_batch->value(),
            m_steps->value(),
            QLocale::c().toDouble(m_rate->text()),
            m_schedule->currentData().toString().toStdString(),
            m_precision->currentData().toString().toStdString(),
            m_dropout->value(),
            m_average->currentData().toDouble(),
            m_patience->value()};
}

}  // namespace loom::ui
