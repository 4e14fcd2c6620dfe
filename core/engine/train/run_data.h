// SPDX-License-Identifier: GPL-3.0-or-later
// RunData: the stories that a run trains on and is measured on, encoded and cut into batches.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/engine/train/batches.h"
#include "core/engine/train/data_set.h"
#include "core/engine/train/train_config.h"

namespace loom {

/// (what, done, total)
using PhaseReport = std::function<void(const std::string&, std::int64_t, std::int64_t)>;

class RunData {
public:
    /// Prepares or finds the data set. `tokenizer` is the folder or file that the tokenizer is read from. Throws Error as prepareData, and
    /// where the data is shorter than one row.
    RunData(const DataOrder& order, const std::filesystem::path& tokenizer, const std::filesystem::path& cache, const TrainConfig& config,
            const PhaseReport& report, const std::stop_token& stop);

    [[nodiscard]] const DataSet& set() const { return m_set; }
    [[nodiscard]] const BatchSource& batches() const { return *m_batches; }
    /// Empty where nothing is held out.
    [[nodiscard]] const std::vector<TokenBatch>& validation() const { return m_validation; }
    /// The first held-out stories as text, at most `most`.
    [[nodiscard]] std::vector<std::string> heldOutStories(std::int64_t most) const;
    /// What a person should know: format, counts, what was left out and why; one sentence each.
    [[nodiscard]] std::vector<std::string> notes() const;

private:
    std::shared_ptr<const Tokenizer> m_tokenizer;
    DataSet m_set;
    std::optional<BatchSource> m_batches;
    std::vector<TokenBatch> m_validation;
};

/// Learns a byte-level BPE tokenizer of `vocab` tokens from the training stories and writes it into `folder`. Throws Error as openSource,
/// where there is no story, and when stopped.
void learnTokenizer(const SourceSpec& stories, const std::filesystem::path& folder, std::int64_t vocab, const PhaseReport& report,
                    const std::stop_token& stop);

}  // namespace loom
