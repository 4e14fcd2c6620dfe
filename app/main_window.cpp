// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/main_window.h"

#include <algorithm>

#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QMimeData>
#include <QScreen>
#include <QStackedWidget>
#include <QUrl>
#include <QVBoxLayout>

#include "app/wiring/wiring.h"
#include "widgets/cache/cache_page.h"
#include "widgets/common/bottom_strip.h"
#include "widgets/common/icons.h"
#include "widgets/common/labels.h"
#include "widgets/common/message_bar.h"
#include "widgets/common/mode_bar.h"
#include "widgets/compare/compare_page.h"
#include "widgets/inside/inside_page.h"
#include "widgets/itemmodels/cache_model.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/run_list_model.h"
#include "widgets/itemmodels/story_model.h"
#include "widgets/itemmodels/story_tree_model.h"
#include "widgets/train/download_box.h"
#include "widgets/train/setup_view.h"
#include "widgets/train/train_page.h"
#include "widgets/write/sampler_panel.h"
#include "widgets/write/write_page.h"

namespace loom::app {
namespace {

/// The first local file or folder among what is being dragged, or nothing.
QString draggedPath(const QMimeData* data) {
    if (!data) return {};
    for (const QUrl& url : data->urls())
        if (url.isLocalFile()) return url.toLocalFile();
    return {};
}

}  // namespace

MainWindow::MainWindow(const LaunchOptions& options, const session::EngineFactory& factory, const session::TrainingFactory& training,
                       QWidget* parent)
    : QMainWindow(parent), m_settings(loadSettings()) {
    if (options.layer) m_settings.layer = *options.layer;
    if (options.theme) m_settings.theme = *options.theme;
    if (options.textScale) m_settings.textScale = std::clamp(*options.textScale, kSmallestText, kLargestText);

    setObjectName(QStringLiteral("MainWindow"));
    setWindowIcon(ui::appIcon());
    setAcceptDrops(true);
    m_parts.window = this;
    m_parts.settings = &m_settings;
    m_parts.modelsFolder = options.models;
    m_parts.session = factory ? new session::SessionController(factory, this) : new session::SessionController(this);
    m_parts.stories = new session::StoryController(m_parts.session, this);
    m_parts.training = training ? new session::TrainController(training, this) : new session::TrainController(this);
    m_parts.downloads = new session::DownloadController(this);
    m_parts.comparing = factory ? new session::CompareController(factory, this) : new session::CompareController(this);
    m_parts.watch = new EventWatch(this);
    buildPages();
    m_parts.actions = makeActions(*menuBar(), *this);

    wireWrite(m_parts);  // first: the story model takes every update before the views that read it
    wireInside(m_parts);
    wireCache(m_parts);
    wireTrain(m_parts);
    wireDownload(m_parts);
    wireCompare(m_parts);
    wireModel(m_parts);
    wireMenus(m_parts);
    wireDevice(m_parts);
    wirePrecision(m_parts);
    wireTour(m_parts);
    wireView(m_parts);

    applySettings();
    // A wish on the command line is meant; one that is remembered may be from before a GPU was taken out.
    m_parts.session->setDevice(options.device.value_or(m_settings.device), /*orElseCpu=*/!options.device);
    // Nothing is written yet, so a start without a wish begins where writing does.
    m_parts.modeBar->setMode(static_cast<int>(options.page.value_or(Page::Write)));
    placeOnScreen();
    if (!options.model.isEmpty()) openModelWith(options.model, options.tokenizer);
    wireStart(m_parts, options);
}

MainWindow::~MainWindow() {
    delete m_parts.downloads;  // stop and wait while the views they report to are still there
    delete m_parts.training;
    delete m_parts.stories;
    delete m_parts.session;
    delete m_parts.comparing;
}

void MainWindow::buildPages() {
    WindowParts& p = m_parts;
    p.story = new ui::StoryModel(this);
    p.tree = new ui::StoryTreeModel(this);
    p.heads = new ui::HeadsModel(this);
    p.cache = new ui::CacheModel(this);
    p.runs = new ui::RunListModel(this);
    auto* central = new QWidget(this);
    p.modeBar = new ui::ModeBar(central);
    p.stack = new QStackedWidget(central);
    p.message = new ui::MessageBar(central);
    p.strip = new ui::BottomStrip(central);
    p.writePage = new ui::WritePage(p.story, p.tree, p.stack);
    p.insidePage = new ui::InsidePage(p.story, p.heads, p.stack);
    p.cachePage = new ui::CachePage(p.story, p.cache, p.stack);
    p.trainPage = new ui::TrainPage(p.runs, p.stack);
    p.stack->addWidget(p.writePage);
    p.stack->addWidget(p.insidePage);
    p.stack->addWidget(p.cachePage);
    p.comparePage = new ui::ComparePage(p.stack);
    p.stack->addWidget(p.trainPage);
    p.stack->addWidget(p.comparePage);
    p.modeBar->addMode(static_cast<int>(Page::Write), tr("Write"), QStringLiteral("write"));
    p.modeBar->addMode(static_cast<int>(Page::Inside), tr("Look inside"), QStringLiteral("inside"));
    p.modeBar->addMode(static_cast<int>(Page::Cache), tr("Cache"), QStringLiteral("cache"));
    p.modeBar->addMode(static_cast<int>(Page::Train), tr("Train"), QStringLiteral("train"));
    p.modeBar->addMode(static_cast<int>(Page::Compare), tr("Compare"), QStringLiteral("compare"));

    auto* right = new QVBoxLayout;
    right->setSpacing(0);
    right->addWidget(p.message);
    right->addWidget(p.stack, 1);
    auto* middle = new QHBoxLayout;
    middle->setSpacing(0);
    middle->addWidget(p.modeBar);
    middle->addLayout(right, 1);
    auto* column = new QVBoxLayout(central);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(ui::horizontalSeparator(central));
    column->addLayout(middle, 1);
    column->addWidget(p.strip);
    setCentralWidget(central);
}

void MainWindow::openModel(const QString& path) { openModelWith(path, {}); }

void MainWindow::openModelWith(const QString& path, const QString& tokenizer) {
    QFileInfo file(path);
    if (file.fileName() == QLatin1String("config.json")) file = QFileInfo(file.absolutePath());
    const QString absolute = file.absoluteFilePath();
    m_settings.lastFolder = QFileInfo(absolute).absolutePath();
    m_parts.message->dismiss();
    m_parts.session->open(absolute, tokenizer.isEmpty() ? QString() : QFileInfo(tokenizer).absoluteFilePath());
}

void MainWindow::applySettings() {
    const Settings& s = m_settings;
    WindowParts& p = m_parts;
    p.writePage->setSamplers(s.samplers);
    p.writePage->samplerPanel()->setBeams(s.beams);
    p.writePage->samplerPanel()->setOwnPresets(s.ownPresets);
    p.writePage->samplerPanel()->setOpening(s.opening);
    p.writePage->setMaxTokens(s.maxTokens);
    p.writePage->setSeedText(s.seed);
    p.writePage->setNewSeedEachTime(s.newSeedEachTime);
    p.writePage->setSamplersVisible(s.samplersVisible);
    p.writePage->restoreSplitterState(s.writeSplitter);
    p.writePage->setTreeVisible(s.treeVisible);
    p.writePage->restoreTreeSplitterState(s.treeSplitter);
    p.insidePage->setColourMap(static_cast<ui::ColourMapKind>(s.colourMap));
    if (!s.insideSplitter.isEmpty()) p.insidePage->restoreSplitter(s.insideSplitter);
    p.trainPage->restoreSplitter(s.trainSplitter);
    p.trainPage->setupView()->downloadBox()->setMirror(s.mirror);
    p.trainPage->setupView()->setSetup(s.train);
    p.session->setPath(s.path);
    p.session->setPrecision(s.precision);
}

void MainWindow::rememberSettings() {
    Settings& s = m_settings;
    const WindowParts& p = m_parts;
    s.samplers = p.writePage->samplers();
    s.beams = p.writePage->samplerPanel()->beams();
    s.ownPresets = p.writePage->samplerPanel()->ownPresets();
    s.opening = p.writePage->samplerPanel()->opening();
    s.maxTokens = p.writePage->maxTokens();
    s.seed = p.writePage->seedText();
    s.newSeedEachTime = p.writePage->newSeedEachTime();
    s.samplersVisible = p.writePage->samplersVisible();
    s.writeSplitter = p.writePage->splitterState();
    s.treeVisible = p.writePage->treeVisible();
    s.treeSplitter = p.writePage->treeSplitterState();
    s.insideSplitter = p.insidePage->splitterState();
    s.trainSplitter = p.trainPage->splitterState();
    s.train = p.trainPage->setupView()->setup();
    s.train.name.clear();
    s.mirror = p.trainPage->setupView()->downloadBox()->mirror();
    s.colourMap = static_cast<int>(p.insidePage->colourMap());
    if (p.session->hasModel()) {
        s.layer = p.insidePage->layer().value();
        s.head = p.insidePage->head();
    }
    s.path = p.session->path();
    s.precision = p.session->precision();
    s.geometry = saveGeometry();
}

void MainWindow::placeOnScreen() {
    const bool restored = !m_settings.geometry.isEmpty() && restoreGeometry(m_settings.geometry);
    const QScreen* screen = this->screen() ? this->screen() : QGuiApplication::primaryScreen();
    if (!screen) return restored ? void() : resize(1280, 720);
    const QRect room = screen->availableGeometry();
    const QSize most = room.size().expandedTo(minimumSizeHint()).expandedTo(minimumSize());
    const bool fits = width() <= most.width() && height() <= most.height();
    if (restored && (fits || isMaximized())) return;  // it may be from a larger screen
    const QSize size(std::min(1440, room.width() * 98 / 100), std::min(900, room.height() * 94 / 100));
    resize(size);
    move(room.center() - QPoint(size.width() / 2, size.height() / 2));
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (!mayClose(m_parts)) return event->ignore();
    rememberSettings();
    saveSettings(m_settings);
    m_parts.stories->flush();
    m_parts.session->cancelOpen();
    m_parts.session->stop();
    m_parts.actions.overlay->setChecked(false);
    event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (!draggedPath(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    const QString path = draggedPath(event->mimeData());
    if (path.isEmpty()) return;
    event->acceptProposedAction();
    openModel(path);
}

}  // namespace loom::app
