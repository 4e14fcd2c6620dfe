// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/about_dialog.h"

#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMainWindow>
#include <QTabWidget>
#include <QTextBrowser>
#include <QVBoxLayout>

#include "widgets/common/icons.h"

namespace loom::app {
namespace {

struct Notice {
    const char* name;
    const char* licence;
    const char* use;
};

// What is linked or read at run time, with the licence it is under.
constexpr Notice kNotices[] = {
    {"Qt 6", "LGPL-3.0", QT_TRANSLATE_NOOP("QMainWindow", "the window")},
    {"LibTorch (PyTorch)", "BSD-3-Clause", QT_TRANSLATE_NOOP("QMainWindow", "the arithmetic of the networks")},
    {"QCustomPlot", "GPL-3.0-or-later", QT_TRANSLATE_NOOP("QMainWindow", "plots")},
    {"Dear ImGui", "MIT", QT_TRANSLATE_NOOP("QMainWindow", "the debug overlay")},
    {"PCRE2", "BSD-3-Clause", QT_TRANSLATE_NOOP("QMainWindow", "splitting text for tokenizers")},
    {"SentencePiece", "Apache-2.0", QT_TRANSLATE_NOOP("QMainWindow", "its own tokenizers")},
    {"libcurl", "curl", QT_TRANSLATE_NOOP("QMainWindow", "downloading stories, when you ask for it")},
    {"OpenSSL", "Apache-2.0", QT_TRANSLATE_NOOP("QMainWindow", "their checksums and encrypted connections")},
    {"utf8proc", "MIT", QT_TRANSLATE_NOOP("QMainWindow", "Unicode normalization")},
    {"JSON for Modern C++", "MIT", QT_TRANSLATE_NOOP("QMainWindow", "configuration files")},
    {"CLI11", "BSD-3-Clause", QT_TRANSLATE_NOOP("QMainWindow", "the command line")},
    {"tl::expected", "CC0-1.0", QT_TRANSLATE_NOOP("QMainWindow", "errors as values")},
    {"viridis and cividis", "CC0-1.0", QT_TRANSLATE_NOOP("QMainWindow", "colour maps")},
};

QString tr(const char* text) { return QMainWindow::tr(text); }

QString aboutText() {
    return tr(
        "<p>LatentLoom writes stories with small language models and shows, while the words appear, what attention keeps in memory and "
        "where it looks: full keys and values, or the small latent of Multi-head Latent Attention.</p>"
        "<p>Every figure of memory comes from its equation and from the bytes that are really allocated; every speed is measured on this "
        "machine. What another form of attention would keep comes from its formula or from a twin's configuration, and says which.</p>"
        "<p>A network of a few million parameters writes simple stories. They lose the thread, repeat themselves and are not true. "
        "That is what such a network can do, and it is enough to see how it works.</p>"
        "<p>Nothing is sent anywhere. Your stories and models stay on this computer. The network is used for one thing only: stories "
        "that you download on the Train page.</p>"
        "<p>LatentLoom is free software under the GNU General Public License, version 3 or later. It comes without any warranty.</p>");
}

QString noticesText() {
    QString rows;
    for (const Notice& notice : kNotices) {
        rows += QStringLiteral("<tr><td><b>%1</b></td><td>&nbsp;&nbsp;%2</td><td>&nbsp;&nbsp;%3</td></tr>")
                    .arg(QString::fromLatin1(notice.name), QString::fromLatin1(notice.licence), tr(notice.use));
    }
    return tr("<p>LatentLoom stands on the work of others:</p>") + QStringLiteral("<table cellspacing='4'>") + rows +
           QStringLiteral("</table>") +
           tr("<p>Because QCustomPlot is under the GPL, the program as a whole is too. Checkpoints that you open have licences of their "
              "own.</p>");
}

/// The pair of models that comes with the program.
QString modelsText() {
    return tr(
        "<p>With the program come two small networks, twins that differ in attention only: Demo MLA and Demo MHA. They were trained for "
        "LatentLoom on 19,689 stories of TinyStories (Eldan and Li, arXiv 2305.07759); the licence of that data is CDLA-Sharing-1.0. "
        "Their model cards say how, and how good they are.</p>");
}

QTextBrowser* page(const QString& html, QWidget* parent) {
    auto* browser = new QTextBrowser(parent);
    browser->setFrameShape(QFrame::NoFrame);
    browser->setOpenLinks(false);
    browser->setHtml(html);
    browser->document()->setDocumentMargin(12);
    return browser;
}

}  // namespace

void showAbout(QMainWindow& window, bool withModels) {
    auto* dialog = new QDialog(&window);
    dialog->setObjectName(QStringLiteral("about"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("About LatentLoom"));

    auto* picture = new QLabel(dialog);
    picture->setPixmap(ui::appIcon().pixmap(QSize(64, 64), dialog->devicePixelRatioF()));
    auto* title = new QLabel(tr("<h2>LatentLoom %1</h2>").arg(QCoreApplication::applicationVersion()), dialog);
    auto* head = new QHBoxLayout;
    head->addWidget(picture);
    head->addSpacing(8);
    head->addWidget(title, 1);

    auto* tabs = new QTabWidget(dialog);
    tabs->addTab(page(aboutText() + (withModels ? modelsText() : QString()), tabs), tr("About"));
    tabs->addTab(page(noticesText(), tabs), tr("Licences"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    auto* column = new QVBoxLayout(dialog);
    column->addLayout(head);
    column->addWidget(tabs, 1);
    column->addWidget(buttons);
    dialog->resize(560, 480);
    dialog->open();
}

}  // namespace loom::app
