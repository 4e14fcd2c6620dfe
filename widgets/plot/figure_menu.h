// SPDX-License-Identifier: GPL-3.0-or-later
// FigureMenu: the same right-click menu for every figure: copy the picture, save it as PNG or SVG, save its data as CSV.
#pragma once

#include <functional>

#include <QPalette>
#include <QPoint>
#include <QSize>
#include <QString>

class QImage;
class QMenu;
class QPainter;
class QWidget;

namespace loom::ui {

/// What can be exported. The functions may be called later, while the menu's owner is alive.
struct Figure {
    QString name;                                          ///< suggested file name without its ending
    QSize size;                                            ///< logical pixels
    std::function<void(QPainter&, const QPalette&)> draw;  ///< draws into (0, 0, size) in the given colours
    std::function<QString()> csv;
};

/// Pictures are always in the light theme, at two device pixels per logical one.
[[nodiscard]] QImage figurePicture(const Figure& figure);
/// Each writes the whole file or nothing; returns an empty text or what went wrong.
[[nodiscard]] QString saveFigurePng(const Figure& figure, const QString& path);
[[nodiscard]] QString saveFigureSvg(const Figure& figure, const QString& path);
[[nodiscard]] QString saveFigureCsv(const Figure& figure, const QString& path);

/// A menu that deletes itself when closed; show it with popup().
[[nodiscard]] QMenu* figureMenu(QWidget* owner, const Figure& figure);

/// A CSV field, quoted where needed.
[[nodiscard]] QString csvField(const QString& text);

}  // namespace loom::ui
