// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/stories_get.h"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <system_error>

#include "app/cli/progress_line.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/download/known_stories.h"
#include "core/engine/download/url_text.h"

namespace loom::cli {
namespace {

namespace fs = std::filesystem;

/// "2.23 GB", decimal.
std::string size(double bytes) {
    constexpr std::array kUnits{"B", "kB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    for (; bytes >= 999.5 && unit + 1 < kUnits.size(); ++unit) bytes /= 1000;
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(),
                  unit == 0 || bytes >= 99.95 ? "%.0f %s"
                  : bytes >= 9.995            ? "%.1f %s"
                                              : "%.2f %s",
                  bytes, kUnits[unit]);
    return text.data();
}
std::string size(std::int64_t bytes) { return size(static_cast<double>(bytes)); }

/// "40 s", "12 min", "3 h 20 min"
std::string duration(double seconds) {
    const long minutes = std::lround(seconds / 60);
    if (seconds < 100) return std::to_string(std::lround(seconds)) + " s";
    if (minutes < 100) return std::to_string(minutes) + " min";
    return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

std::string line(const DownloadProgress& p) {
    const std::string of = size(p.done) + (p.total > 0 ? " of " + size(p.total) : "");
    switch (p.phase) {
        case DownloadPhase::Connecting: return "connecting";
        case DownloadPhase::ReadingPart: return "checking what is here, " + of;
        case DownloadPhase::Loading: break;
    }
    std::string text = of;
    if (p.bytesPerSecond > 0) text += ", " + size(p.bytesPerSecond) + "/s";
    if (p.secondsLeft >= 0) text += ", " + duration(p.secondsLeft) + " left";
    return text;
}

int list(const GetOptions& options, const Context& context) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const StoryDownload& s : knownStories()) {
        json.push_back({{"name", s.name},
                        {"title", s.title},
                        {"url", addressAt(s, options.mirror)},
                        {"bytes", s.bytes},
                        {"sha256", s.sha256},
                        {"licence", s.licence},
                        {"file", s.file},
                        {"there", s.there},
                        {"part", s.part}});
        if (context.json) continue;
        std::cout << s.name << "\n    " << s.title << ", " << size(s.bytes) << ", licence " << s.licence << " (" << s.licenceUrl
                  << ")\n    " << s.description << "\n    " << json.back()["url"].get<std::string>() << "\n    "
                  << (s.there      ? "here: "
                      : s.part > 0 ? size(s.part) + " are here: "
                                   : "not here: ")
                  << s.file << '\n';
    }
    if (context.json) Context::print(json);
    return kOk;
}

DownloadWish wishOf(const GetOptions& options) {
    if (options.what.find("://") != std::string::npos) return {{}, options.what, options.mirror};
    return {options.part == "valid" && options.what == "tinystories" ? "tinystories:valid" : options.what, {}, options.mirror};
}

DownloadOrder orderOf(const DownloadWish& wish, const GetOptions& options) {
    if (wish.name.empty() && !options.mirror.empty())
        throw Error{"A mirror stands for the server of stories that are known by name", "--mirror", "Give the whole address instead"};
    DownloadOrder order = orderFor(wish);
    if (!options.sha256.empty()) order.sha256 = checksumFrom(options.sha256);
    if (options.out.empty()) return order;
    std::error_code ignored;
    const fs::path out = options.out;
    order.file = fs::is_directory(out, ignored) ? out / order.file.filename() : out;
    return order;
}

const char* nameOf(ChecksumFrom from) {
    switch (from) {
        case ChecksumFrom::Order: return "known";
        case ChecksumFrom::Server: return "server";
        case ChecksumFrom::Nowhere: break;
    }
    return "none";
}

/// Stopped by the person: what is here, and how it goes on.
int stopped(const DownloadOrder& order) {
    std::error_code none;
    const auto part = fs::file_size(partOf(order.file), none);
    if (!none && part > 0)
        std::cerr << "Stopped. " << size(static_cast<std::int64_t>(part)) << " lie in " << pathText(partOf(order.file))
                  << "; the same command goes on from there.\n";
    return kCancelled;
}

}  // namespace

CLI::App* addStoriesGet(CLI::App& stories, GetOptions& options, Context& context) {
    CLI::App* get = stories.add_subcommand(
        "get", "Download stories: nothing else in LatentLoom uses the network. What was interrupted goes on where it was.");
    get->add_option("WHAT", options.what, "tinystories, or the address of any file (https://…)")->capture_default_str();
    get->add_option("--part", options.part, "Of TinyStories: train (2.23 GB) or valid (22.5 MB)")
        ->check(CLI::IsMember({"train", "valid"}))
        ->capture_default_str();
    get->add_option("--out", options.out, "File or folder; none: your folder of stories, as `paths` prints it");
    get->add_option("--mirror", options.mirror,
                    "Address that stands for https://huggingface.co and serves the same files; none: the variable LATENTLOOM_MIRROR");
    get->add_option("--sha256", options.sha256, "Checksum that the file must have; TinyStories has its own");
    get->add_flag("--list", options.list, "Print what is known by name, its size and licence, and load nothing");
    addCommonOptions(*get, context, false);
    return get;
}

int getStories(const GetOptions& options, const Context& context) {
    if (options.list) return list(options, context);
    const DownloadWish wish = wishOf(options);
    const DownloadOrder order = orderOf(wish, options);
    if (const auto known = knownStoriesNamed(wish.name))
        std::cerr << known->title << ": " << size(known->bytes) << ", licence " << known->licence << " (" << known->licenceUrl << ")\n";
    std::cerr << shownAddress(order.url) << "\n  into " << pathText(order.file) << '\n';
    const auto begin = std::chrono::steady_clock::now();
    Downloaded result;
    try {
        ProgressLine progress;
        result = download(
            order, [&](const DownloadProgress& p) { progress.show(line(p)); }, context.stop);
    } catch (const Error&) {
        if (context.stop.stop_requested()) return stopped(order);
        throw;
    }
    const std::string file = pathText(result.file);
    if (context.json) {
        Context::print({{"file", file},
                        {"bytes", result.bytes},
                        {"sha256", result.sha256},
                        {"checked", nameOf(result.checked)},
                        {"url", shownAddress(order.url)},
                        {"was_there", result.wasThere},
                        {"resumed_from", result.resumedFrom},
                        {"seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()}});
        return kOk;
    }
    std::cout << file << '\n';
    std::cerr << (result.wasThere ? "was here already: " : "") << size(result.bytes) << ", SHA-256 " << result.sha256
              << (result.checked == ChecksumFrom::Order    ? ", as it must be"
                  : result.checked == ChecksumFrom::Server ? ", as the server states"
                                                           : "; nothing to compare it with (--sha256)")
              << ". `train --data '" << file << "'` trains on it.\n";
    return kOk;
}

}  // namespace loom::cli
