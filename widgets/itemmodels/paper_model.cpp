// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/itemmodels/paper_model.h"

#include <cmath>

#include "core/data/byte_formulas.h"
#include "core/data/paper_results.h"
#include "core/data/presets.h"
#include "widgets/common/number_format.h"
#include "widgets/itemmodels/byte_sources_model.h"

namespace loom::ui {
namespace {

ByteSource sourceOf(int column) {
    if (column <= PaperModel::PaperBytes) return ByteSource::Paper;
    return column == PaperModel::FormulaBytes ? ByteSource::Formula : ByteSource::Tensors;
}

}  // namespace

PaperModel::PaperModel(QObject* parent) : QAbstractTableModel(parent) {}

void PaperModel::setRuns(const std::vector<RunSummary>& runs) {
    m_measured.clear();
    for (const RunSummary& run : runs) {
        if (!run.bestLoss || run.preset.empty()) continue;
        const QString preset = QString::fromStdString(run.preset);
        const auto known = m_measured.constFind(preset);
        if (known != m_measured.constEnd() && known->loss <= *run.bestLoss) continue;
        m_measured.insert(preset, {*run.bestLoss, run.bestStep, QString::fromStdString(run.name)});
    }
    emit dataChanged(index(0, MeasuredLoss), index(rowCount() - 1, MeasuredSteps));
}

int PaperModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(paperResults().size()); }
int PaperModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

std::optional<double> PaperModel::value(int row, int column) const {
    const PaperResult& result = paperResults()[static_cast<std::size_t>(row)];
    const Preset& preset = presetNamed(result.preset);
    const auto measured = m_measured.constFind(QString::fromStdString(result.preset));
    switch (column) {
        case PaperLoss: return result.validationLoss;
        case PaperAgainst: return result.againstMha;
        case PaperBytes: return preset.reportedMegabytes ? std::optional(*preset.reportedMegabytes * 1e6) : std::nullopt;
        case FormulaBytes: return static_cast<double>(cacheSpec(preset.config, MlaPath::Absorbed, DType::BF16).bytesPerToken());
        case MeasuredLoss: return measured == m_measured.constEnd() ? std::nullopt : std::optional(measured->loss);
        case MeasuredSteps: return measured == m_measured.constEnd() ? std::nullopt : std::optional(static_cast<double>(measured->steps));
        default: return std::nullopt;
    }
}

QVariant PaperModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= ColumnCount) return {};
    const PaperResult& result = paperResults()[static_cast<std::size_t>(index.row())];
    const int column = index.column();
    if (role == Qt::TextAlignmentRole) return QVariant::fromValue((column == Variant ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        const auto measured = m_measured.constFind(QString::fromStdString(result.preset));
        if (column >= MeasuredLoss && measured != m_measured.constEnd()) return tr("The run %1").arg(measured->run);
        if (column >= MeasuredLoss)
            return tr("Train the preset %1 on the Train page, and its loss stands here.").arg(QString::fromStdString(result.preset));
        return tr("Here: the preset %1").arg(QString::fromStdString(result.preset));
    }
    if (column == Variant) return role == Qt::DisplayRole ? QVariant(QString::fromStdString(result.variant)) : QVariant();
    const std::optional<double> figure = value(index.row(), column);
    if (role == ValueRole) return figure ? QVariant(*figure) : QVariant();
    if (role != Qt::DisplayRole) return {};
    if (!figure) return column >= MeasuredLoss ? tr("not trained") : QStringLiteral("–");
    const QLocale locale;
    switch (column) {
        case PaperAgainst: {
            // Better by "about 2 %": the paper says no more.
            return *figure < 0 ? tr("about −%1 %").arg(locale.toString(-*figure * 100, 'f', 0))
                               : tr("+%1 %").arg(locale.toString(*figure * 100, 'f', 1));
        }
        case PaperBytes:
        case FormulaBytes: return formatBytesExact(std::llround(*figure));
        case MeasuredSteps: return formatCount(std::llround(*figure));
        default: return locale.toString(*figure, 'f', 3);
    }
}

QVariant PaperModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
    if (role == Qt::TextAlignmentRole) return QVariant::fromValue((section == Variant ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role == Qt::DecorationRole && section != Variant) return byteSourceChip(sourceOf(section), QColor(0x88, 0x88, 0x88));
    if (role == Qt::ToolTipRole) {
        switch (section) {
            case PaperLoss:
            case PaperAgainst:
            case PaperBytes: return tr("Reported by arXiv 2506.09342, as it prints it");
            case FormulaBytes: return tr("Computed from the shapes, at 16 bits");
            case MeasuredLoss:
                return tr(
                    "The lowest loss on held-out stories of your runs of this preset. Other stories and fewer steps are no replication.");
            case MeasuredSteps: return tr("The step at which it was reached; the paper trained for 50,000");
            default: return {};
        }
    }
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Variant: return tr("9 layers, width 512, 8 heads");
        case PaperLoss: return tr("paper: loss");
        case PaperAgainst: return tr("paper: against MHA");
        case PaperBytes: return tr("paper: bytes a token");
        case FormulaBytes: return tr("formula: bytes a token");
        case MeasuredLoss: return tr("measured here: loss");
        case MeasuredSteps: return tr("measured here: step");
        default: return {};
    }
}

}  // namespace loom::ui
