// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/itemmodels/budget_model.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/data/presets.h"
#include "widgets/common/number_format.h"
#include "widgets/itemmodels/byte_sources_model.h"

namespace loom::ui {
namespace {

/// Drawn before anybody chooses.
constexpr const char* kTicked[] = {"paper-9l-mha", "paper-9l-mla-r2", "gpt2", "llama2-7b", "llama3-8b", "deepseek-v3"};

/// What people look for stands first: the shipped pair, the paper's nine layers, networks that everybody knows, then the other sizes.
int rank(const std::string& name) {
    const auto begins = [&name](const char* text) { return name.starts_with(text); };
    const bool norope = name.ends_with("-norope");
    if (begins("demo-")) return 0;
    if (begins("paper-9l") && !norope && name.find("shared") == std::string::npos) return 1;
    if (begins("gpt2") || begins("llama") || begins("deepseek")) return 2;
    if (begins("tinystories")) return 3;
    if (begins("paper-")) return norope ? 5 : 4;
    return 6;
}

std::vector<BudgetSubject> presetSubjects() {
    std::vector<Preset> sorted = presets();
    std::stable_sort(sorted.begin(), sorted.end(), [](const Preset& a, const Preset& b) { return rank(a.name) < rank(b.name); });
    std::vector<BudgetSubject> list;
    for (const Preset& preset : sorted) {
        BudgetSubject subject{QString::fromStdString(preset.name), QString::fromStdString(preset.description + " (" + preset.source + ")"),
                              preset.config};
        if (preset.reportedMegabytes) subject.reported = std::llround(*preset.reportedMegabytes * 1e6);
        list.push_back(subject);
        if (preset.config.attention.latent != Latent::Joint || preset.config.moe.experts == 0) continue;
        subject.name = BudgetModel::tr("%1, naive").arg(subject.name);
        subject.path = MlaPath::Naive;
        subject.reported.reset();
        list.push_back(subject);
    }
    return list;
}

std::optional<ByteSource> sourceOf(int column) {
    switch (column) {
        case BudgetModel::Paper: return ByteSource::Paper;
        case BudgetModel::Tensors: return ByteSource::Tensors;
        case BudgetModel::Formula:
        case BudgetModel::Cache:
        case BudgetModel::Weights:
        case BudgetModel::Stories: return ByteSource::Formula;
        default: return std::nullopt;
    }
}

}  // namespace

BudgetModel::BudgetModel(QObject* parent) : QAbstractTableModel(parent), m_subjects(presetSubjects()) {
    for (const char* name : kTicked) m_ticked.insert(QString::fromLatin1(name));
    for (const BudgetSubject& subject : m_subjects) m_weights.push_back(storedWeightBytes(subject.config));
}

void BudgetModel::setQuestion(const BudgetQuestion& question) {
    m_question = question;
    if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    emit headerDataChanged(Qt::Horizontal, 0, ColumnCount - 1);
}

void BudgetModel::setContestants(const std::vector<TwinContestant>& contestants) {
    beginResetModel();
    m_subjects.erase(m_subjects.begin(), m_subjects.begin() + static_cast<std::ptrdiff_t>(m_contestants));
    m_weights.erase(m_weights.begin(), m_weights.begin() + static_cast<std::ptrdiff_t>(m_contestants));
    for (std::size_t i = 0; i < contestants.size(); ++i) {
        const TwinContestant& one = contestants[i];
        BudgetSubject subject{QStringLiteral("%1 · %2").arg(QChar(u'A' + static_cast<char16_t>(i))).arg(QString::fromStdString(one.name)),
                              QString::fromStdString(one.choice.path), one.config, one.choice.mla};
        subject.measuredType = one.cache.dtype;
        m_ticked.insert(subject.name);
        m_subjects.insert(m_subjects.begin() + static_cast<std::ptrdiff_t>(i), subject);
        m_weights.insert(m_weights.begin() + static_cast<std::ptrdiff_t>(i), one.weightBytes);
    }
    m_contestants = contestants.size();
    endResetModel();
    emit tickedChanged();
}

void BudgetModel::setUses(const std::vector<CacheUse>& uses) {
    bool changed = false;
    for (std::size_t i = 0; i < std::min(uses.size(), m_contestants); ++i) {
        if (uses[i].capacityTokens <= 0) continue;
        std::int64_t bytes = 0;
        for (const LayerUse& layer : uses[i].layers) bytes += layer.bytes;
        const std::int64_t perToken = bytes / uses[i].capacityTokens;
        changed = changed || m_subjects[i].measured != perToken;
        m_subjects[i].measured = perToken;
    }
    if (changed) emit dataChanged(index(0, Tensors), index(static_cast<int>(m_contestants) - 1, Tensors));
}

CacheSpec BudgetModel::spec(int row) const { return cacheSpec(subject(row).config, subject(row).path, m_question.dtype); }

int BudgetModel::rowOf(const QString& name) const {
    const auto at = std::find_if(m_subjects.begin(), m_subjects.end(), [&name](const BudgetSubject& s) { return s.name == name; });
    return at == m_subjects.end() ? -1 : static_cast<int>(std::distance(m_subjects.begin(), at));
}

std::vector<int> BudgetModel::ticked() const {
    std::vector<int> rows;
    for (int row = 0; row < rowCount(); ++row) {
        if (m_ticked.contains(subject(row).name)) rows.push_back(row);
    }
    return rows;
}

BudgetModel::Answer BudgetModel::answer(int row) const {
    const CacheSpec cells = spec(row);
    Answer answer;
    answer.perToken = cells.bytesPerToken();
    if (const auto budget = guarded([&] { return cacheBudget(cells, m_question.context, m_question.batch); })) answer.cache = budget->bytes;
    answer.weights = m_weights[static_cast<std::size_t>(row)];
    const std::int64_t room = m_question.memory - (m_question.weights ? answer.weights : 0);
    answer.stories = storiesThatFit(cells, m_question.context, room);
    answer.fits = answer.stories >= m_question.batch;
    return answer;
}

QString BudgetModel::verdict(int row) const {
    const Answer a = answer(row);
    const QString name = subject(row).name;
    if (a.fits) {
        return tr("%1: %2 stories of %3 tokens fit into %4.")
            .arg(name, formatCount(a.stories), formatCount(m_question.context), formatBytes(m_question.memory));
    }
    if (m_question.weights && a.weights > m_question.memory) {
        return tr("%1: its weights alone take %2 of %3.").arg(name, formatBytes(a.weights), formatBytes(m_question.memory));
    }
    return tr("%1: of %2 stories of %3 tokens, %4 fit into %5.")
        .arg(name, formatCount(m_question.batch), formatCount(m_question.context), formatCount(a.stories), formatBytes(m_question.memory));
}

int BudgetModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_subjects.size()); }
int BudgetModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString BudgetModel::cell(int row, int column) const {
    const BudgetSubject& s = subject(row);
    const Answer a = answer(row);
    const QString none = QStringLiteral("–");
    switch (column) {
        case Name: return s.name;
        case Paper: return s.reported && m_question.dtype == DType::BF16 ? formatBytesExact(*s.reported) : none;
        case Formula: return formatBytesExact(a.perToken);
        case Tensors:
            if (!s.measured) return none;
            return s.measuredType == m_question.dtype
                       ? formatBytesExact(*s.measured)
                       : tr("%1 in %2").arg(formatBytesExact(*s.measured), QString::fromLatin1(loom::name(s.measuredType).data()));
        case Cache: return a.cache ? formatBytes(*a.cache) : tr("too large");
        case Weights: return formatBytes(a.weights);
        case Stories: return formatCount(a.stories);
        case Fits: return a.fits ? tr("fits") : tr("does not");
        default: return {};
    }
}

