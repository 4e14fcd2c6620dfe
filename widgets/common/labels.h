// SPDX-License-Identifier: GPL-3.0-or-later
// Labels that pages share: section headings, secondary text, separators.
#pragma once

#include <QString>

class QFrame;
class QLabel;
class QWidget;

namespace loom::ui {

[[nodiscard]] QLabel* pageTitle(const QString& text, QWidget* parent = nullptr);       ///< bold, a little larger
[[nodiscard]] QLabel* sectionHeading(const QString& text, QWidget* parent = nullptr);  ///< small, bold, muted capitals
[[nodiscard]] QLabel* mutedLabel(const QString& text, QWidget* parent = nullptr);      ///< secondary text
[[nodiscard]] QFrame* horizontalSeparator(QWidget* parent = nullptr);                  ///< one thin line

}  // namespace loom::ui
