// SPDX-License-Identifier: GPL-3.0-or-later
// bench_views: what the large views cost. Paint events of the page "Look inside" and of the occupancy map, offscreen, 1600 × 900: warm (the
// pointer moves from cell to cell), and cold (a head that was never drawn, in the window's thread and until its map is there).
#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <nlohmann/json.hpp>

#include "core/data/attention_map.h"
#include "core/data/cache_occupancy.h"
#include "core/data/story_update.h"
#include "widgets/cache/occupancy_view.h"
#include "widgets/common/theme.h"
#include "widgets/inside/attention_view.h"
#include "widgets/inside/head_grid.h"
#include "widgets/inside/inside_page.h"
#include "widgets/itemmodels/cache_model.h"
#include "widgets/itemmodels/heads_model.h"
#include "widgets/itemmodels/story_model.h"

namespace {

using namespace loom;
using namespace loom::ui;
using Json = nlohmann::ordered_json;

struct Options {
    int tokens = 512;
    int layers = 12;
    int heads = 16;
    int events = 200;
};

double milliseconds(const std::function<void()>& work) {
    QElapsedTimer clock;
    clock.start();
    work();
    return static_cast<double>(clock.nsecsElapsed()) / 1e6;
}

Json summary(std::vector<double> times) {
    std::sort(times.begin(), times.end());
    return {{"median_ms", times[times.size() / 2]}, {"most_ms", times.back()}, {"count", times.size()}};
}

/// Softmax rows whose scores fall with the distance and depend on head and key.
std::shared_ptr<AttentionMap> attention(const Options& options, int layer) {
    const auto side = static_cast<std::size_t>(options.tokens);
    auto map = std::make_shared<AttentionMap>(AttentionMap{LayerIndex{layer}, options.heads, options.tokens,
                                                           std::vector<float>(static_cast<std::size_t>(options.heads) * side * side)});
    for (std::size_t head = 0; head < static_cast<std::size_t>(options.heads); ++head) {
        for (std::size_t query = 0; query < side; ++query) {
            float* row = map->weights.data() + (head * side + query) * side;
            float sum = 0;
            for (std::size_t key = 0; key <= query; ++key) {
                const auto distance = static_cast<float>(query - key);
                row[key] =
                    std::exp(std::sin(static_cast<float>((key + 1) * (head + 2 + static_cast<std::size_t>(layer)))) * 2 - distance / 40);
                sum += row[key];
            }
            for (std::size_t key = 0; key <= query; ++key) row[key] /= sum;
        }
    }
    return map;
}

StoryUpdate story(int tokens) {
    StoryUpdate update;
    update.reset.emplace();
    for (int i = 0; i < tokens; ++i) {
        TokenStep step;
        step.position = i;
        step.text = step.label = " word" + std::to_string(i % 97);
        update.reset->push_back(step);
    }
    return update;
}

Json measureInside(const Options& options, StoryModel& words) {
    HeadsModel heads;
    InsidePage page(&words, &heads);
    page.resize(1600, 900);
    page.setLayers(options.layers, options.heads);
    page.setModelLoaded(true);
    page.show();
    QCoreApplication::processEvents();
    auto* view = page.findChild<AttentionView*>();
    auto* grid = page.findChild<HeadGrid*>();
    std::vector<double> takes, coldEvents, coldTiles;
    for (int layer = 0; layer < options.layers; ++layer) {
        const auto map = attention(options, layer);
        page.setLayer(LayerIndex{layer});
        takes.push_back(milliseconds([&] { heads.setMap(map); }));
        QCoreApplication::processEvents();
        for (int head = 0; head < options.heads; ++head) {
            QElapsedTimer clock;
            clock.start();
            page.setHead(head);
            coldEvents.push_back(milliseconds([&] { view->repaint(); }));
            while (view->isDrawing()) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
            coldTiles.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
        }
    }
    while (!heads.index(options.heads - 1).data(HeadsModel::EntropyRole).isValid()) QCoreApplication::processEvents();
    page.repaint();
    std::vector<double> whole, map, thumbnails;
    for (int i = 0; i < options.events; ++i) {
        const int query = options.tokens - 1 - i % (options.tokens / 2);
        view->setHovered({query, (i * 7) % (query + 1)});
        map.push_back(milliseconds([&] { view->repaint(); }));
        thumbnails.push_back(milliseconds([&] { grid->viewport()->repaint(); }));
        whole.push_back(milliseconds([&] { page.repaint(); }));
    }
    return {{"warm_page", summary(whole)},
            {"warm_head", summary(map)},
            {"warm_grid", summary(thumbnails)},
            {"cold_head_in_the_windows_thread", summary(coldEvents)},
            {"cold_head_until_it_is_there", summary(coldTiles)},
            {"new_layer_in_the_windows_thread", summary(takes)}};
}

Json measureOccupancy(const Options& options, StoryModel& words) {
    ModelConfig config;
    config.layers = options.layers;
    config.dModel = options.heads * 32;
    config.context = options.tokens;
    config.attention.latent = Latent::Joint;
    config.attention.heads = config.attention.kvHeads = options.heads;
    config.attention.kvLoraRank = 96;
    config.attention.qkRopeHeadDim = config.attention.qkNopeHeadDim = config.attention.vHeadDim = 32;
    CacheModel cache;
    const CacheSpec spec = cacheSpec(config, MlaPath::Absorbed, DType::BF16);
    cache.setSpec(spec, options.tokens);
    CacheUse use;
    use.spec = spec;
    use.capacityTokens = options.tokens;
    use.usedTokens = options.tokens;
    cache.setUse(use);
    for (int position = 0; position < options.tokens; ++position)
        cache.setNorms(position,
                       std::vector<float>(static_cast<std::size_t>(options.layers) * 2, 1 + std::sin(static_cast<float>(position))));
    OccupancyView view(&words, &cache);
    view.resize(1600, 900);
    view.setValue(OccupancyView::Value::Norm);
    view.show();
    QCoreApplication::processEvents();
    const double cold = milliseconds([&] { view.viewport()->repaint(); });
    std::vector<double> times;
    for (int i = 0; i < options.events; ++i) {
        view.setCell({i % (2 * options.layers), (i * 7) % options.tokens});  // two lanes a layer
        times.push_back(milliseconds([&] { view.viewport()->repaint(); }));
    }
    return {{"warm", summary(times)}, {"first_ms", cold}};
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App line("Measures paint events of the large views.");
    line.add_option("--tokens", options.tokens, "Tokens of the story")->check(CLI::Range(2, 8192))->capture_default_str();
    line.add_option("--layers", options.layers, "Layers")->check(CLI::Range(1, 200))->capture_default_str();
    line.add_option("--heads", options.heads, "Heads")->check(CLI::Range(1, 128))->capture_default_str();
    line.add_option("--events", options.events, "Paint events")->check(CLI::Range(1, 100000))->capture_default_str();
    CLI11_PARSE(line, argc, argv);
    qputenv("QT_QPA_PLATFORM", "offscreen");
    int count = 1;
    QApplication app(count, argv);
    applyTheme(app, ThemeChoice::Dark);
    StoryModel words;
    words.apply(story(options.tokens));
    std::cout << Json{{"tokens", options.tokens},
                      {"layers", options.layers},
                      {"heads", options.heads},
                      {"inside", measureInside(options, words)},
                      {"occupancy", measureOccupancy(options, words)}}
                     .dump(2)
              << '\n';
    return 0;
}
