// SPDX-License-Identifier: GPL-3.0-or-later
// ByteBar: bytes as a bar. Used is solid, allocated but unused is hatched, a formula is a dashed outline.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include <QWidget>

#include "widgets/common/theme.h"

namespace loom::ui {

/// The scale that several bars share, so that their lengths can be compared.
struct ScaleGroup {
    std::int64_t maximum = 0;
    [[nodiscard]] static ScaleGroup of(std::initializer_list<std::int64_t> values) {
        ScaleGroup scale;
        for (const std::int64_t value : values) scale.maximum = std::max(scale.maximum, value);
        return scale;
    }
    /// 0 … 1; 0 if the scale is empty.
    [[nodiscard]] double fraction(std::int64_t value) const {
        if (maximum <= 0 || value <= 0) return 0;
        return value >= maximum ? 1.0 : static_cast<double>(value) / static_cast<double>(maximum);
    }
};

class ByteBar final : public QWidget {
    Q_OBJECT
public:
    enum class Source { Measured, Formula };

    explicit ByteBar(QWidget* parent = nullptr);

    /// Bytes used of bytes allocated, in the colour of `meaning`.
    void setValue(Source source, Meaning meaning, std::int64_t used, std::int64_t allocated);
    void setScale(ScaleGroup scale);
    void clear();

    [[nodiscard]] std::int64_t used() const { return m_used; }
    [[nodiscard]] std::int64_t allocated() const { return m_allocated; }
    [[nodiscard]] Source source() const { return m_source; }
    /// Where the used and the allocated part lie, in widget coordinates.
    [[nodiscard]] QRectF usedRect() const;
    [[nodiscard]] QRectF allocatedRect() const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] QRectF part(std::int64_t bytes) const;

    Source m_source = Source::Measured;
    Meaning m_meaning = Meaning::Latent;
    std::int64_t m_used = 0;
    std::int64_t m_allocated = 0;
    ScaleGroup m_scale;
};

/// Fills with thin diagonal lines: allocated but unused, or no value.
void paintHatch(QPainter& painter, const QRectF& area, const QColor& line);

}  // namespace loom::ui
