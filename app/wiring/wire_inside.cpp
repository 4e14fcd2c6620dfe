// SPDX-License-Identifier: GPL-3.0-or-later
#include <QStackedWidget>

#include "app/main_window.h"
#include "app/wiring/wiring.h"
#include "widgets/inside/inside_page.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/story_model.h"

namespace loom::app {
namespace {

/// Keeps the heads of the shown layer up to date while the page is in view. Rows arrive with the story as it is written; what they do
/// not cover (words written before the page was shown, or with another layer) comes from one map computed in the background.
class AttentionFeed final : public QObject {
public:
    explicit AttentionFeed(const WindowParts& parts)
        : QObject(parts.window),
          m_session(*parts.session),
          m_story(*parts.story),
          m_heads(*parts.heads),
          m_page(*parts.insidePage),
          m_stack(*parts.stack) {}

    void refresh() {
        const bool inView = m_stack.currentWidget() == &m_page && m_session.hasModel();
        m_session.setCaptureLayer(inView ? std::optional(m_page.layer()) : std::nullopt);
        if (m_heads.tokens() > 0 && m_heads.layer() != m_page.layer()) m_heads.clear();
        if (!inView) return;
        takeRows();
        if (m_job == JobId{} && isIncomplete()) ask();
    }

    void layerChanged() {
        m_job = JobId{};  // the map under way is for another layer; a new request replaces it
        m_heads.clear();
        refresh();
        if (m_job == JobId{}) m_page.setBusy(false);
    }

    void storyUpdated(const StoryUpdate& update) {
        if (update.reset) forget();
        refresh();
    }

    void mapReady(const std::shared_ptr<const AttentionMap>& map) {
        m_job = JobId{};
        m_page.setBusy(false);
        if (map->layer != m_page.layer()) return refresh();
        m_heads.setMap(map);
        refresh();
    }

    void jobFailed(JobId job) {
        if (job != m_job) return;
        m_job = JobId{};
        m_failedAt = m_session.storyTokens().size();  // not again for the same story
        m_page.setBusy(false);
    }

    /// Another model or another story.
    void forget() {
        m_job = JobId{};
        m_failedAt = 0;
        m_heads.clear();
        m_page.setBusy(false);
    }

private:
    [[nodiscard]] const AttentionRow* rowOf(int position) const {
        const auto& row = m_story.step(position).attention;
        return row && row->layer == m_page.layer() ? row.get() : nullptr;
    }

    /// What a map could cover now: not the old text of another model, and no more than fits.
    [[nodiscard]] int coverable() const {
        const auto known = std::min<std::int64_t>(std::ssize(m_session.storyTokens()), m_session.inspectableTokens());
        return static_cast<int>(std::min<std::int64_t>(known, m_story.rowCount()));
    }

    void takeRows() {
        for (int next = m_heads.tokens(); next < coverable() && rowOf(next); ++next) {
            m_heads.appendRow(m_story.step(next).attention);
            if (m_heads.tokens() != next + 1) return;
        }
    }

    /// Whether words are missing that will not come by themselves: at rest any, while writing those in front of a row that came.
    [[nodiscard]] bool isIncomplete() const {
        const int all = coverable();
        if (m_heads.tokens() >= all || m_failedAt == m_session.storyTokens().size()) return false;
        if (!m_session.isWriting()) return true;
        for (int position = all - 1; position > m_heads.tokens(); --position)
            if (rowOf(position)) return true;
        return false;
    }

    void ask() {
        m_job = m_session.inspectAttention(m_page.layer());
        m_page.setBusy(m_job != JobId{});
    }

    session::SessionController& m_session;
    ui::StoryModel& m_story;
    ui::HeadsModel& m_heads;
    ui::InsidePage& m_page;
    QStackedWidget& m_stack;
    JobId m_job;
    std::size_t m_failedAt = 0;
};

}  // namespace

void wireInside(WindowParts& parts) {
    auto* feed = new AttentionFeed(parts);
    session::SessionController* session = parts.session;
    ui::InsidePage* page = parts.insidePage;
    const Settings* settings = parts.settings;

    QObject::connect(parts.stack, &QStackedWidget::currentChanged, feed, &AttentionFeed::refresh);
    QObject::connect(page, &ui::InsidePage::layerChanged, feed, &AttentionFeed::layerChanged);
    QObject::connect(session, &session::SessionController::storyUpdated, feed,
                     [feed](const std::shared_ptr<const StoryUpdate>& update) { feed->storyUpdated(*update); });
    QObject::connect(session, &session::SessionController::attentionReady, feed, &AttentionFeed::mapReady);
    QObject::connect(session, &session::SessionController::failed, feed, [feed](JobId job) { feed->jobFailed(job); });
    QObject::connect(session, &session::SessionController::finished, feed, &AttentionFeed::refresh);
    QObject::connect(session, &session::SessionController::opened, feed,
                     [feed, page, settings, first = true](const std::shared_ptr<const ModelSummary>& model) mutable {
                         feed->forget();
                         page->setLayers(model->config.layers, model->config.attention.heads);
                         page->setModelLoaded(true);
                         if (first) {  // what the command line or the last time asked for
                             page->setLayer(LayerIndex{settings->layer});
                             page->setHead(settings->head);
                         }
                         first = false;
                         feed->refresh();
                     });
    wireLooks(parts);
}

}  // namespace loom::app
