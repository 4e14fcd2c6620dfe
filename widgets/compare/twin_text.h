// SPDX-License-Identifier: GPL-3.0-or-later
// TwinText: what one of those compared has written; words that differ are underlined and tinted.
#pragma once

#include <vector>

#include <QColor>
#include <QPlainTextEdit>
#include <QTextCharFormat>

#include "core/data/twin_update.h"

namespace loom::ui {

/// Read-only; scrolls along while its end is in view.
class TwinText final : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit TwinText(QWidget* parent = nullptr);

    /// Begins anew with the prompt; `ink` underlines what differs.
    void begin(const QString& prompt, const QColor& ink);
    void append(const std::vector<TwinToken>& tokens);

    [[nodiscard]] QSize sizeHint() const override { return {360, fontMetrics().lineSpacing() * 9}; }

    /// What is underlined, part by part.
    [[nodiscard]] QStringList differing() const;

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Part {
        QString text;
        bool prompt, differs;
    };
    [[nodiscard]] QTextCharFormat formatOf(const Part& part) const;
    void add(Part part);
    void insert(const Part& part);
    void rebuild();

    QColor m_ink;
    std::vector<Part> m_parts;  ///< neighbours of one kind are one part
};

}  // namespace loom::ui
