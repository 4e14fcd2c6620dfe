// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <QStackedWidget>

#include "app/main_window.h"
#include "app/session/inside_controller.h"
#include "app/wiring/wiring.h"
#include "widgets/inside/inside_page.h"
#include "widgets/itemmodels/head_switch_model.h"

namespace loom::app {
namespace {

/// Asks for what the page shows, when it shows it and the story rests, and again when something has changed.
class LookFeed final : public QObject {
public:
    explicit LookFeed(const WindowParts& parts)
        : QObject(parts.window), m_session(*parts.session), m_page(*parts.insidePage), m_stack(*parts.stack) {}

    void refresh() {
        const bool inView = m_stack.currentWidget() == &m_page && m_config;
        std::vector<Look> wanted = inView ? m_page.shownLooks() : std::vector<Look>{};
        for (auto& [look, state] : m_states) {
            if (!m_session.inside().isAsking(look) || std::find(wanted.begin(), wanted.end(), look) != wanted.end()) continue;
            giveUp(look);  // nobody looks any more
        }
        for (const Look look : wanted) want(look);
    }

    void opened(const ModelSummary& model) {
        m_config = model.config;
        m_page.setDecoupled(model.config.attention.latent == Latent::Joint);
        m_page.switches()->forget();
        forget();
    }

    /// Another model or another story.
    void forget() {
        ++m_subject;
        for (auto& [look, state] : m_states) {
            state = {};
            m_page.setLookBusy(look, false);
            m_page.forgetLook(look);
        }
        refresh();
    }

    void ready(const std::shared_ptr<const LookAnswer>& answer) {
        State& state = m_states[answer->question.look];
        state.known = state.asked;
        m_page.setLookAnswer(answer);
        refresh();
    }

    void failed(Look look, const QString& message) {
        State& state = m_states[look];
        state.known = state.asked;  // not again for the same question
        m_page.setLookBusy(look, false);
        m_page.setLookNote(look, ui::InsidePage::tr("This cannot be shown"), message);
    }

    void stopped(Look look) {
        giveUp(look);
        m_states[look].known = question(look);  // until something changes
        m_page.setLookNote(look, ui::InsidePage::tr("Stopped"),
                           ui::InsidePage::tr("It is computed when another layer is chosen or the story goes on."));
    }

private:
    /// Subject, tokens, layer and heads that are off: all that an answer depends on.
    using Question = std::tuple<std::int64_t, std::size_t, std::int64_t, std::vector<std::pair<std::int64_t, std::int64_t>>>;
    struct State {
        Question known, asked;
    };

    [[nodiscard]] Question question(Look look) const {
        Question all{m_subject, m_session.storyTokens().size(), 0, {}};
        if (look == Look::Without) {
            for (const HeadPlace& place : m_page.switches()->off()) std::get<3>(all).emplace_back(place.layer.value(), place.head.value());
        } else if (look != Look::Lens && look != Look::Means) {
            std::get<2>(all) = m_page.layer().value();
        }
        return all;
    }

    void giveUp(Look look) {
        m_session.inside().cancel(look);
        m_states[look].asked = {};
        m_page.setLookBusy(look, false);
    }

    void want(Look look) {
        State& state = m_states[look];
        const Question now = question(look);
        if (state.known == now || m_session.storyTokens().empty()) return;
        if (m_session.inside().isAsking(look) && state.asked == now) return;
        if (look == Look::Forgotten && m_config->attention.latent == Latent::None) {
            state.known = now;
            return m_page.setLookNote(
                look, ui::InsidePage::tr("Nothing to forget"),
                ui::InsidePage::tr("This network keeps whole keys and values, no latent that could be smaller. "
                                   "Switch to a network with a latent, for instance with Model → Switch to the twin."));
        }
        LookQuestion asked{look, m_page.layer(), {m_page.switches()->off(), {}}};
        if (look == Look::Without && asked.off.heads.empty()) {
            m_session.inside().cancel(look);
            state.known = now;
            m_page.setLookBusy(look, false);
            return m_page.setLookNote(look, ui::InsidePage::tr("All heads are on"),
                                      ui::InsidePage::tr("Switch some off at the left or with the button above, and see which word "
                                                         "would follow without them."));
        }
        if (m_session.isWriting()) return;  // the writer goes first; finished() comes here again
        state.asked = now;
        m_page.setLookBusy(look, m_session.inside().ask(asked) != JobId{});
    }

    session::SessionController& m_session;
    ui::InsidePage& m_page;
    QStackedWidget& m_stack;
    std::optional<ModelConfig> m_config;
    std::int64_t m_subject = 0;
    std::map<Look, State> m_states;
};

}  // namespace

void wireLooks(WindowParts& parts) {
    auto* feed = new LookFeed(parts);
    session::SessionController* session = parts.session;
    ui::InsidePage* page = parts.insidePage;
    using session::InsideController;
    using session::SessionController;

    QObject::connect(parts.stack, &QStackedWidget::currentChanged, feed, &LookFeed::refresh);
    QObject::connect(page, &ui::InsidePage::layerChanged, feed, &LookFeed::refresh);
    QObject::connect(page, &ui::InsidePage::looksChanged, feed, &LookFeed::refresh);
    QObject::connect(page, &ui::InsidePage::lookStopRequested, feed, &LookFeed::stopped);
    QObject::connect(session, &SessionController::opened, feed,
                     [feed](const std::shared_ptr<const ModelSummary>& model) { feed->opened(*model); });
    QObject::connect(session, &SessionController::storyUpdated, feed, [feed](const std::shared_ptr<const StoryUpdate>& update) {
        if (update->reset) feed->forget();
    });
    QObject::connect(session, &SessionController::finished, feed, &LookFeed::refresh);
    QObject::connect(session, &SessionController::busyChanged, feed, &LookFeed::refresh);
    QObject::connect(&session->inside(), &InsideController::ready, feed,
                     [feed](JobId, const std::shared_ptr<const LookAnswer>& answer) { feed->ready(answer); });
    QObject::connect(&session->inside(), &InsideController::failed, feed,
                     [feed](JobId, Look look, const QString& message) { feed->failed(look, message); });
}

}  // namespace loom::app
