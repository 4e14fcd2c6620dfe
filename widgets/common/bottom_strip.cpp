// SPDX-License-Identifier: GPL-3.0-or-later
// BottomStrip: see the header.
#include "widgets/common/bottom_strip.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QResizeEvent>
#include <QVBoxLayout>

#include "widgets/common/byte_bar.h"
#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
#include "widgets/common/twin_switch.h"

namespace loom::ui {

namespace {

Meaning meaningOf(CacheForm form) { return form == CacheForm::Latent ? Meaning::Latent : Meaning::FullCache; }

QString coloured(const QString& text, const QColor& colour) {
    return QStringLiteral("<b style=\"color:%1\">%2</b>").arg(colour.name(), text.toHtmlEscaped());
}

}  // namespace

BottomStrip::BottomStrip(QWidget* parent) : QWidget(parent) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(14, 5, 14, 5);
    row->setSpacing(12);
    const auto cell = [this, row](const QString& name) {
        QLabel* label = mutedLabel({}, this);
        label->setObjectName(name);
        label->setTextFormat(Qt::RichText);  // all cells on one base line
        label->hide();
        row->addWidget(label);
        return label;
    };
    m_device = cell(QStringLiteral("device"));
    m_name = cell(QStringLiteral("model"));
    m_name->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
    m_name->setAccessibleName(tr("Model card"));
    connect(m_name, &QLabel::linkActivated, this, &BottomStrip::cardRequested);
    m_twin = new TwinSwitch(this);
    row->addWidget(m_twin);
    connect(m_twin, &TwinSwitch::twinRequested, this, &BottomStrip::twinRequested);
    m_speed = cell(QStringLiteral("speed"));
    m_context = cell(QStringLiteral("context"));
    m_status = cell(QStringLiteral("status"));
    m_device->setToolTip(tr("What computes, and with how many threads"));
    m_speed->setToolTip(tr("Words are made of tokens; this many are written per second, measured on this machine"));
    m_context->setToolTip(tr("How many tokens of the story the network sees, of as many as it was trained for"));
    row->addStretch(1);

    m_memory = new QWidget(this);
    auto* memory = new QHBoxLayout(m_memory);
    memory->setContentsMargins(0, 0, 0, 0);
    memory->setSpacing(10);
    m_memoryTitle = mutedLabel(tr("cache now"), m_memory);
    memory->addWidget(m_memoryTitle);
    auto* bars = new QVBoxLayout;
    bars->setSpacing(2);
    m_now = new ByteBar(m_memory);
    m_other = new ByteBar(m_memory);
    for (ByteBar* bar : {m_now, m_other}) {
        bar->setFixedHeight(8);
        bar->setMinimumWidth(120);
        bars->addWidget(bar);
    }
    memory->addLayout(bars, 1);
    m_memoryText = mutedLabel({}, m_memory);
    m_memoryText->setTextFormat(Qt::RichText);
    m_memoryText->setObjectName(QStringLiteral("memory"));
    memory->addWidget(m_memoryText);
    m_memory->hide();
    row->addWidget(m_memory, 3);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    refresh();
}

void BottomStrip::setModel(const ModelSummary& model) {
    m_model = model;
    m_hasModel = true;
    m_twin->setModel(model);
    m_use = {};
    m_use.spec = model.cache;
    setContext(0, model.config.context);
    setTokensPerSecond(0);
    refresh();
}

void BottomStrip::clearModel() {
    m_hasModel = false;
    m_use = {};
    m_twin->setModel({});
    m_context->clear();
    m_speed->clear();
    refresh();
}

void BottomStrip::setUse(const CacheUse& use) {
    m_use = use;
    refresh();
}

void BottomStrip::setContext(std::int64_t used, std::int64_t limit) {
    //: %1 tokens used of %2
    m_context->setText(
        tr("context %1 of %2")
            .arg(QStringLiteral("<b style=\"color:%1\">%2</b>").arg(palette().color(QPalette::Text).name(), formatCount(used)),
                 formatCount(limit)));
    m_context->setProperty("used", static_cast<qlonglong>(used));
    m_context->setProperty("limit", static_cast<qlonglong>(limit));
    fit();
}

void BottomStrip::setTokensPerSecond(double tokensPerSecond) {
    m_speed->setText(formatRate(tokensPerSecond));
    fit();
}

void BottomStrip::setStatus(const QString& text) {
    m_status->setText(text.toHtmlEscaped());
    fit();
}

