// SPDX-License-Identifier: GPL-3.0-or-later
// Icons: see the header.
#include "widgets/common/icons.h"

#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QPixmap>
#include <QSvgRenderer>

#include "widgets/common/theme.h"

// The resource lies in a static library, whose initialisers the linker drops; the macro wants the global namespace.
static void initIconResources() { Q_INIT_RESOURCE(latentloom); }

namespace loom::ui {

namespace {

QByteArray svgOf(const QString& name) {
    initIconResources();
    QFile file(QStringLiteral(":/loom/icons/%1.svg").arg(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

class LineIconEngine final : public QIconEngine {
public:
    LineIconEngine(QByteArray svg, bool tinted) : m_svg(std::move(svg)), m_tinted(tinted) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
        QByteArray svg = m_svg;
        if (m_tinted) svg.replace("currentColor", inkFor(mode, state).name().toLatin1());
        QSvgRenderer renderer(svg);
        const qreal side = std::min(rect.width(), rect.height());
        const QPointF corner = QRectF(rect).center() - QPointF(side, side) / 2;
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        renderer.render(painter, QRectF(corner, QSizeF(side, side)));
        painter->restore();
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        QPixmap map(size);
        map.fill(Qt::transparent);
        QPainter painter(&map);
        paint(&painter, QRect(QPoint(), size), mode, state);
        return map;
    }

    QIconEngine* clone() const override { return new LineIconEngine(*this); }
    bool isNull() override { return m_svg.isEmpty(); }

private:
    static QColor inkFor(QIcon::Mode mode, QIcon::State state) {
        const QPalette palette = QGuiApplication::palette();
        if (mode == QIcon::Disabled) return palette.color(QPalette::Disabled, QPalette::ButtonText);
        return state == QIcon::On || mode == QIcon::Selected ? accent(palette) : palette.color(QPalette::Active, QPalette::ButtonText);
    }

    QByteArray m_svg;
    bool m_tinted;
};

}  // namespace

QIcon icon(const QString& name) { return QIcon(new LineIconEngine(svgOf(name), true)); }

QIcon appIcon() {
    // Sizes that window managers ask for, as pixmaps: some read no vector icons.
    const QIcon vector(new LineIconEngine(svgOf(QStringLiteral("latentloom")), false));
    QIcon result;
    for (const int side : {16, 24, 32, 48, 64, 128, 256}) result.addPixmap(vector.pixmap(QSize(side, side), 1.0));
    return result;
}

}  // namespace loom::ui
