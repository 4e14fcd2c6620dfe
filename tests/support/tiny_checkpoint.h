// SPDX-License-Identifier: GPL-3.0-or-later
// Writes tiny Hugging Face folders and llama2.c files with random but always equal weights, for tests of everything that opens a
// checkpoint. A test that uses it lists ../support/tiny_checkpoint.cpp under SOURCES and links loom_engine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/data/model_config.h"
#include "core/engine/checkpoint/checkpoint.h"

namespace loom::test {

/// The vocabulary of the tokenizer that is written: <|endoftext|>, <|pad|> and 256 bytes.
inline constexpr std::int64_t kTinyVocab = 258;

struct TinyOptions {
    Family family = Family::Llama;  ///< Llama or DeepseekV3
    DType dtype = DType::F32;       ///< F32, BF16, F16 or F64
    std::int64_t layers = 2;
    std::int64_t dModel = 32;
    std::int64_t heads = 4;
    std::int64_t kvHeads = 2;  ///< Llama only
    std::int64_t headDim = 0;  ///< Llama only; 0 = dModel / heads, key left out
    std::int64_t ffnWidth = 48;
    std::int64_t vocab = kTinyVocab;  ///< with another size no tokenizer.json is written
    std::int64_t context = 64;
    std::int64_t qLoraRank = 0;  ///< DeepseekV3 only, as the rest; 0 writes null
    std::int64_t kvLoraRank = 16;
    std::int64_t qkNopeHeadDim = 8;
    std::int64_t qkRopeHeadDim = 4;
    std::int64_t vHeadDim = 6;
    RopeLayout layout = RopeLayout::Interleaved;  ///< DeepseekV3: rope_interleave. Llama is always Half
    bool attentionBias = false;
    bool mlpBias = false;  ///< Llama only
    bool tied = false;
    bool sharded = false;    ///< two shards and model.safetensors.index.json
    bool prefix = true;      ///< false leaves "model." out of tensor names
    bool tokenizer = true;   ///< writes tokenizer.json
    std::uint64_t seed = 1;  ///< of the weights
};

/// The configuration that readCheckpoint must report for such a folder.
[[nodiscard]] ModelConfig tinyConfig(const TinyOptions& options);
/// The text of config.json.
[[nodiscard]] std::string tinyConfigJson(const TinyOptions& options);
/// A tensor's values before they are stored in the folder's dtype; the same for every dtype.
[[nodiscard]] std::vector<float> tinyWeights(const TensorSpec& spec, std::uint64_t seed);
/// Fills an existing folder.
void writeTinyCheckpoint(const std::filesystem::path& folder, const TinyOptions& options = {});
/// Byte-level BPE without merges: id 0 <|endoftext|>, 1 <|pad|>, 2 … 257 the bytes in the order of GPT-2's alphabet.
[[nodiscard]] std::string tinyTokenizerJson();

/// A llama2.c version 0 file. Takes layers, dModel, heads, kvHeads, ffnWidth, vocab, context, tied and seed from `options`.
void writeTinyLlama2C(const std::filesystem::path& file, const TinyOptions& options = {});

}  // namespace loom::test
