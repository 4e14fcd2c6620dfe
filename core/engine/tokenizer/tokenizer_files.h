// SPDX-License-Identifier: GPL-3.0-or-later
// The readers behind openTokenizer. `vocab` is the network's vocabulary, 0 = unknown. All throw Error naming file and key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/engine/tokenizer/tokenizer.h"

namespace loom {

/// tokenizer.json with a BPE model; tokenizer_config.json beside it is read for eos_token and bos_token.
[[nodiscard]] std::shared_ptr<const Tokenizer> readTokenizerJson(const std::filesystem::path& file, std::int64_t vocab);
/// A folder in GPT-2's layout: vocab.json and merges.txt.
[[nodiscard]] std::shared_ptr<const Tokenizer> readGpt2Folder(const std::filesystem::path& folder, std::int64_t vocab);
[[nodiscard]] std::shared_ptr<const Tokenizer> readLlama2cTokenizer(const std::filesystem::path& file, std::int64_t vocab);
/// SentencePiece's .model. It begins a text with its BOS unless the tokenizer_config.json beside it says otherwise (add_bos_token).
[[nodiscard]] std::shared_ptr<const Tokenizer> readSentencePiece(const std::filesystem::path& file, std::int64_t vocab);
/// The tokenizer that a GGUF file carries in its metadata; nothing where it carries none.
[[nodiscard]] std::shared_ptr<const Tokenizer> readGgufTokenizer(const std::filesystem::path& file, std::int64_t vocab);

struct SentencePieceModel;
/// From a model that was checked.
[[nodiscard]] std::shared_ptr<const Tokenizer> makeSentencePiece(const SentencePieceModel& model, std::int64_t vocab,
                                                                 const std::string& where);

}  // namespace loom
