// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/run_data.h"

#include "core/data/error.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/tokenizer/bpe_trainer.h"

namespace loom {
namespace {

constexpr std::size_t kMostNotes = 5;
constexpr std::int64_t kBetweenReports = 256;  ///< stories

DataSet prepared(const DataOrder& order, const Tokenizer& tokenizer, const std::filesystem::path& source,
                 const std::filesystem::path& cache, const PhaseReport& report, const std::stop_token& stop) {
    const std::uint64_t hash = hashOfFile(std::filesystem::is_directory(source) ? source / "tokenizer.json" : source);
    return prepareData(
        order, tokenizer, hash, cache, [&report](const DataProgress& p) { report(p.what, p.done, p.total); }, stop);
}

}  // namespace

RunData::RunData(const DataOrder& order, const std::filesystem::path& tokenizer, const std::filesystem::path& cache,
                 const TrainConfig& config, const PhaseReport& report, const std::stop_token& stop)
    : m_tokenizer(openTokenizer(tokenizer, config.model.vocab)), m_set(prepared(order, *m_tokenizer, tokenizer, cache, report, stop)) {
    const TrainSettings& s = config.training;
    m_batches.emplace(m_set.train.row(), s.context, s.batch, s.accumulation, s.seed, nameOf(order.train));
    if (!m_set.valid) return;
    m_validation = validationBatches(m_set.valid->row(), s.context, s.validationRows, s.batch, nameOf(order.valid.value_or(order.train)));
}

std::vector<std::string> RunData::heldOutStories(std::int64_t most) const {
    std::vector<std::string> stories;
    if (!m_set.valid) return stories;
    const TokenRow row = m_set.valid->row();
    const std::int64_t end = row[0];
    TokenIds story;
    for (std::int64_t i = 1; i < row.size() && std::ssize(stories) < most; ++i) {
        if (row[i] != end) {
            story.emplace_back(row[i]);
            continue;
        }
        stories.push_back(m_tokenizer->decode(story));
        story.clear();
    }
    return stories;
}

std::vector<std::string> RunData::notes() const {
    const DataCounts& c = m_set.counts;
    std::vector<std::string> notes;
    std::string counts = "Data: " + m_set.report.format;
    if (m_set.report.files > 1) counts += ", " + std::to_string(m_set.report.files) + " files";
    counts += "; " + std::to_string(c.train.stories) + " stories, " + std::to_string(c.train.tokens) + " tokens to train on";
    if (m_set.valid) counts += "; " + std::to_string(c.valid.stories) + " stories held out";
    if (c.duplicates > 0) counts += "; " + std::to_string(c.duplicates) + " duplicates taken once";
    notes.push_back(counts);
    if (c.leftOut == 0) return notes;
    notes.push_back(std::to_string(c.leftOut) + (c.leftOut == 1 ? " story was left out:" : " stories were left out:"));
    for (const SourceProblem& p : m_set.report.problems) {
        if (notes.size() > kMostNotes) break;
        notes.push_back("  " + p.file + (p.line > 0 ? ", line " + std::to_string(p.line) : "") + ": " + p.what);
    }
    return notes;
}

void learnTokenizer(const SourceSpec& stories, const std::filesystem::path& folder, std::int64_t vocab, const PhaseReport& report,
                    const std::stop_token& stop) {
    constexpr const char* kWhat = "learning a tokenizer";
    BpeTrainer trainer({vocab, {kEndOfTextToken, kPaddingToken}, 0});
    const auto source = openSource(stories);
    std::int64_t count = 0;
    while (const auto story = source->next()) {
        trainer.add(*story, {}, stop);
        if (++count % kBetweenReports == 0) report(kWhat, source->bytesDone(), 2 * source->bytesTotal());
    }
    if (count == 0) throw Error{"There is no story in the data", nameOf(stories), "Give a text file, JSON lines, or a folder of them"};
    try {
        const auto learning = [&](const BpeProgress& p) { report(kWhat, p.total + p.done, 2 * p.total); };
        writeTokenizer(folder, trainer.train(learning, stop));
    } catch (Error& error) {
        if (error.where.empty()) error.where = nameOf(stories);
        throw;
    }
}

}  // namespace loom
