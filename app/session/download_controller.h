// SPDX-License-Identifier: GPL-3.0-or-later
// DownloadController: the window's side of downloading stories. Nothing is loaded from anywhere before start().
#pragma once

#include <memory>
#include <vector>

#include <QObject>
#include <QString>

#include "core/data/overlay_data.h"
#include "core/data/story_download.h"

namespace loom::session {

struct DownloadPrivate;

/// Lives in the GUI thread and owns one lane, so that neither planning nor training nor writing waits for a network. Every call returns at
/// once. The destructor stops the download, whose part stays on the disk.
class DownloadController : public QObject {
    Q_OBJECT
public:
    explicit DownloadController(QObject* parent = nullptr);
    ~DownloadController() override;

    /// What is known by name, and what of it is on the disk now.
    [[nodiscard]] std::vector<StoryDownload> choices() const;
    /// Why this build cannot download, in a sentence; empty = it can.
    [[nodiscard]] QString missing() const;
    /// The mirror that holds where a wish names none; empty = none.
    [[nodiscard]] QString defaultMirror() const;

    /// Ends with ended(), stopped() or failed(). Does nothing while something is being loaded.
    void start(const DownloadWish& wish);
    /// At once; stopped() follows.
    void cancel();
    [[nodiscard]] bool isLoading() const;
    /// For the debug overlay.
    [[nodiscard]] LaneState lane() const;

signals:
    void started();
    void progressed(std::shared_ptr<const loom::DownloadProgress> progress);  ///< at most ten times a second
    void ended(const QString& file);
    void stopped();
    void failed(const QString& message);

private:
    void finish();
    std::unique_ptr<DownloadPrivate> d;
};

}  // namespace loom::session
