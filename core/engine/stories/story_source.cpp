// SPDX-License-Identifier: GPL-3.0-or-later
// The story maker and folders as sources, and the choice between all kinds.
#include "core/engine/stories/story_source.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "core/data/error.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/download/known_stories.h"
#include "core/engine/stories/story_maker.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMaker = "maker";
constexpr std::int64_t kMostMade = 100'000'000;
constexpr std::size_t kMostFiles = 100'000;
constexpr std::array kTextEndings{".txt", ".text", ".md", ".jsonl", ".ndjson"};

class MakerSource final : public StorySource {
public:
    MakerSource(std::uint64_t seed, std::int64_t count) : m_seed(seed), m_count(count) { m_report.format = "stories made by a grammar"; }
    std::optional<std::string_view> next() override {
        if (m_done == m_count) return std::nullopt;
        m_story = makeStory(m_seed, m_done++);
        return m_story;
    }
    std::int64_t bytesDone() const override { return m_done; }
    std::int64_t bytesTotal() const override { return m_count; }

private:
    std::uint64_t m_seed;
    std::int64_t m_count;
    std::int64_t m_done = 0;
    std::string m_story;
};

std::unique_ptr<StorySource> openFile(const fs::path& file, const SourceSpec& spec) {
    return isJsonLines(file) ? openJsonLinesSource(file, spec.field) : openTextSource(file, spec.separator);
}

/// Files below a folder that hold text by their names, in the order of their names; hidden ones are left out.
std::vector<fs::path> filesBelow(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code problem;
    fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, problem);
    for (; !problem && at != fs::recursive_directory_iterator(); at.increment(problem)) {
        if (at->path().filename().string().starts_with('.')) {
            if (at->is_directory(problem)) at.disable_recursion_pending();
            continue;
        }
        const std::string ending = at->path().extension().string();
        if (at->is_regular_file(problem) && std::find(kTextEndings.begin(), kTextEndings.end(), ending) != kTextEndings.end())
            files.push_back(at->path());
        if (files.size() > kMostFiles)
            throw Error{"The folder has more than 100,000 texts", pathText(folder), "Put the stories into fewer files"};
    }
    if (problem) throw Error{"The folder cannot be read: " + problem.message(), pathText(folder), {}};
    std::sort(files.begin(), files.end());
    return files;
}

/// One file after the other. A file that cannot be used is a problem, not the end, as long as another can be.
class FolderSource final : public StorySource {
public:
    explicit FolderSource(const SourceSpec& spec) : m_spec(spec), m_files(filesBelow(spec.path)) {
        if (m_files.empty()) {
            throw Error{"The folder holds no text", pathText(spec.path), "Texts end with .txt, .text, .md, .jsonl or .ndjson"};
        }
        for (const fs::path& file : m_files) {
            std::error_code ignored;
            const auto size = fs::file_size(file, ignored);
            m_sizes.push_back(ignored ? 0 : static_cast<std::int64_t>(size));
            m_total += m_sizes.back();
        }
    }

    std::optional<std::string_view> next() override {
        while (m_open || m_next < m_files.size()) {
            if (!m_open && !openNext()) continue;
            if (const auto story = m_open->next()) return story;
            close();
        }
        if (m_report.files == 0) {
            const SourceProblem& first = m_report.problems.front();
            throw Error{"No file of the folder can be used; the first one: " + first.what, first.file, {}};
        }
        return std::nullopt;
    }
    std::int64_t bytesDone() const override { return m_before + (m_open ? m_open->bytesDone() : 0); }
    std::int64_t bytesTotal() const override { return m_total; }

private:
    bool openNext() {
        const std::size_t index = m_next++;
        try {
            m_open = openFile(m_files[index], m_spec);
        } catch (const Error& error) {
            leaveOut(pathText(m_files[index]), 0, error.what);
            m_before += m_sizes[index];
            return false;
        }
        ++m_report.files;
        if (m_report.format.empty()) m_report.format = m_open->report().format;
        return true;
    }
    void close() {
        const SourceReport& done = m_open->report();
        m_report.leftOut += done.leftOut;
        for (const SourceProblem& problem : done.problems)
            if (m_report.problems.size() < kMostProblems) m_report.problems.push_back(problem);
        m_before += m_sizes[m_next - 1];
        m_open.reset();
    }

    SourceSpec m_spec;
    std::vector<fs::path> m_files;
    std::vector<std::int64_t> m_sizes;
    std::int64_t m_total = 0, m_before = 0;
    std::size_t m_next = 0;
    std::unique_ptr<StorySource> m_open;
};

std::int64_t countIn(std::string_view text, const std::string& whole) {
    std::int64_t count = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (problem == std::errc() && end == text.data() + text.size() && count > 0 && count <= kMostMade) return count;
    throw Error{"The story maker cannot make '" + std::string(text) + "' stories", whole,
                "Give a number up to 100,000,000, such as maker:20000"};
}

}  // namespace

void StorySource::leaveOut(const std::string& file, std::int64_t line, const std::string& what) {
    ++m_report.leftOut;
    if (m_report.problems.size() < kMostProblems) m_report.problems.push_back({file, line, what});
}

SourceSpec sourceNamed(const std::string& text) {
    SourceSpec spec;
    if (text == kMaker) return spec;
    if (text.starts_with("maker:"))
        spec.made = countIn(std::string_view(text).substr(6), text);
    else
        spec.path = fileExists(text) ? fs::path(text) : downloadedStories(text).value_or(text);
    return spec;
}

std::string nameOf(const SourceSpec& spec) {
    if (!spec.path.empty()) return pathText(spec.path);
    return "maker:" + std::to_string(spec.made) + ":seed=" + std::to_string(spec.seed);
}

std::unique_ptr<StorySource> openFolderSource(const SourceSpec& spec) { return std::make_unique<FolderSource>(spec); }

std::unique_ptr<StorySource> openSource(const SourceSpec& spec) {
    if (spec.path.empty()) return std::make_unique<MakerSource>(spec.seed, spec.made);
    std::error_code ignored;
    return fs::is_directory(spec.path, ignored) ? openFolderSource(spec) : openFile(spec.path, spec);
}

}  // namespace loom
