// SPDX-License-Identifier: GPL-3.0-or-later
// TwinPanel: one of those compared: its name, how fast it is, and its text under a line of its form's colour.
#pragma once

#include <QWidget>

#include "core/data/twin_update.h"

class QLabel;

namespace loom::ui {

class TwinText;

class TwinPanel final : public QWidget {
    Q_OBJECT

public:
    explicit TwinPanel(QWidget* parent = nullptr);

    /// A new story; `letter` is "A", "B", ….
    void begin(const QString& letter, const TwinContestant& contestant);
    void append(const std::vector<TwinToken>& tokens);
    void setPace(double millisecondsPerToken, double tokensPerSecond);

    /// For a projector.
    void setLarge(bool large);

    [[nodiscard]] TwinText* text() const { return m_text; }
    [[nodiscard]] QString title() const;
    [[nodiscard]] QString pace() const;
    [[nodiscard]] QString note() const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QLabel* m_title;
    QLabel* m_pace;
    QLabel* m_note;
    TwinText* m_text;
    QString m_facts;  ///< its form
    QColor m_colour;
};

/// "A · Demo MHA"
[[nodiscard]] QString twinTitle(const QString& letter, const TwinContestant& contestant);
/// "A", "B", …
[[nodiscard]] QString twinLetter(std::size_t index);

}  // namespace loom::ui
