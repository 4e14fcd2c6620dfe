// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a SentencePiece .model: checked here, then given to the library.
#include "core/data/error.h"
#include "core/engine/api/beside_engine.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/tokenizer/sentencepiece_library.h"
#include "core/engine/tokenizer/tokenizer_config.h"
#include "core/engine/tokenizer/tokenizer_errors.h"
#include "core/engine/tokenizer/tokenizer_files.h"

namespace loom {
namespace {

CreateSentencePiece load() {
    const auto find = reinterpret_cast<CreateSentencePiece (*)()>(
        loadBesideEngine({LOOM_SENTENCEPIECE_FILE, kCreateSentencePiece, "SentencePiece's part of the program"}));
    return find();
}

}  // namespace

std::shared_ptr<const Tokenizer> makeSentencePiece(const SentencePieceModel& model, std::int64_t vocab, const std::string& where) {
    const auto size = static_cast<std::int64_t>(model.pieces.size());
    if (vocab > 0 && size > vocab) {
        throw Error{"The tokenizer has " + std::to_string(size) + " tokens, but the network's vocabulary is " + std::to_string(vocab),
                    where, "Use the tokenizer that the network was trained with"};
    }
    static const CreateSentencePiece create = load();  // once, whichever thread comes first
    try {
        return create(model);
    } catch (Error& error) {
        error.where = where;
        throw;
    }
}

std::shared_ptr<const Tokenizer> readSentencePiece(const std::filesystem::path& file, std::int64_t vocab) {
    const std::string where = pathText(file);
    SentencePieceModel model = parseSentencePieceModel(readTextFile(file, kLargestTokenizerFile), where);
    const TokenizerConfig config = readTokenizerConfig(file.parent_path());
    model.beginsWithBos = config.addBos.value_or(true);
    model.endsWithEos = config.addEos.value_or(false);
    return makeSentencePiece(model, vocab, where);
}

}  // namespace loom
