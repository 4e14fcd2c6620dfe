// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow: puts the parts together. What happens between them is in app/wiring, a file per mode.
#pragma once

#include <memory>

#include <QMainWindow>

#include "app/actions.h"
#include "app/event_watch.h"
#include "app/launch_options.h"
#include "app/session/download_controller.h"
#include "app/session/compare_controller.h"
#include "app/session/session_controller.h"
#include "app/session/story_controller.h"
#include "app/session/train_controller.h"
#include "app/settings.h"

class QStackedWidget;

namespace loom::ui {
class BottomStrip;
class CacheModel;
class CachePage;
class ComparePage;
class HeadsModel;
class InsidePage;
class MessageBar;
class ModeBar;
class RunListModel;
class StoryModel;
class StoryTreeModel;
class TrainPage;
class WritePage;
}  // namespace loom::ui

namespace loom::app {

/// What the wiring sees. All pointers are owned by the window.
struct WindowParts {
    QMainWindow* window;
    session::SessionController* session;
    session::StoryController* stories;
    session::TrainController* training;
    session::DownloadController* downloads;
    session::CompareController* comparing;
    ui::StoryModel* story;
    ui::StoryTreeModel* tree;
    ui::HeadsModel* heads;
    ui::CacheModel* cache;
    ui::RunListModel* runs;
    ui::WritePage* writePage;
    ui::InsidePage* insidePage;
    ui::CachePage* cachePage;
    ui::TrainPage* trainPage;
    ui::ComparePage* comparePage;
    ui::ModeBar* modeBar;
    QStackedWidget* stack;
    ui::MessageBar* message;
    ui::BottomStrip* strip;
    Actions actions;
    Settings* settings;
    EventWatch* watch;
    QString modelsFolder;  ///< of the models that come with the program; empty = none
};

class MainWindow final : public QMainWindow {
    Q_OBJECT
public:
    /// The factories are for tests; null = the real engine.
    explicit MainWindow(const LaunchOptions& options, const session::EngineFactory& factory = nullptr,
                        const session::TrainingFactory& training = nullptr, QWidget* parent = nullptr);
    ~MainWindow() override;

    /// Opens a checkpoint file or folder; a config.json stands for its folder.
    void openModel(const QString& path);
    /// With a tokenizer that does not lie beside it; empty = the one that does.
    void openModelWith(const QString& path, const QString& tokenizer);
    [[nodiscard]] const WindowParts& parts() const { return m_parts; }
    [[nodiscard]] const Settings& settings() const { return m_settings; }

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void buildPages();
    void applySettings();
    void rememberSettings();
    void placeOnScreen();

    Settings m_settings;
    WindowParts m_parts{};
};

}  // namespace loom::app
