// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/data_set.h"

#include <algorithm>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/engine/checkpoint/config_reader.h"
#include "core/engine/checkpoint/write_checkpoint.h"

namespace loom {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Report = std::function<void(const DataProgress&)>;

constexpr std::int64_t kVersion = 1;  ///< of the cache; a new one makes everything again
constexpr std::size_t kLargestNote = 1 << 20;
constexpr std::int64_t kShares = 1'000'000;    ///< steps of validShare
constexpr std::int64_t kBetweenReports = 256;  ///< stories

std::uint64_t hashOf(std::string_view text) {
    Fnv1a hash;
    hash.add(text);
    return hash.value();
}

void stopHere(const std::stop_token& stop, const SourceSpec& spec) {
    if (stop.stop_requested()) throw Error{"Reading the data was cancelled", nameOf(spec), {}};
}

/// Hash of everything that the stories of a source depend on. The stories themselves are read: names and times of files say too little.
std::uint64_t contentHash(const SourceSpec& spec, const Report& progress, const std::stop_token& stop) {
    Fnv1a hash;
    if (spec.path.empty()) {  // the maker is a pure function
        hash.add(nameOf(spec));
        return hash.value();
    }
    const auto source = openSource(spec);
    std::int64_t count = 0;
    while (const auto story = source->next()) {
        hash.add(*story);
        hash.add(std::uint32_t{0x100});
        if (++count % kBetweenReports != 0) continue;
        stopHere(stop, spec);
        if (progress) progress({"looking at the data", source->bytesDone(), source->bytesTotal()});
    }
    return hash.value();
}

std::string keyOf(const DataOrder& order, std::uint64_t tokenizerHash, const Report& progress, const std::stop_token& stop) {
    Fnv1a key;
    key.add(std::to_string(kVersion) + "/" + hexText(tokenizerHash) + "/" + hexText(contentHash(order.train, progress, stop)) + "/" +
            (order.valid ? hexText(contentHash(*order.valid, progress, stop)) : std::to_string(order.validShare)) + "/" +
            (order.keepDuplicates ? "all" : "once"));
    return hexText(key.value());
}

Json countsJson(const TokenCounts& c) { return Json{{"tokens", c.tokens}, {"stories", c.stories}, {"bytes", c.bytes}}; }

/// What is known of a cached data set besides its tokens. Written last: where it is, everything is.
void writeNote(const fs::path& file, const DataSet& data) {
    Json problems = Json::array();
    for (const SourceProblem& p : data.report.problems) problems.push_back({{"file", p.file}, {"line", p.line}, {"what", p.what}});
    const Json json{{"format_version", kVersion},
                    {"found", data.counts.found},
                    {"duplicates", data.counts.duplicates},
                    {"left_out", data.counts.leftOut},
                    {"files", data.report.files},
                    {"format", data.report.format},
                    {"problems", problems},
                    {"train", countsJson(data.counts.train)},
                    {"valid", data.valid ? countsJson(data.counts.valid) : Json(nullptr)}};
    writeTextFile(file, json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

/// A data set of the cache, or nothing where there is none that can be used.
std::optional<DataSet> cached(const fs::path& stem, std::int64_t vocab) {
    const auto file = [&stem](const char* ending) { return fs::path(stem.string() + ending); };
    if (!fileExists(file(".json"))) return std::nullopt;
    try {
        const ConfigReader note(file(".json"), kLargestNote);
        note.requireFormat(kVersion);
        DataSet data{TokenFile(file(".train.tokens"), vocab), std::nullopt, {}, {}, true};
        data.counts.found = note.integer("found");
        data.counts.duplicates = note.integer("duplicates");
        data.counts.leftOut = note.integer("left_out");
        data.report.files = note.integer("files");
        data.report.format = note.text("format");
        data.report.leftOut = data.counts.leftOut;
        for (const ConfigReader& p : note.objects("problems", kMostProblems))
            data.report.problems.push_back({p.text("file"), p.integer("line"), p.text("what")});
        data.counts.train = data.train.counts();
        if (note.has("valid")) {
            data.valid.emplace(file(".valid.tokens"), vocab);
            data.counts.valid = data.valid->counts();
        }
        return data;
    } catch (const Error&) {
        return std::nullopt;  // damaged: made again
    }
}

class Preparation {
public:
    Preparation(const DataOrder& order, const Tokenizer& tokenizer, const fs::path& stem, const Report& progress,
                const std::stop_token& stop)
        : m_order(order), m_tokenizer(tokenizer), m_progress(progress), m_stop(stop) {
        const TokenId end = tokenizer.endTokens().front();
        m_train.emplace(stem.string() + ".train.tokens", tokenizer.vocabularySize(), end);
        if (order.valid || order.validShare > 0) m_valid.emplace(stem.string() + ".valid.tokens", tokenizer.vocabularySize(), end);
    }

    /// Reads everything and writes the token files. Held-out stories of their own come first, so that none of them is trained on.
    void go() {
        if (m_order.valid) take(*m_order.valid, /*heldOut=*/true);
        take(m_order.train, false);
        if (m_train->counts().stories == 0) {
            throw Error{"There is no story in the data", nameOf(m_order.train),
                        m_counts.leftOut > 0 ? firstProblem() : "Give a text file, JSON lines, or a folder of them"};
        }
        if (m_valid && m_valid->counts().stories == 0) {
            if (m_order.valid) throw Error{"There is no story in the held-out data", nameOf(*m_order.valid), firstProblem()};
            throw Error{"No story is left to be held out of " + std::to_string(m_train->counts().stories), nameOf(m_order.train),
                        "Hold out a larger share, or give more stories"};
        }
        m_train->commit();
        if (m_valid) m_valid->commit();
    }

    DataCounts m_counts;
    SourceReport m_report;

private:
    void take(const SourceSpec& spec, bool heldOut) {
        const auto source = openSource(spec);
        std::int64_t count = 0;
        while (const auto story = source->next()) {
            ++m_counts.found;
            const std::uint64_t hash = hashOf(*story);
            if (!m_order.keepDuplicates && !m_seen.insert(hash).second) {
                ++m_counts.duplicates;
            } else {
                TokenFileWriter& to = heldOut || isHeldOut(hash) ? *m_valid : *m_train;
                to.add(m_tokenizer.encode(*story), std::ssize(*story));
            }
            if (++count % kBetweenReports != 0) continue;
            stopHere(m_stop, spec);
            if (m_progress) m_progress({"encoding the stories", source->bytesDone(), source->bytesTotal()});
        }
        stopHere(m_stop, spec);
        m_counts.leftOut += source->report().leftOut;
        if (m_report.format.empty() || !heldOut) {
            m_report.format = source->report().format;
            m_report.files = source->report().files;
        }
        for (const SourceProblem& problem : source->report().problems)
            if (m_report.problems.size() < kMostProblems) m_report.problems.push_back(problem);
        m_report.leftOut = m_counts.leftOut;
    }

    /// By the story alone, so that it stays held out when stories are added. The hash is mixed once more: FNV's low bits are weak.
    [[nodiscard]] bool isHeldOut(std::uint64_t hash) const {
        if (!m_valid || m_order.valid) return false;
        hash ^= hash >> 33;
        hash *= 0xFF51AFD7ED558CCDULL;
        hash ^= hash >> 33;
        return static_cast<double>(hash % kShares) < m_order.validShare * static_cast<double>(kShares);
    }

    [[nodiscard]] std::string firstProblem() const {
        if (m_report.problems.empty()) return {};
        const SourceProblem& first = m_report.problems.front();
        return "The first that was left out: " + first.file + (first.line > 0 ? ", line " + std::to_string(first.line) : "") + ": " +
               first.what;
    }

    const DataOrder& m_order;
    const Tokenizer& m_tokenizer;
    const Report& m_progress;
    const std::stop_token& m_stop;
    std::optional<TokenFileWriter> m_train, m_valid;
    std::unordered_set<std::uint64_t> m_seen;
};

}  // namespace

std::uint64_t hashOfFile(const fs::path& file) { return hashOf(MappedFile(file).text()); }

DataSet prepareData(const DataOrder& order, const Tokenizer& tokenizer, std::uint64_t tokenizerHash, const fs::path& cache,
                    const Report& progress, std::stop_token stop) {
    if (tokenizer.endTokens().empty()) {
        throw Error{"The tokenizer names no end-of-text token", nameOf(order.train), "Set eos_token in tokenizer_config.json"};
    }
    if (!(order.validShare >= 0 && order.validShare <= 0.5)) {
        throw Error{"The share of held-out stories is " + std::to_string(order.validShare), {}, "Choose one between 0 and 0.5"};
    }
    const fs::path stem = cache / keyOf(order, tokenizerHash, progress, stop);
    if (auto found = cached(stem, tokenizer.vocabularySize())) return std::move(*found);
    createFolder(cache);
    Preparation preparation(order, tokenizer, stem, progress, stop);
    preparation.go();
    DataSet data{TokenFile(stem.string() + ".train.tokens", tokenizer.vocabularySize()), std::nullopt, preparation.m_counts,
                 preparation.m_report, false};
    data.counts.train = data.train.counts();
    if (order.valid || order.validShare > 0) {
        data.valid.emplace(stem.string() + ".valid.tokens", tokenizer.vocabularySize());
        data.counts.valid = data.valid->counts();
    }
    writeNote(stem.string() + ".json", data);
    return data;
}

}  // namespace loom
