// SPDX-License-Identifier: GPL-3.0-or-later
// Cell images: attention levels drawn as squares on whole device pixels, with the keys nobody can see yet hatched.
#pragma once

#include <vector>

#include <QImage>
#include <QList>

namespace loom::ui {

/// `cells` + 1 borders in device pixels. With `stretch` false all cells are equally wide (side / cells, at least 1);
/// with it true they share `side` pixels as evenly as whole pixels allow.
[[nodiscard]] std::vector<int> cellEdges(int cells, int side, bool stretch);

struct CellStyle {
    QList<QRgb> table;    ///< 256 colours; index 255 is hatched instead
    QRgb gap = 0;         ///< between cells of the lower triangle
    QRgb hatch = 0;       ///< lines above the diagonal
    int gapWidth = 0;     ///< device pixels at the right and lower end of each cell; 0 for cells under 8 pixels
    int hatchPeriod = 8;  ///< device pixels between hatch lines
    int hatchWidth = 1;
};

/// An image of edges.back() pixels a side, ARGB32_Premultiplied. `levels` is one of HeadsModel's images and has edges.size() − 1 cells a
/// side.
[[nodiscard]] QImage renderCells(const QImage& levels, const std::vector<int>& edges, const CellStyle& style);

}  // namespace loom::ui
