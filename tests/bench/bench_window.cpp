// SPDX-License-Identifier: GPL-3.0-or-later
// bench_window: what the window costs. --start: milliseconds from the process's start to the first picture and to a story that can be
// written; --bare: the same for an empty QMainWindow. Otherwise: tokens a second while each page is shown, in turns with a session without
// a window. window.py runs the first two in turns.
#include <time.h>  // NOLINT(modernize-deprecated-headers): clock_gettime

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <QAction>
#include <QEventLoop>
#include <QMainWindow>
#include <QTemporaryDir>
#include <QTimer>
#include <nlohmann/json.hpp>

#include "app/event_watch.h"
#include "app/main_window.h"
#include "core/engine/api/engine.h"
#include "widgets/write/write_page.h"

namespace {

using loom::app::MainWindow;
using Json = nlohmann::ordered_json;

double milliseconds(clockid_t clock) {
    timespec t{};
    ::clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

/// Of the clock that Python calls time.monotonic_ns().
double now() { return milliseconds(CLOCK_MONOTONIC); }

bool waitFor(const std::function<bool()>& condition) {
    QEventLoop loop;
    QTimer timer;
    const double end = now() + 120e3;
    QObject::connect(&timer, &QTimer::timeout, &loop, [&] {
        if (condition() || now() > end) loop.quit();
    });
    timer.start(1);
    loop.exec();
    return condition();
}

class FirstPaint final : public QObject {
public:
    explicit FirstPaint(QWidget* window) { window->installEventFilter(this); }
    [[nodiscard]] bool seen() const { return m_seen; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::Paint) m_seen = true;
        return QObject::eventFilter(watched, event);
    }

private:
    bool m_seen = false;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

struct Written {
    double rate = 0;      ///< tokens a second
    double ownShare = 0;  ///< of a core that the window's thread took meanwhile
};

/// Writes `tokens` in a window that shows a page.
std::optional<Written> writeIn(MainWindow& window, std::int64_t tokens) {
    const auto& parts = window.parts();
    std::optional<double> rate;
    QObject context;
    QObject::connect(parts.session, &loom::session::SessionController::finished, &context,
                     [&](const std::shared_ptr<const loom::GenerateSummary>& summary) { rate = summary->decodeTokensPerSecond; });
    parts.actions.newStory->trigger();
    parts.writePage->setMaxTokens(tokens);
    parts.writePage->setPromptText(QStringLiteral("Once upon a time"));
    const double began = now();
    const double used = milliseconds(CLOCK_THREAD_CPUTIME_ID);
    parts.actions.write->trigger();
    if (!waitFor([&] { return rate.has_value(); })) return std::nullopt;
    return Written{*rate, (milliseconds(CLOCK_THREAD_CPUTIME_ID) - used) / (now() - began)};
}

double writeAlone(loom::Session& session, std::int64_t tokens, bool asTheWindowAsks) {
    loom::GenerateRequest request;
    request.prompt = "Once upon a time";
    request.maxTokens = tokens;
    request.alternatives = asTheWindowAsks ? request.alternatives : 0;
    request.cacheNorms = asTheWindowAsks;
    loom::GenerateObserver silent;
    return loom::valueOrThrow(session.generate(request, silent, {})).decodeTokensPerSecond;
}

struct Options {
    std::string model;
    double since = 0;
    bool bare = false;
    bool start = false;
    std::int64_t tokens = 300;
    int rounds = 5;
};

int measureStart(const Options& options) {
    std::unique_ptr<QMainWindow> window;
    MainWindow* real = nullptr;
    if (options.bare) {
        window = std::make_unique<QMainWindow>();
        window->resize(1280, 800);
    } else {
        loom::app::LaunchOptions launch;
        launch.model = QString::fromStdString(options.model);
        auto made = std::make_unique<MainWindow>(launch);
        real = made.get();
        window = std::move(made);
    }
    const FirstPaint paint(window.get());
    window->show();
    if (!waitFor([&] { return paint.seen(); })) return 1;
    Json json{{"first_picture_ms", now() - options.since}};
    if (real != nullptr) {
        if (!waitFor([&] { return real->parts().session->canWrite(); })) return 1;
        json["can_write_ms"] = now() - options.since;
    }
    std::cout << json.dump() << '\n';
    return 0;
}

int measurePages(const Options& options) {
    const auto engine = loom::Engine::create({});
    const auto model = loom::valueOrThrow(engine->open(options.model, {}));
    const auto session = loom::valueOrThrow(engine->newSession(model, {}, {}));
    loom::app::LaunchOptions launch;
    launch.model = QString::fromStdString(options.model);
    MainWindow window(launch);
    window.resize(1280, 800);
    window.show();
    if (!waitFor([&] { return window.parts().session->canWrite(); })) return 1;
    std::map<std::string, std::vector<double>> rates;
    std::map<std::string, std::vector<double>> shares;
    for (int round = 0; round < options.rounds; ++round) {
        rates["without a window"].push_back(writeAlone(*session, options.tokens, false));
        rates["without a window, asked as it asks"].push_back(writeAlone(*session, options.tokens, true));
        for (QAction* page : window.parts().actions.pages) {
            page->trigger();
            const auto written = writeIn(window, options.tokens);
            if (!written) return 1;
            const std::string name = page->text().remove(QLatin1Char('&')).toStdString();
            rates[name].push_back(written->rate);
            shares[name].push_back(written->ownShare);
        }
    }
    Json json;
    for (const auto& [who, values] : rates) json[who] = {{"tokens_per_second", median(values)}};
    const double alone = json["without a window"]["tokens_per_second"];
    for (auto& [who, value] : json.items()) value["share"] = value["tokens_per_second"].get<double>() / alone;
    for (const auto& [page, values] : shares) json[page]["share_of_a_core_for_the_window"] = median(values);
    json["longest_event_ms"] = window.parts().watch->longestTurnMs();
    std::cout << json.dump(2) << '\n';
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const double began = now();
    Options options;
    CLI::App line("Measures what the window costs.");
    line.add_option("model", options.model, "Checkpoint");
    line.add_flag("--start", options.start, "Time from the process's start to the first picture and to a story");
    line.add_flag("--bare", options.bare, "The same for an empty window");
    line.add_option("--since", options.since, "When the process was started, milliseconds of the monotonic clock");
    line.add_option("--tokens", options.tokens, "Tokens of each story");
    line.add_option("--rounds", options.rounds, "Rounds");
    CLI11_PARSE(line, argc, argv);
    if (options.since == 0) options.since = began;
    const QTemporaryDir home;  // settings of its own
    qputenv("XDG_CONFIG_HOME", home.path().toLocal8Bit());
    int count = 1;
    loom::app::WatchedApplication app(count, argv);
    try {
        return options.start || options.bare ? measureStart(options) : measurePages(options);
    } catch (const loom::Error& error) {
        std::cerr << error.what << '\n';
        return 1;
    }
}
