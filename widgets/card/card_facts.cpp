// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/card/card_facts.h"

#include <string_view>

#include <QCoreApplication>

#include "widgets/common/number_format.h"
#include "widgets/common/time_format.h"

namespace loom::ui {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("loom::ui::ModelCardDialog", text); }
QString from(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

/// Collects what is known.
class Section {
public:
    explicit Section(const QString& title) { m_section.title = title; }
    void add(const QString& name, const QString& value) {
        if (!value.isEmpty()) m_section.facts.push_back({name, value});
    }
    void add(const QString& name, const std::optional<std::int64_t>& value) {
        if (value) add(name, formatCount(*value));
    }
    void add(const QString& name, const std::optional<double>& value, int digits) {
        if (value) add(name, QLocale().toString(*value, 'f', digits));
    }
    void appendTo(QList<CardSection>& list) const {
        if (!m_section.facts.isEmpty()) list.push_back(m_section);
    }

private:
    CardSection m_section;
};

Section network(const ModelSummary& model) {
    const ModelConfig& c = model.config;
    const AttentionConfig& a = c.attention;
    Section s(tr("Network"));
    QString attention = tr("%1, %2 heads").arg(from(attentionFormName(a))).arg(a.heads);
    if (a.latent == Latent::Joint) attention += tr(", latent %1 + rotary key %2").arg(a.kvLoraRank).arg(a.qkRopeHeadDim);
    s.add(tr("Attention"), attention);
    s.add(tr("Parameters"),
          tr("%1, of these %2 without embeddings").arg(formatCount(model.parameters.total), formatCount(model.parameters.nonEmbedding)));
    s.add(tr("Shape"), tr("%1 layers, width %2, feed-forward %3").arg(c.layers).arg(c.dModel).arg(c.ffnWidth));
    if (c.expertLayers() > 0) {
        s.add(tr("Experts"), tr("%1 in %2 layers, %3 used by a token, %4 shared; %5 parameters used by a token")
                                 .arg(c.moe.experts)
                                 .arg(c.expertLayers())
                                 .arg(c.moe.perToken)
                                 .arg(c.moe.shared)
                                 .arg(formatCount(model.parameters.active)));
    }
    s.add(tr("Keeps per token"), tr("%1 = %2").arg(formatBytesExact(model.cache.bytesPerToken()), from(model.cache.equation())));
    s.add(tr("Context"), tr("%1 tokens").arg(formatCount(c.context)));
    s.add(tr("Tokenizer"), from(model.tokenizer));
    s.add(tr("Family"), from(c.modelType.empty() ? std::string(name(c.family)) : c.modelType));
    s.add(tr("Stored as"), from(name(c.storage)));
    if (model.weightBytes > 0) s.add(tr("Weights in memory"), formatBytes(model.weightBytes));
    if (model.twin) s.add(tr("Twin"), from(model.twin->name));
    s.add(tr("Place"), from(model.path));
    return s;
}

Section measured(const CardResult& result) {
    Section s(tr("Measured on stories it never saw"));
    s.add(tr("Loss"), result.loss ? tr("%1 nats per token").arg(QLocale().toString(*result.loss, 'f', 3)) : QString());
    s.add(tr("Perplexity"), result.perplexity, 2);
    s.add(tr("Bits per byte"), result.bitsPerByte, 3);
    s.add(tr("Stories"), result.stories);
    s.add(tr("Tokens"), result.tokens);
    s.add(tr("Data"), from(result.data));
    return s;
}

Section training(const CardTraining& t) {
    Section s(tr("Training"));
    s.add(tr("Steps"), t.steps);
    s.add(tr("Tokens per step"), t.tokensPerStep);
    s.add(tr("Tokens seen"), t.tokensSeen);
    s.add(tr("Passes over the data"), t.passes, 1);
    if (t.seconds) s.add(tr("Time"), formatDuration(*t.seconds));
    s.add(tr("Precision"), from(t.precision));
    s.add(tr("Seed"), t.seed ? QString::number(*t.seed) : QString());
    for (const auto& [name, value] : t.settings) s.add(from(name), QLocale().toString(value, 'g', 6));
    return s;
}

Section data(const CardData& d) {
    Section s(tr("Training data"));
    s.add(tr("Name"), from(d.name));
    s.add(tr("Licence of the data"), from(d.licence));
    s.add(tr("Source"), from(d.source));
    s.add(tr("Stories"), d.stories);
    if (d.bytes) s.add(tr("Text"), formatBytes(*d.bytes));
    s.add(tr("Tokens"), d.tokens);
    return s;
}

}  // namespace

QList<CardSection> cardSections(const ModelSummary& model) {
    QList<CardSection> list;
    network(model).appendTo(list);
    if (!model.card) return list;
    measured(model.card->result).appendTo(list);
    data(model.card->data).appendTo(list);
    training(model.card->training).appendTo(list);
    return list;
}

}  // namespace loom::ui