void BottomStrip::refresh() {
    if (!m_hasModel) {
        m_device->setText(tr("No checkpoint open"));
        m_name->clear();
        m_memoryText->clear();
        fit();
        return;
    }
    QString device = QString::fromStdString(m_model.device).toHtmlEscaped();
    const bool reference = !m_model.fastPath && !m_model.precision.empty();
    if (reference) device = tr("%1 · reference path").arg(device);
    m_device->setToolTip(
        reference          ? tr("The reference network computes, through LibTorch. %1").arg(QString::fromStdString(m_model.whyReference))
        : m_model.fastPath ? tr("The fast path computes, with %1 kernels and %n thread(s)", nullptr, static_cast<int>(m_model.threads))
                                 .arg(QString::fromStdString(m_model.kernels))
                           : tr("What computes, and with how many threads"));
    m_device->setText(m_model.threads == 1  ? tr("%1 · 1 thread").arg(device)
                      : m_model.threads > 1 ? tr("%1 · %2 threads").arg(device).arg(m_model.threads)
                                            : device);
    const QString name = QString::fromStdString(m_model.name);
    const std::string weights = m_model.precision.empty() ? std::string(loom::name(m_model.cache.dtype)) : m_model.precision;
    const QString type = QString::fromStdString(weights);
    const QString link =
        QStringLiteral("<a href=\"card\" style=\"color:%1; text-decoration:none\">%2</a>")
            .arg(palette().color(QPalette::Text).name(), m_name->fontMetrics().elidedText(name, Qt::ElideMiddle, 220).toHtmlEscaped());
    m_name->setText(QStringLiteral("%1 · %2").arg(link, type));
    m_name->setToolTip(tr("%1\nClick for its card: what it was trained on and how good it is").arg(QString::fromStdString(m_model.path)));

    const CacheSpec& spec = m_use.spec;
    const CacheSpec& other = m_model.otherForm;
    const std::int64_t otherUsed = other.bytesPerToken() * m_use.usedTokens;
    const std::int64_t otherAll = other.bytesPerToken() * m_use.capacityTokens;
    const ScaleGroup scale = ScaleGroup::of({m_use.bytes, otherAll});
    m_now->setScale(scale);
    m_other->setScale(scale);
    m_now->setValue(ByteBar::Source::Measured, meaningOf(spec.form), m_use.usedBytes(), m_use.bytes);
    m_other->setValue(ByteBar::Source::Formula, meaningOf(other.form), otherUsed, otherAll);

    const QString own = coloured(formatBytes(m_use.usedBytes()), textColour(meaningOf(spec.form), palette()));
    const QString theirs = coloured(formatBytes(otherUsed), textColour(meaningOf(other.form), palette()));
    const QString kind = spec.form == CacheForm::Latent ? tr("latent") : tr("keys and values");
    //: %1 bytes, %2 "latent" or "keys and values", %3 "MHA" or "MLA" or a twin's name, %4 bytes
    const QString both = m_model.twin ? tr("%1 %2 · %3 would hold %4") : tr("%1 %2 · %3 would hold %4 (formula)");
    m_memoryText->setText(both.arg(own, kind, otherName().toHtmlEscaped(), theirs));
    const QString equation = QString::fromStdString(spec.equation());
    const QString otherEquation = QString::fromStdString(other.equation());
    m_memory->setToolTip(tr("Solid: %1 used by %2 tokens = %3 × %2 tokens.\nHatched: the rest of %4 allocated for %5 tokens.\n"
                            "Dashed: ")
                             .arg(formatBytesExact(m_use.usedBytes()), formatCount(m_use.usedTokens), equation,
                                  formatBytesExact(m_use.bytes), formatCount(m_use.capacityTokens)) +
                         (m_model.twin ? tr("what the trained twin %1 would hold, %2 × tokens, from its configuration.")
                                       : tr("what %1 of the same size would hold, %2 × tokens: a formula, not a trained network."))
                             .arg(otherName(), otherEquation));
    m_memory->setAccessibleName(tr("Memory"));
    m_memory->setAccessibleDescription(m_memory->toolTip());
    fit();
}

QString BottomStrip::otherName() const {
    if (m_model.twin) return QString::fromStdString(m_model.twin->name);
    return m_model.otherForm.form == CacheForm::Full ? tr("MHA") : tr("MLA");
}

// Shows what has something to say; in a narrow window the least important cells go first.
void BottomStrip::fit() {
    const bool memory = m_hasModel && m_use.bytes > 0;
    m_memory->setVisible(memory);
    m_memoryTitle->setVisible(width() >= 1100);
    for (QLabel* cell : {m_device, m_name, m_speed, m_context}) cell->setVisible(!cell->text().isEmpty());
    if (width() < 1000 && m_hasModel) m_device->hide();
    if (width() < 760) m_name->hide();
    m_status->setVisible(!m_status->text().isEmpty());
    for (QWidget* cell : {static_cast<QWidget*>(m_device), static_cast<QWidget*>(m_memoryTitle), static_cast<QWidget*>(m_speed),
                          static_cast<QWidget*>(m_name), static_cast<QWidget*>(m_context)}) {
        m_memory->layout()->invalidate();
        layout()->invalidate();
        if (layout()->minimumSize().width() <= width()) break;
        cell->hide();
    }
    update();
}

QSize BottomStrip::minimumSizeHint() const { return {320, fontMetrics().height() + 18}; }

void BottomStrip::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fit();
}

void BottomStrip::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() != QEvent::PaletteChange || !m_hasModel) return;
    setContext(m_context->property("used").toLongLong(), m_context->property("limit").toLongLong());
    refresh();
}

void BottomStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(QRect(0, 0, width(), 1), separator(palette()));
    // Thin lines between the cells that are shown.
    for (const QLabel* cell : {m_device, m_name, m_speed, m_context}) {
        if (!cell->isVisible()) continue;
        const int x = layoutDirection() == Qt::RightToLeft ? cell->geometry().left() - 6 : cell->geometry().right() + 6;
        painter.fillRect(QRect(x, height() / 2 - 7, 1, 14), separator(palette()));
    }
}

}  // namespace loom::ui
