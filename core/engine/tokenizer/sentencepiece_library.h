// SPDX-License-Identifier: GPL-3.0-or-later
// The boundary to libloom_sentencepiece, the only part that sees SentencePiece's library. It is loaded on first use and kept to itself:
// that library and LibTorch both carry Protocol Buffers, in versions that must not meet.
#pragma once

#include <memory>

#include "core/engine/tokenizer/sentencepiece_model.h"
#include "core/engine/tokenizer/tokenizer.h"

namespace loom {

/// Takes a model that was checked. Throws Error without a place.
using CreateSentencePiece = std::shared_ptr<const Tokenizer> (*)(const SentencePieceModel& model);

inline constexpr const char* kCreateSentencePiece = "loomCreateSentencePiece";

}  // namespace loom
