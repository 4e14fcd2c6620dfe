// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/download/known_stories.h"

#include <cstdlib>
#include <system_error>

#include "core/data/error.h"
#include "core/engine/api/user_paths.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/download/url_text.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOrigin = "https://huggingface.co";
// R. Eldan and Y. Li, "TinyStories" (arXiv 2305.07759), the version whose stories are all GPT-4's. One revision of the repository, so that
// the bytes never change. The checksums are those of Git LFS, on https://huggingface.co/datasets/roneneldan/TinyStories/blob/REVISION/FILE
// under "Git LFS Details", where the sizes are 2.23 GB and 22.5 MB; all digits of these, and the numbers of stories, are as others report
// them together with the same checksums.
constexpr std::string_view kFolder = "/datasets/roneneldan/TinyStories/resolve/f54c09fd23315a6f9c86f9dc80f725de7d8f9c64/";

struct Known {
    const char* name;
    const char* file;
    const char* title;
    const char* description;
    const char* sha256;
    std::int64_t bytes;
};
constexpr Known kKnown[] = {
    {"tinystories", "TinyStoriesV2-GPT4-train.txt", "TinyStories, all of it",
     "2.7 million short stories in the words of small children, written by GPT-4 for networks of a few million parameters.",
     "6418d412de72888f52b5142c761ac21a582f7d1166f0bfbdb5f03ccfdec90443", 2'227'753'162},
    {"tinystories:valid", "TinyStoriesV2-GPT4-valid.txt", "TinyStories, a hundredth of it",
     "27,630 short stories in the words of small children, written by GPT-4: those that the authors held out.",
     "6874bae9a4c1a4e7edcf0e53b86c17817e9cf881fc75ff2368da457b80c0585d", 22'502'601},
};

std::int64_t sizeOf(const fs::path& file) {
    std::error_code missing;
    const auto size = fs::file_size(file, missing);
    return missing ? 0 : static_cast<std::int64_t>(size);
}

StoryDownload described(const Known& known) {
    const fs::path file = userPaths().stories / known.file;
    StoryDownload stories;
    stories.name = known.name;
    stories.title = known.title;
    stories.description = known.description;
    stories.url = std::string(kOrigin) + std::string(kFolder) + known.file;
    stories.licence = "CDLA-Sharing-1.0";
    stories.licenceUrl = "https://cdla.dev/sharing-1-0/";
    stories.sha256 = known.sha256;
    stories.bytes = known.bytes;
    stories.file = pathText(file);
    stories.there = sizeOf(file) == known.bytes;
    stories.part = stories.there ? 0 : sizeOf(partOf(file));
    return stories;
}

}  // namespace

std::vector<StoryDownload> knownStories() {
    std::vector<StoryDownload> all;
    for (const Known& known : kKnown) all.push_back(described(known));
    return all;
}

std::optional<StoryDownload> knownStoriesNamed(std::string_view name) {
    for (const Known& known : kKnown)
        if (name == known.name) return described(known);
    return std::nullopt;
}

std::string defaultMirror() {
    const char* value = std::getenv("LATENTLOOM_MIRROR");  // NOLINT(concurrency-mt-unsafe): nothing here sets the environment
    return value == nullptr ? std::string() : value;
}

std::string addressAt(const StoryDownload& stories, const std::string& mirror) {
    std::string base = mirror.empty() ? defaultMirror() : mirror;
    if (base.empty()) return stories.url;
    requireWebAddress(base);
    while (base.ends_with('/')) base.pop_back();
    return base + stories.url.substr(kOrigin.size());
}

DownloadOrder orderFor(const DownloadWish& wish) {
    const fs::path folder = userPaths().stories;
    DownloadOrder order;
    if (wish.name.empty()) {
        requireWebAddress(wish.url);
        order.url = wish.url;
        order.file = folder / fileNameOf(wish.url);
    } else {
        const auto stories = knownStoriesNamed(wish.name);
        if (!stories) throw Error{"No stories are known by this name", wish.name, "`latentloom-cli stories get --list` prints the names"};
        order.url = addressAt(*stories, wish.mirror);
        order.file = folder / fs::path(stories->url).filename();
        order.sha256 = stories->sha256;
        order.bytes = stories->bytes;
    }
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem)
        throw Error{"The folder cannot be made: " + problem.message(), pathText(folder), "XDG_DATA_HOME names another place for it"};
    return order;
}

std::optional<fs::path> downloadedStories(std::string_view name) {
    const auto stories = knownStoriesNamed(name);
    if (!stories) return std::nullopt;
    fs::path file = userPaths().stories / fs::path(stories->url).filename();
    if (!fileExists(file))
        throw Error{stories->title + " is not here yet", pathText(file), "`latentloom-cli stories get " + stories->name + "` downloads it"};
    return file;
}

}  // namespace loom
