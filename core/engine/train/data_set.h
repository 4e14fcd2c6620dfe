// SPDX-License-Identifier: GPL-3.0-or-later
// DataSet: stories of a source, told apart, divided into training and held-out ones and encoded once, in a cache that is keyed by content
// and tokenizer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "core/engine/stories/story_source.h"
#include "core/engine/tokenizer/tokenizer.h"
#include "core/engine/train/token_file.h"

namespace loom {

struct DataOrder {
    SourceSpec train;
    std::optional<SourceSpec> valid = {};  ///< held-out stories of their own; none: `validShare` of the others
    double validShare = 0.0;               ///< 0 … 0.5. A story is held out by its hash, whatever stands around it
    bool keepDuplicates = false;           ///< else a story that is there twice is taken once, and one that is held out is not trained on
    bool operator==(const DataOrder&) const = default;
};

struct DataCounts {
    std::int64_t found = 0;       ///< stories of both sources
    std::int64_t duplicates = 0;  ///< of those, left out for being there already
    std::int64_t leftOut = 0;     ///< no text
    TokenCounts train, valid;
};

struct DataSet {
    TokenFile train;
    std::optional<TokenFile> valid;
    DataCounts counts;
    SourceReport report;  ///< of the training stories, problems of both sources
    bool fromCache = false;
};

struct DataProgress {
    std::string what;  ///< "looking at the data", "encoding the stories"
    std::int64_t done = 0, total = 0;
};

/// Reads the sources, or finds what was read before in `cache` (a folder, made where missing). `tokenizerHash` tells tokenizers apart.
/// Throws Error naming the file: a source that cannot be read, no story, no end-of-text token, no story for one of the two parts, a disk
/// that is full; and when stopped.
[[nodiscard]] DataSet prepareData(const DataOrder& order, const Tokenizer& tokenizer, std::uint64_t tokenizerHash,
                                  const std::filesystem::path& cache, const std::function<void(const DataProgress&)>& progress,
                                  std::stop_token stop);

/// Of the file's bytes.
[[nodiscard]] std::uint64_t hashOfFile(const std::filesystem::path& file);

}  // namespace loom
