// SPDX-License-Identifier: GPL-3.0-or-later
// The report of runs as one HTML file.
#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <functional>

#include "core/data/curve_bands.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/train/run_export.h"
#include "core/engine/train/svg_plot.h"

namespace loom {
namespace {

constexpr std::size_t kBands = 300;  ///< points of a drawn curve
constexpr std::array kColours{"#0072B2", "#D55E00", "#CC79A7", "#56B4E9", "#8C9198"};

constexpr const char* kStyle = R"(<style>
:root { color-scheme: light dark; --back:#F7F5F2; --base:#FFFEFC; --text:#1E2126; --muted:#666B73; --line:#DAD7D1; --mark:#FFF3CC; }
@media (prefers-color-scheme: dark) { :root { --back:#1E2023; --base:#25282C; --text:#E8E6E1; --muted:#9CA2A9; --line:#3A3E43; --mark:#4A4020; } }
body { background:var(--back); color:var(--text); font:15px/1.45 system-ui, sans-serif; margin:0 auto; max-width:960px; padding:24px; }
h1 { font-size:24px; } h2 { font-size:18px; margin-top:32px; }
figure { background:var(--base); border:1px solid var(--line); border-radius:6px; margin:0 0 16px; padding:12px 16px; }
figcaption { font-weight:600; }
svg { display:block; width:100%; height:auto; } svg text { fill:var(--muted); font-size:12px; font-variant-numeric:tabular-nums; }
svg .y { text-anchor:end; } svg .x { text-anchor:middle; } .grid { stroke:var(--line); }
.line { fill:none; stroke:currentColor; stroke-width:1.6; stroke-linejoin:round; } .dashed { stroke-dasharray:6 3; }
.band { fill:currentColor; opacity:.18; } circle { fill:currentColor; opacity:0; } circle:hover { opacity:1; }
table { border-collapse:collapse; font-variant-numeric:tabular-nums; } .wide { overflow-x:auto; }
th, td { border-bottom:1px solid var(--line); padding:4px 12px 4px 0; text-align:left; vertical-align:top; } th { font-weight:600; }
tr.differs td { background:var(--mark); } .chip { display:inline-block; width:12px; height:12px; border-radius:3px; margin-right:6px; }
details { border-bottom:1px solid var(--line); padding:6px 0; } summary { cursor:pointer; }
blockquote { font-family:Georgia, serif; font-size:17px; margin:8px 0 8px 16px; max-width:70ch; white-space:pre-wrap; } .prompt { color:var(--muted); }
</style>
)";

/// A colour for each run: full keys and values orange, latents green where only one run has them, the others in turn.
std::vector<std::string> coloursOf(std::span<const RunRecord> runs) {
    std::vector<std::string> colours;
    bool full = false, latent = false;
    std::size_t next = 0;
    for (const RunRecord& run : runs) {
        const bool isLatent = run.summary.form.starts_with("MLA");
        bool& taken = isLatent ? latent : full;
        colours.emplace_back(taken ? kColours[next++ % kColours.size()] : isLatent ? "#009E73" : "#E69F00");
        taken = true;
    }
    return colours;
}

using Value = std::function<std::optional<double>(const TrainPoint&)>;

SvgPlot plotOf(std::span<const RunRecord> runs, const std::vector<std::string>& colours, const Value& x, const Value& y) {
    SvgPlot plot;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        std::vector<double> xs, ys;
        for (const TrainPoint& point : runs[i].points) {
            const std::optional<double> vx = x(point), vy = y(point);
            if (!vx || !vy) continue;
            xs.push_back(*vx);
            ys.push_back(*vy);
        }
        plot.curves.push_back({runs[i].summary.name, colours[i], i >= kColours.size() + 2, curveBands(xs, ys, kBands)});
    }
    return plot;
}

std::string curves(std::span<const RunRecord> runs, const std::vector<std::string>& colours) {
    const auto step = [](const TrainPoint& p) { return std::optional(static_cast<double>(p.step)); };
    const auto tokens = [](const TrainPoint& p) { return std::optional(static_cast<double>(p.tokens)); };
    const auto minutes = [](const TrainPoint& p) { return std::optional(p.seconds / 60); };
    const auto loss = [](const TrainPoint& p) { return std::optional(p.loss); };
    const auto valid = [](const TrainPoint& p) { return p.validationLoss; };
    std::string text;
    const auto add = [&](const char* title, const char* xLabel, const Value& x, const char* yLabel, const Value& y, bool logarithmic) {
        SvgPlot plot = plotOf(runs, colours, x, y);
        plot.title = title;
        plot.xLabel = xLabel;
        plot.yLabel = yLabel;
        plot.logarithmic = logarithmic;
        text += svgText(plot);
    };
    add("Validation loss by tokens", "tokens", tokens, "nats per token", valid, true);
    add("Validation loss by time", "minutes", minutes, "nats per token", valid, true);
    add("Training loss", "step", step, "nats per token", loss, true);
    add(
        "Gradient norm", "step", step, "norm", [](const TrainPoint& p) { return std::optional(p.gradientNorm); }, true);
    add(
        "Learning rate", "step", step, "learning rate", [](const TrainPoint& p) { return std::optional(p.learningRate); }, false);
    const auto hasExperts = [](const RunRecord& run) { return !run.points.empty() && run.points.back().expertLoad; };
    if (std::any_of(runs.begin(), runs.end(), hasExperts)) {
        add(
            "Use of the busiest expert", "step", step, "times an even share", [](const TrainPoint& p) { return p.expertLoad; }, false);
    }
    return text;
}

std::string startedText(std::int64_t seconds) {
    if (seconds <= 0) return "–";
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    std::array<char, 40> room{};
    if (gmtime_r(&time, &parts) == nullptr) return "–";
    room[std::strftime(room.data(), room.size() - 1, "%Y-%m-%d %H:%M UTC", &parts)] = '\0';
    return room.data();
}

std::string optionalNumber(const std::optional<double>& value) { return value ? shortNumber(*value) : "–"; }

std::string overview(std::span<const RunRecord> runs, const std::vector<std::string>& colours) {
    std::string text =
        "<div class=\"wide\"><table><tr><th>run</th><th>form</th><th>parameters</th><th>steps</th><th>tokens</th><th>validation loss</th>"
        "<th>lowest</th><th>minutes</th><th>begun</th></tr>\n";
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const RunSummary& s = runs[i].summary;
        const auto cell = [&text](const std::string& value) { text += "<td>" + htmlText(value) + "</td>"; };
        text += "<tr><td><span class=\"chip\" style=\"background:" + colours[i] + "\"></span>" + htmlText(s.name) + "</td>";
        cell(s.form);
        cell(shortNumber(static_cast<double>(s.parameters), 12));
        cell(std::to_string(s.step) + " of " + std::to_string(s.steps) + ", " + std::string(name(s.state)));
        cell(shortNumber(static_cast<double>(s.tokens), 15));
        cell(optionalNumber(s.validationLoss));
        cell(optionalNumber(s.bestLoss) + (s.bestLoss ? " at step " + std::to_string(s.bestStep) : ""));
        cell(shortNumber(s.seconds / 60, 3));
        cell(startedText(s.started));
        text += "</tr>\n";
    }
    text += "</table></div>\n";
    for (const RunRecord& run : runs) {
        if (!run.summary.notes.empty()) text += "<p><b>" + htmlText(run.summary.name) + "</b>: " + htmlText(run.summary.notes) + "</p>\n";
        if (!run.summary.problem.empty())
            text += "<p><b>" + htmlText(run.summary.name) + "</b> cannot be read whole: " + htmlText(run.summary.problem) + "</p>\n";
    }
    return text;
}

std::string settings(std::span<const RunRecord> runs) {
    std::vector<std::string> keys;
    for (const RunRecord& run : runs) {
        for (const auto& [key, value] : run.settings)
            if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
    std::string text = "<div class=\"wide\"><table><tr><th></th>";
    for (const RunRecord& run : runs) text += "<th>" + htmlText(run.summary.name) + "</th>";
    text += "</tr>\n";
    for (const std::string& key : keys) {
        std::vector<std::string> values;
        for (const RunRecord& run : runs) {
            const auto found = std::find_if(run.settings.begin(), run.settings.end(), [&](const auto& row) { return row.first == key; });
            values.push_back(found == run.settings.end() ? "–" : found->second);
        }
        const bool differs = std::any_of(values.begin(), values.end(), [&](const std::string& value) { return value != values.front(); });
        text += std::string(differs ? "<tr class=\"differs\">" : "<tr>") + "<td>" + htmlText(key) + "</td>";
        for (const std::string& value : values) text += "<td>" + htmlText(value) + "</td>";
        text += "</tr>\n";
    }
    return text + "</table></div>\n";
}

std::string stories(std::span<const RunRecord> runs) {
    std::string text;
    for (const RunRecord& run : runs) {
        if (run.samples.empty()) continue;
        text += "<h3>" + htmlText(run.summary.name) + "</h3>\n";
        for (const StepSamples& samples : run.samples) {
            const bool last = &samples == &run.samples.back();
            text += std::string("<details") + (last ? " open" : "") + "><summary>Step " + std::to_string(samples.step) + "</summary>\n";
            for (const SampleStory& s : samples.stories)
                text += "<blockquote><span class=\"prompt\">" + htmlText(s.prompt) + "</span>" + htmlText(s.text) + "</blockquote>\n";
            text += "</details>\n";
        }
    }
    return text.empty() ? "<p>No stories were written yet.</p>\n" : text;
}

/// Runs of one name get their folders' names as well.
std::vector<RunRecord> toldApart(std::span<const RunRecord> given) {
    std::vector<RunRecord> runs(given.begin(), given.end());
    for (RunRecord& run : runs) {
        const auto same = [&](const RunRecord& other) { return other.summary.name == run.summary.name; };
        if (std::count_if(given.begin(), given.end(), same) < 2) continue;
        run.summary.name += " (" + pathText(std::filesystem::path(run.summary.folder).filename()) + ")";
    }
    return runs;
}

}  // namespace

std::string runsHtml(std::span<const RunRecord> given) {
    const std::vector<RunRecord> runs = toldApart(given);
    const std::vector<std::string> colours = coloursOf(runs);
    std::string title = runs.size() == 1 ? runs.front().summary.name : std::to_string(runs.size()) + " training runs";
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
           "content=\"width=device-width\">\n<title>" +
           htmlText(title) + "</title>\n" + kStyle + "</head><body>\n<h1>" + htmlText(title) + "</h1>\n" + overview(runs, colours) +
           "<h2>Curves</h2>\n" + curves(runs, colours) + "<h2>Settings</h2>\n<p>What differs is marked.</p>\n" + settings(runs) +
           "<h2>Stories</h2>\n<p>Written at each measurement, always from the same beginnings and seeds.</p>\n" + stories(runs) +
           "</body></html>\n";
}

}  // namespace loom
