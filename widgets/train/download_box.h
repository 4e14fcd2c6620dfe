// SPDX-License-Identifier: GPL-3.0-or-later
// DownloadBox: stories from the internet: what there is, how large, under which licence; loading them, with progress.
#pragma once

#include <optional>
#include <vector>

#include <QWidget>

#include "core/data/story_download.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;

namespace loom::ui {

/// Only a press on its button asks for a download.
class DownloadBox final : public QWidget {
    Q_OBJECT

public:
    explicit DownloadBox(QWidget* parent = nullptr);

    void setChoices(const std::vector<StoryDownload>& choices);
    /// Why nothing can be downloaded; empty = it can.
    void setMissing(const QString& why);
    /// The mirror that holds while the field is empty; empty = none.
    void setDefaultMirror(const QString& mirror);
    void setMirror(const QString& mirror);
    [[nodiscard]] QString mirror() const;

    void setStarted();
    void setProgress(const DownloadProgress& progress);
    /// The choices have been set anew before.
    void setEnded(const QString& file);
    void setStopped();
    void setFailed(const QString& message);

    /// Of the chosen stories; empty = they are not here.
    [[nodiscard]] QString path() const;
    /// Chooses the stories that lie there; false where they are none of the known.
    bool select(const QString& path);
    /// The choice and the button, for the row above the box.
    [[nodiscard]] QWidget* head() const { return m_head; }
    [[nodiscard]] QComboBox* stories() const { return m_stories; }
    [[nodiscard]] QPushButton* button() const { return m_button; }
    [[nodiscard]] QString text() const;  ///< all that is said, line by line

signals:
    void wanted(const loom::DownloadWish& wish);
    void cancelWanted();
    /// Others are chosen, or they have come.
    void changed();
    /// A file of another address has come.
    void otherLoaded(const QString& file);

private:
    [[nodiscard]] const StoryDownload* chosen() const;  ///< null = another address
    [[nodiscard]] QString problem() const;              ///< why the button does nothing
    void press();
    void refresh();

    QWidget* m_head;
    QComboBox* m_stories;
    QPushButton* m_button;
    QLineEdit *m_address, *m_mirror;
    QLabel *m_mirrorName, *m_about, *m_now, *m_note;
    QProgressBar* m_bar;
    std::vector<StoryDownload> m_choices;
    QString m_missing, m_failure, m_defaultMirror;  ///< m_failure: how the last download ended
    bool m_loading = false, m_stopping = false;
};

}  // namespace loom::ui
