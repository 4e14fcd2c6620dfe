// SPDX-License-Identifier: GPL-3.0-or-later
// FigureMenu: export of figures in the light theme.
#include "widgets/plot/figure_menu.h"

#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QCoreApplication>
#include <QFileDialog>
#include <QImage>
#include <QMenu>
#include <QMessageBox>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>

#include "widgets/common/theme.h"

namespace loom::ui {

namespace {

constexpr int kPictureRatio = 2;

QString tr(const char* text) { return QCoreApplication::translate("loom::ui::FigureMenu", text); }

QString writeWhole(const QString& path, const QByteArray& bytes) {
    QSaveFile file(path);
    if (file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit()) return {};
    return tr("“%1” could not be written: %2").arg(path, file.errorString());
}

using Save = QString (*)(const Figure&, const QString&);

void askAndSave(QWidget* owner, const Figure& figure, const QString& filter, const QString& ending, Save save) {
    auto* dialog = new QFileDialog(owner, tr("Save figure"), figure.name + ending, filter);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(ending.mid(1));
    QObject::connect(dialog, &QFileDialog::fileSelected, owner, [owner, figure, save](const QString& path) {
        const QString problem = save(figure, path);
        if (problem.isEmpty()) return;
        auto* box = new QMessageBox(QMessageBox::Warning, tr("Save figure"), problem, QMessageBox::Ok, owner);
        box->setAttribute(Qt::WA_DeleteOnClose);
        box->open();
    });
    dialog->open();
}

}  // namespace

QImage figurePicture(const Figure& figure) {
    QImage image(figure.size * kPictureRatio, QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(kPictureRatio);
    const QPalette colours = lightPalette();
    image.fill(colours.color(QPalette::Window));
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    figure.draw(painter, colours);
    return image;
}

QString saveFigurePng(const Figure& figure, const QString& path) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    if (!figurePicture(figure).save(&buffer, "PNG")) return tr("The picture could not be made");
    return writeWhole(path, bytes);
}

QString saveFigureSvg(const Figure& figure, const QString& path) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    QSvgGenerator svg;
    svg.setOutputDevice(&buffer);
    svg.setSize(figure.size);
    svg.setViewBox(QRect(QPoint(0, 0), figure.size));
    svg.setTitle(figure.name);
    QPainter painter(&svg);
    const QPalette colours = lightPalette();
    painter.fillRect(QRect(QPoint(0, 0), figure.size), colours.color(QPalette::Window));
    figure.draw(painter, colours);
    painter.end();
    return writeWhole(path, bytes);
}

QString saveFigureCsv(const Figure& figure, const QString& path) { return writeWhole(path, figure.csv().toUtf8()); }

QMenu* figureMenu(QWidget* owner, const Figure& figure) {
    auto* menu = new QMenu(owner);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("Copy picture"), owner, [figure] { QApplication::clipboard()->setImage(figurePicture(figure)); });
    menu->addAction(tr("Copy data"), owner, [figure] { QApplication::clipboard()->setText(figure.csv()); });
    menu->addSeparator();
    menu->addAction(tr("Save picture as PNG…"), owner,
                    [owner, figure] { askAndSave(owner, figure, tr("PNG picture (*.png)"), QStringLiteral(".png"), saveFigurePng); });
    menu->addAction(tr("Save picture as SVG…"), owner,
                    [owner, figure] { askAndSave(owner, figure, tr("SVG picture (*.svg)"), QStringLiteral(".svg"), saveFigureSvg); });
    menu->addAction(tr("Save data as CSV…"), owner,
                    [owner, figure] { askAndSave(owner, figure, tr("Table (*.csv)"), QStringLiteral(".csv"), saveFigureCsv); });
    return menu;
}

QString csvField(const QString& text) {
    QString field = text;
    field.replace(u'"', QStringLiteral("\"\""));
    return u'"' + field + u'"';
}

}  // namespace loom::ui
