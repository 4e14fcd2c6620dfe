// SPDX-License-Identifier: GPL-3.0-or-later
// StorySource: where the stories of a training run come from: a text file, JSON lines, a folder of both, or the story maker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

/// What stands between two stories of a text file.
enum class Separator : std::uint8_t {
    Auto,        ///< found out, see detectSeparator
    EndOfText,   ///< <|endoftext|>
    BlankLines,  ///< two empty lines or more
    BlankLine,   ///< one empty line or more
    Line,        ///< every line is a story
    None         ///< the whole file is one
};
[[nodiscard]] std::string_view name(Separator separator);  ///< "auto", "endoftext", "blank-lines", "blank-line", "line", "none"
[[nodiscard]] std::optional<Separator> separatorNamed(std::string_view name);
[[nodiscard]] std::string_view description(Separator separator);  ///< "stories end with <|endoftext|>"

/// The most likely separator of a text, from its beginning: <|endoftext|> if it occurs; two empty lines if they do; one empty line; lines
/// if they are as long as stories (200 bytes on average); else none.
[[nodiscard]] Separator detectSeparator(std::string_view beginning);

/// What a person chose.
struct SourceSpec {
    std::filesystem::path path;             ///< .txt and others: text; .jsonl, .ndjson: JSON lines; a folder; empty = the story maker
    Separator separator = Separator::Auto;  ///< of text files
    std::string field = {};                 ///< of JSON lines; empty = "text", "story" or "content", or the only one that holds text
    std::int64_t made = 50'000;             ///< stories of the story maker
    std::uint64_t seed = 1;                 ///< of the story maker
    bool operator==(const SourceSpec&) const = default;
};
/// "maker" and "maker:20000" name the story maker, "tinystories" and "tinystories:valid" what was downloaded (known_stories.h) unless a
/// file is called so, anything else a path. Throws Error for a count that is none, and for stories that are not here yet.
[[nodiscard]] SourceSpec sourceNamed(const std::string& text);
/// "maker:50000:seed=1" or the path, for messages and cards.
[[nodiscard]] std::string nameOf(const SourceSpec& spec);

/// A story that was left out, or a file that could not be used.
struct SourceProblem {
    std::string file;
    std::int64_t line = 0;  ///< counts from 1; 0 = the whole file
    std::string what;
};

struct SourceReport {
    std::int64_t files = 0;
    std::string format;                   ///< "text, stories end with <|endoftext|>", "JSON lines, field text", …; of the first file
    std::int64_t leftOut = 0;             ///< stories that are no text
    std::vector<SourceProblem> problems;  ///< the first of them
};
inline constexpr std::size_t kMostProblems = 50;

/// Stories one after another. For one thread.
class StorySource {
public:
    virtual ~StorySource() = default;
    /// The next story, valid until the next call; nothing at the end. Never empty, always UTF-8, without line breaks around it and with \n
    /// as the only kind of line break. What is no text is left out and reported. Throws Error naming a file that cannot be read at all.
    [[nodiscard]] virtual std::optional<std::string_view> next() = 0;
    [[nodiscard]] virtual std::int64_t bytesDone() const = 0;  ///< of bytesTotal(); stories of the maker count as one each
    [[nodiscard]] virtual std::int64_t bytesTotal() const = 0;
    [[nodiscard]] const SourceReport& report() const { return m_report; }

protected:
    void leaveOut(const std::string& file, std::int64_t line, const std::string& what);
    SourceReport m_report;
};

/// Opens a source. Throws Error naming it: missing, unreadable, empty, binary, a folder without a text, a field that is not there.
[[nodiscard]] std::unique_ptr<StorySource> openSource(const SourceSpec& spec);

// The kinds, for openSource and the folder.
[[nodiscard]] std::unique_ptr<StorySource> openTextSource(const std::filesystem::path& file, Separator separator);
[[nodiscard]] std::unique_ptr<StorySource> openTextSource(std::string text, std::string where, Separator separator);  ///< not of a file
[[nodiscard]] std::unique_ptr<StorySource> openJsonLinesSource(const std::filesystem::path& file, const std::string& field);
[[nodiscard]] std::unique_ptr<StorySource> openFolderSource(const SourceSpec& spec);
[[nodiscard]] bool isJsonLines(const std::filesystem::path& file);  ///< by its name

}  // namespace loom
