// SPDX-License-Identifier: GPL-3.0-or-later
// WritePage: the versions of the story, the one that is written or read, the prompt line, and the samplers at the right.
#pragma once

#include <cstdint>
#include <optional>

#include <QWidget>

#include "core/data/generate.h"
#include "widgets/write/token_colours.h"
#include "widgets/write/write_input.h"

class QLabel;
class QProgressBar;
class QPushButton;
class QSplitter;
class QStackedWidget;
class QToolButton;

namespace loom::ui {

class AlternativesPopup;
class FindBar;
class PromptEdit;
class SamplerPanel;
class StoryModel;
class StoryTreeModel;
class StoryTreePanel;
class StoryView;
class VersionSwitch;

/// Why a text ended, in plain words, and what can be done.
[[nodiscard]] QString stopSentence(const GenerateSummary& summary);

class WritePage final : public QWidget {
    Q_OBJECT
public:
    WritePage(StoryModel* story, StoryTreeModel* tree, QWidget* parent = nullptr);
    ~WritePage() override;

    // What settings remember.
    [[nodiscard]] SamplerSettings samplers() const;
    void setSamplers(const SamplerSettings& settings);
    [[nodiscard]] QString seedText() const;
    void setSeedText(const QString& text);
    [[nodiscard]] bool newSeedEachTime() const;
    void setNewSeedEachTime(bool on);
    [[nodiscard]] std::int64_t maxTokens() const;
    void setMaxTokens(std::int64_t tokens);
    [[nodiscard]] QByteArray splitterState() const;
    bool restoreSplitterState(const QByteArray& state);
    [[nodiscard]] QByteArray treeSplitterState() const;
    bool restoreTreeSplitterState(const QByteArray& state);
    [[nodiscard]] bool treeVisible() const;
    void setTreeVisible(bool visible);
    [[nodiscard]] bool samplersVisible() const;
    void setSamplersVisible(bool visible);

    [[nodiscard]] QString promptText() const;
    void setPromptText(const QString& text);
    [[nodiscard]] StoryView* storyView() const { return m_view; }
    [[nodiscard]] StoryTreePanel* treePanel() const { return m_tree; }
    [[nodiscard]] AlternativesPopup* popup() const { return m_popup; }
    void setColouring(TokenColouring colouring);
    /// What the header says of the last passage that has others beside it; empty = none has.
    [[nodiscard]] QString versionText() const;
    // What a tour points at.
    [[nodiscard]] QWidget* promptLine() const;
    [[nodiscard]] SamplerPanel* samplerPanel() const { return m_samplers; }
    /// The input as a press on Write would send it now.
    [[nodiscard]] WriteInput input() const;

public slots:
    void setReady(bool modelLoaded);
    void setWriting(bool writing);
    void showProgress(std::int64_t done, std::int64_t total);  ///< the prompt is being read; done == total hides it
    void showSummary(const loom::GenerateSummary& summary);
    void setContextLimit(std::int64_t tokens);
    void showMessage(const QString& text);  ///< one line below the story, for example why writing failed
    void write();                           ///< as the Write button
    void stop();                            ///< as the Stop button
    void newStory();                        ///< as the New story button
    void openFind();
    void focusPrompt();
    /// Asks for the text from this row to the end of the story.
    void askEdit(int row);

signals:
    void writeRequested(const loom::ui::WriteInput& input);
    void stopRequested();
    void newStoryRequested();
    void openRequested();
    void settingsChanged();
    void promptTyped();    ///< there is something in the prompt line that was not there before
    void writeHeldBack();  ///< writing was asked for while a story is being written
    // Another story from this token on.
    void branchRequested(qint64 position, const loom::Alternative& word);
    void versionRequested(qint64 position);
    void cutRequested(qint64 position);
    void editRequested(qint64 position, const QString& text);
    void sidewaysRequested(int direction);  ///< the version after (+1) or before (−1) the one that is shown

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    [[nodiscard]] QWidget* makeHeader();
    [[nodiscard]] QWidget* makePromptRow();
    void refresh();
    void refreshVersions();
    void refreshTitle();
    void fitTitle();
    void showAlternatives(int row);

    StoryModel* m_story;
    StoryTreeModel* m_treeModel;
    QSplitter* m_splitter;
    QSplitter* m_inner;  ///< versions and story
    StoryTreePanel* m_tree;
    QStackedWidget* m_stack;
    QLabel* m_title;
    QLabel* m_count;
    QToolButton* m_newStory;
    QToolButton *m_showTree, *m_showSamplers;
    VersionSwitch* m_versions;
    QLabel* m_legend;  ///< of the colours behind the words
    StoryView* m_view;
    FindBar* m_find;
    QLabel* m_reason;
    QProgressBar* m_progress;
    PromptEdit* m_prompt;
    QPushButton* m_write;
    QPushButton* m_stop;
    QWidget* m_side;
    SamplerPanel* m_samplers;
    AlternativesPopup* m_popup;
    bool m_ready = false;
    bool m_writing = false;
    bool m_sent = false;  // the prompt went out; it is cleared when writing begins
};

}  // namespace loom::ui
