// SPDX-License-Identifier: GPL-3.0-or-later
// StoryModel: see the header.
#include "widgets/itemmodels/story_model.h"

#include <algorithm>

namespace loom::ui {

namespace {

QString fromUtf8(const std::string& text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

// The network reads a token again but knows less about it than when it was written: keep what we know.
TokenStep remembered(TokenStep fresh, const TokenStep& known, bool stillCached) {
    if (known.origin == TokenOrigin::Generated) fresh.origin = known.origin;
    if (fresh.alternatives.empty() && fresh.reread == known.reread) {
        fresh.alternatives = known.alternatives;
        fresh.probability = known.probability;
        fresh.trace = known.trace;
        fresh.decodeTime = known.decodeTime;
    }
    if (stillCached && fresh.laneNorms.empty()) fresh.laneNorms = known.laneNorms;
    if (stillCached && !fresh.attention) fresh.attention = known.attention;
    return fresh;
}

}  // namespace

StoryModel::StoryModel(QObject* parent) : QAbstractListModel(parent) {}

void StoryModel::apply(const StoryUpdate& update) {
    if (update.reset) resetTo(*update.reset, update.reused);
    if (!update.appended.empty()) append(update.appended, 0, 0);
    for (const TokenStep& step : update.cached) merge(step);
}

void StoryModel::clear() {
    beginResetModel();
    m_steps.clear();
    m_starts.clear();
    m_cached.clear();
    m_text.clear();
    endResetModel();
}

void StoryModel::resetTo(const std::vector<TokenStep>& steps, std::int64_t reused) {
    std::size_t same = 0;
    while (same < steps.size() && same < m_steps.size() && steps[same].token == m_steps[same].token &&
           steps[same].text == m_steps[same].text && steps[same].position == m_steps[same].position)
        ++same;
    std::vector<TokenStep> kept;
    kept.reserve(same);
    for (std::size_t i = 0; i < same; ++i) kept.push_back(remembered(steps[i], m_steps[i], static_cast<std::int64_t>(i) < reused));

    if (same > 0 && same == m_steps.size()) {
        m_steps = std::move(kept);
        for (std::size_t i = 0; i < same; ++i) m_cached[i] = static_cast<std::int64_t>(i) < reused;
        emit dataChanged(index(0), index(static_cast<int>(same) - 1));
        if (same < steps.size()) append(steps, same, reused);
        return;
    }
    beginResetModel();
    m_steps.clear();
    m_starts.clear();
    m_cached.clear();
    m_text.clear();
    for (std::size_t i = 0; i < steps.size(); ++i) store(i < same ? kept[i] : steps[i], static_cast<std::int64_t>(i) < reused);
    endResetModel();
}

void StoryModel::append(const std::vector<TokenStep>& steps, std::size_t from, std::int64_t reused) {
    const int first = rowCount();
    beginInsertRows({}, first, first + static_cast<int>(steps.size() - from) - 1);
    for (std::size_t i = from; i < steps.size(); ++i) store(steps[i], static_cast<std::int64_t>(i) < reused);
    endInsertRows();
}

void StoryModel::store(const TokenStep& step, bool cached) {
    m_starts.push_back(static_cast<int>(m_text.size()));
    m_cached.push_back(cached);
    m_text += fromUtf8(step.text);
    m_steps.push_back(step);
}

void StoryModel::merge(const TokenStep& step) {
    const int row = rowOf(step.position);
    if (row < 0) return;
    TokenStep& known = m_steps[static_cast<std::size_t>(row)];
    if (!step.laneNorms.empty()) known.laneNorms = step.laneNorms;
    if (step.attention) known.attention = step.attention;
    if (!step.alternatives.empty()) {
        known.alternatives = step.alternatives;
        known.probability = step.probability;
        if (known.origin == TokenOrigin::Generated) known.trace = step.trace;
    }
    m_cached[static_cast<std::size_t>(row)] = true;
    emit dataChanged(index(row), index(row));
}

int StoryModel::rowOf(std::int64_t position) const {
    const auto at =
        std::lower_bound(m_steps.begin(), m_steps.end(), position, [](const TokenStep& s, std::int64_t p) { return s.position < p; });
    return at != m_steps.end() && at->position == position ? static_cast<int>(at - m_steps.begin()) : -1;
}

int StoryModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_steps.size()); }

QVariant StoryModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const TokenStep& token = step(index.row());
    switch (role) {
        case Qt::DisplayRole:
        case LabelRole: return fromUtf8(token.label);
        case TextRole: return fromUtf8(token.text);
        case OriginRole: return static_cast<int>(token.origin);
        case ProbabilityRole: return token.probability;
        case PositionRole: return static_cast<qlonglong>(token.position);
        case StartRole: return start(index.row());
        case CachedRole: return bool(m_cached[static_cast<std::size_t>(index.row())]);
        default: return {};
    }
}

QHash<int, QByteArray> StoryModel::roleNames() const {
    return {{TextRole, "text"},         {LabelRole, "label"}, {OriginRole, "origin"}, {ProbabilityRole, "probability"},
            {PositionRole, "position"}, {StartRole, "start"}, {CachedRole, "cached"}};
}

const TokenStep& StoryModel::step(int row) const { return m_steps[static_cast<std::size_t>(row)]; }

int StoryModel::start(int row) const { return m_starts[static_cast<std::size_t>(row)]; }

int StoryModel::length(int row) const {
    const auto next = static_cast<std::size_t>(row) + 1;
    return (next < m_starts.size() ? m_starts[next] : static_cast<int>(m_text.size())) - start(row);
}

int StoryModel::tokenAt(int utf16Offset) const {
    if (utf16Offset < 0 || utf16Offset >= m_text.size()) return -1;
    // Tokens without text share their start with the token after them, so the last one that starts here has text.
    return static_cast<int>(std::upper_bound(m_starts.begin(), m_starts.end(), utf16Offset) - m_starts.begin()) - 1;
}

int StoryModel::firstTokenFrom(int utf16Offset) const {
    return static_cast<int>(std::lower_bound(m_starts.begin(), m_starts.end(), utf16Offset) - m_starts.begin());
}

}  // namespace loom::ui
