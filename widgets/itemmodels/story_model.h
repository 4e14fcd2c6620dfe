// SPDX-License-Identifier: GPL-3.0-or-later
// StoryModel: the story as a list of tokens, the one truth all views share.
#pragma once

#include <cstdint>
#include <vector>

#include <QAbstractListModel>
#include <QString>

#include "core/data/story_update.h"

namespace loom::ui {

/// One row per token, in order of position. Offsets are UTF-16 units into storyText().
class StoryModel final : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role {
        TextRole = Qt::UserRole + 1,  ///< QString, what the token adds to the story; empty for specials
        LabelRole,                    ///< QString, how a diagram shows it
        OriginRole,                   ///< int, a loom::TokenOrigin
        ProbabilityRole,              ///< float before the samplers; 0 if not computed
        PositionRole,                 ///< qlonglong
        StartRole,                    ///< int, offset in storyText()
        CachedRole,                   ///< bool, this position is in the cache
    };
    Q_ENUM(Role)

    explicit StoryModel(QObject* parent = nullptr);

    /// reset → modelReset, or rowsInserted where the new story only goes on from this one (tokens that stay keep what
    /// is known about them); appended → rowsInserted; cached → dataChanged, steps at unknown positions are ignored.
    void apply(const StoryUpdate& update);
    void clear();

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

    /// `row` must be valid.
    [[nodiscard]] const TokenStep& step(int row) const;
    /// The token whose text covers this offset, or -1.
    [[nodiscard]] int tokenAt(int utf16Offset) const;
    /// First row whose text starts at or after the offset; rowCount() if none does.
    [[nodiscard]] int firstTokenFrom(int utf16Offset) const;
    [[nodiscard]] int start(int row) const;   ///< offset where the token's text begins; `row` must be valid
    [[nodiscard]] int length(int row) const;  ///< UTF-16 units of the token's text; `row` must be valid
    [[nodiscard]] const QString& storyText() const { return m_text; }

private:
    void resetTo(const std::vector<TokenStep>& steps, std::int64_t reused);
    void append(const std::vector<TokenStep>& steps, std::size_t from, std::int64_t reused);
    void store(const TokenStep& step, bool cached);
    void merge(const TokenStep& step);
    [[nodiscard]] int rowOf(std::int64_t position) const;

    std::vector<TokenStep> m_steps;
    std::vector<int> m_starts;
    std::vector<bool> m_cached;
    QString m_text;
};

}  // namespace loom::ui
