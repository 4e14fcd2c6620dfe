// SPDX-License-Identifier: GPL-3.0-or-later
// Cell images: one scan line is computed per row of cells and copied down.
#include "widgets/inside/cell_image.h"

#include <algorithm>
#include <cstring>

#include "widgets/itemmodels/heads_model.h"

namespace loom::ui {

std::vector<int> cellEdges(int cells, int side, bool stretch) {
    std::vector<int> edges(static_cast<std::size_t>(std::max(cells, 0)) + 1, 0);
    const int width = cells > 0 ? std::max(1, side / cells) : 0;
    for (int i = 1; i <= cells; ++i) {
        edges[static_cast<std::size_t>(i)] =
            stretch ? static_cast<int>((static_cast<std::int64_t>(i) * side + cells / 2) / cells) : i * width;
    }
    return edges;
}

QImage renderCells(const QImage& levels, const std::vector<int>& edges, const CellStyle& style) {
    const int side = edges.back();
    const auto cells = static_cast<int>(edges.size()) - 1;
    if (side <= 0 || levels.width() < cells || levels.height() < cells) return {};
    QImage image(side, side, QImage::Format_ARGB32_Premultiplied);
    std::vector<QRgb> line(static_cast<std::size_t>(side));
    std::vector<QRgb> gapLine(static_cast<std::size_t>(side));
    const int period = std::max(1, style.hatchPeriod);
    const QRgb hatch = qPremultiply(style.hatch);
    for (int row = 0; row < cells; ++row) {
        const int top = edges[static_cast<std::size_t>(row)];
        const int bottom = edges[static_cast<std::size_t>(row) + 1];
        const uchar* from = levels.constScanLine(row);
        int seen = 0;  // pixels of this line that hold weights; the rest is hatched
        for (int column = 0; column < cells && from[column] != HeadsModel::kMasked; ++column) {
            const int right = edges[static_cast<std::size_t>(column) + 1];
            const int inner = std::max(seen, right - style.gapWidth);
            std::fill(line.begin() + seen, line.begin() + inner, style.table[from[column]]);
            std::fill(line.begin() + inner, line.begin() + right, style.gap);
            seen = right;
        }
        std::fill(gapLine.begin(), gapLine.begin() + seen, style.gap);
        for (int y = top; y < bottom; ++y) {
            auto* out = reinterpret_cast<QRgb*>(image.scanLine(y));
            const bool gap = y >= bottom - style.gapWidth && bottom - top > style.gapWidth;
            std::memcpy(out, (gap ? gapLine : line).data(), static_cast<std::size_t>(seen) * sizeof(QRgb));
            for (int x = seen; x < side; ++x) out[x] = (x + y) % period < style.hatchWidth ? hatch : 0U;
        }
    }
    return image;
}

}  // namespace loom::ui
