// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of a tokenizer.json that change text: normalizer, pre-tokenizer, decoder. What is not supported is refused by name.
#pragma once

#include <nlohmann/json.hpp>

#include "core/engine/tokenizer/bpe_parts.h"
#include "core/engine/tokenizer/json_fields.h"

namespace loom {

/// Fills `parts.normalizer`.
void readNormalizer(const JsonFields& fields, const nlohmann::json& node, BpeParts& parts);
/// Fills `parts.steps` and decides `parts.alphabet`.
void readPreTokenizer(const JsonFields& fields, const nlohmann::json& node, BpeParts& parts);
/// Fills `parts.decoding`, after the other two: without a decoder it is what undoes them.
void readDecoder(const JsonFields& fields, const nlohmann::json& node, BpeParts& parts);

}  // namespace loom
