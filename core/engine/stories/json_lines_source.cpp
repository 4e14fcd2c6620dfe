// SPDX-License-Identifier: GPL-3.0-or-later
// Stories of a JSON lines file: an object per line, one of whose fields holds the story.
#include <algorithm>
#include <array>

#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/stories/source_text.h"
#include "core/engine/stories/story_source.h"

namespace loom {
namespace {

constexpr std::array<const char*, 3> kUsualFields{"text", "story", "content"};
constexpr JsonLimits kLimits{16, 100'000};  ///< of one line

class JsonLinesSource final : public StorySource {
public:
    JsonLinesSource(const std::filesystem::path& file, std::string field) : m_text(file), m_field(std::move(field)) {
        if (m_field.empty()) m_field = fieldOfFirstLine();
        m_report.files = 1;
        m_report.format = "JSON lines, field " + m_field;
    }

    std::optional<std::string_view> next() override {
        while (m_at < m_text.text().size()) {
            const std::size_t begin = m_at;
            const std::string_view line = takeLine();
            if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
            const std::string problem = read(line);
            if (!problem.empty()) {
                leaveOut(m_text.where(), m_text.lineAt(begin), problem);
                continue;
            }
            if (const std::string_view story = cleaned(m_story, m_buffer); !story.empty()) return story;
        }
        return std::nullopt;
    }
    std::int64_t bytesDone() const override { return static_cast<std::int64_t>(std::min(m_at, m_text.text().size())); }
    std::int64_t bytesTotal() const override { return static_cast<std::int64_t>(m_text.text().size()); }

private:
    std::string_view takeLine() {
        const std::string_view text = m_text.text();
        const std::size_t end = std::min(text.find('\n', m_at), text.size());
        const std::string_view line = text.substr(m_at, end - m_at);
        m_at = end + 1;
        return line;
    }

    /// Puts the line's story into m_story; says why where there is none.
    std::string read(std::string_view line) {
        if (const auto fault = faultOf(line)) return fault->what;
        try {
            nlohmann::json json = parseJson(line, m_text.where(), kLimits);
            if (!json.is_object()) return "no JSON object";
            const auto value = json.find(m_field);
            if (value == json.end()) return "no field " + inQuotes(m_field);
            if (!value->is_string()) return "the field " + inQuotes(m_field) + " is no text";
            m_story = std::move(value->get_ref<std::string&>());
            return m_story.find('\0') == std::string::npos ? std::string() : "a zero byte";
        } catch (const Error& error) {
            return error.what;
        }
    }

    [[nodiscard]] std::string fieldOfFirstLine() const {
        const std::string_view text = m_text.text();
        const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
        const std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
        const std::string hint =
            "Each line must be an object such as {\"text\": \"Once upon a time\"}; name the field that holds the story";
        if (line.empty() || faultOf(line)) throw Error{"The first line is no JSON", m_text.where(), hint};
        const nlohmann::json json = parseJson(line, m_text.where() + ": line 1", kLimits);
        if (!json.is_object()) throw Error{"The first line is no JSON object", m_text.where(), hint};
        for (const char* usual : kUsualFields)
            if (json.contains(usual) && json[usual].is_string()) return usual;
        std::string texts;
        std::string only;
        int count = 0;
        for (const auto& [key, value] : json.items()) {
            if (!value.is_string()) continue;
            only = key;
            texts += (count++ > 0 ? ", " : "") + inQuotes(key);
        }
        if (count == 1) return only;
        throw Error{count == 0 ? "No field of the first line holds text" : "Several fields hold text: " + texts, m_text.where(), hint};
    }

    SourceText m_text;
    std::string m_field;
    std::size_t m_at = 0;
    std::string m_story, m_buffer;
};

}  // namespace

bool isJsonLines(const std::filesystem::path& file) { return file.extension() == ".jsonl" || file.extension() == ".ndjson"; }

std::unique_ptr<StorySource> openJsonLinesSource(const std::filesystem::path& file, const std::string& field) {
    return std::make_unique<JsonLinesSource>(file, field);
}

}  // namespace loom