QVariant BudgetModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= ColumnCount) return {};
    const int row = index.row();
    switch (role) {
        case Qt::DisplayRole: return cell(row, index.column());
        case Qt::ToolTipRole:
            return QStringLiteral("%1\n%2 · %3")
                .arg(subject(row).description, QString::fromStdString(attentionFormName(subject(row).config.attention)),
                     QString::fromStdString(spec(row).equation()));
        case Qt::TextAlignmentRole:
            return QVariant::fromValue((index.column() == Name ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
        case Qt::CheckStateRole:
            return index.column() == Name ? QVariant(m_ticked.contains(subject(row).name) ? Qt::Checked : Qt::Unchecked) : QVariant();
        case FitsRole: return answer(row).fits;
        case ValueRole: break;
        default: return {};
    }
    const Answer a = answer(row);
    const auto figure = [](const std::optional<std::int64_t>& bytes) {
        return bytes ? QVariant(static_cast<qlonglong>(*bytes)) : QVariant();
    };
    switch (index.column()) {
        case Paper: return figure(m_question.dtype == DType::BF16 ? subject(row).reported : std::nullopt);
        case Formula: return figure(a.perToken);
        case Tensors: return figure(subject(row).measured);
        case Cache: return figure(a.cache);
        case Weights: return figure(a.weights);
        case Stories: return figure(a.stories);
        default: return {};
    }
}

bool BudgetModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (!index.isValid() || index.row() >= rowCount() || role != Qt::CheckStateRole || index.column() != Name) return false;
    const QString& name = subject(index.row()).name;
    if (value.value<Qt::CheckState>() == Qt::Checked) {
        m_ticked.insert(name);
    } else {
        m_ticked.remove(name);
    }
    emit dataChanged(index, index, {Qt::CheckStateRole});
    emit tickedChanged();
    return true;
}

Qt::ItemFlags BudgetModel::flags(const QModelIndex& index) const {
    if (!index.isValid()) return Qt::NoItemFlags;
    const Qt::ItemFlags usual = Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren;
    return index.column() == Name ? usual | Qt::ItemIsUserCheckable : usual;
}

QVariant BudgetModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
    if (role == Qt::TextAlignmentRole) return QVariant::fromValue((section == Name ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    const std::optional<ByteSource> source = sourceOf(section);
    if (role == Qt::DecorationRole && source) return byteSourceChip(*source, QColor(0x88, 0x88, 0x88));
    if (role == Qt::ToolTipRole) {
        switch (section) {
            case Cache: return tr("Bytes per token × %1 tokens × stories, by formula").arg(formatCount(m_question.context));
            case Weights:
                return tr("Of those compared as they lie in memory; of all others every parameter in the type it is published in");
            case Stories:
                return tr("How many stories of %1 tokens fit at once, each with a cache of its own").arg(formatCount(m_question.context));
            case Fits: return tr("Whether as many stories as were asked for fit");
            default: return source ? byteSourceHelp(*source) : tr("Ticked networks are drawn in Bytes by context");
        }
    }
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Name: return tr("network; bytes per token");
        case Cache: return m_question.batch == 1 ? tr("cache of a story") : tr("cache of %1 stories").arg(formatCount(m_question.batch));
        case Weights: return tr("weights");
        case Stories: return tr("stories at once");
        case Fits: return tr("fits?");
        default: return byteSourceTitle(*source);
    }
}

}  // namespace loom::ui
