// SPDX-License-Identifier: GPL-3.0-or-later
// BytesBox: the bytes the cache holds now, and what the other attention form would hold, on one scale.
#pragma once

#include <QWidget>

#include "core/data/cache_occupancy.h"

class QLabel;
class QToolButton;

namespace loom::ui {

class ByteBar;
class FormulaPopover;

class BytesBox final : public QWidget {
    Q_OBJECT

public:
    explicit BytesBox(QWidget* parent = nullptr);

    /// `twin` names the network whose configuration `other` comes from; empty = a formula.
    void setFigures(const CacheUse& use, const CacheSpec& other, const QString& twin = {});

    [[nodiscard]] const ByteBar* cacheBar() const { return m_cacheBar; }
    [[nodiscard]] const ByteBar* otherBar() const { return m_otherBar; }
    [[nodiscard]] QToolButton* cacheFigure() const { return m_cacheFigure; }
    [[nodiscard]] QToolButton* otherFigure() const { return m_otherFigure; }
    [[nodiscard]] FormulaPopover* popover() const { return m_popover; }
    /// "Keeps 128 numbers per token and layer instead of 512."
    [[nodiscard]] QString sentence() const;

private:
    void fillPopover();
    void open(const QWidget* anchor, bool other);

    QLabel* m_cacheName;
    QLabel* m_otherName;
    ByteBar* m_cacheBar;
    ByteBar* m_otherBar;
    QToolButton* m_cacheFigure;
    QToolButton* m_otherFigure;
    QLabel* m_sentence;
    QLabel* m_allocated;
    QLabel* m_equation;
    FormulaPopover* m_popover;
    CacheUse m_use;
    CacheSpec m_other;
    QString m_twin;
    bool m_otherOpen = false;  // whose equation the popover shows
};

}  // namespace loom::ui
