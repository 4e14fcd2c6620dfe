// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/token_data.h"

#include <string_view>

#include "core/data/error.h"
#include "core/data/utf8.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/evaluate/evaluate.h"
#include "core/engine/memory/free_memory.h"

namespace loom {
namespace {

constexpr std::size_t kPiece = std::size_t{4} << 20;  ///< text that is looked at before it is cut into stories

/// FNV-1a over the ids.
std::uint64_t hashOf(const std::vector<std::int32_t>& ids) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const std::int32_t id : ids) hash = (hash ^ static_cast<std::uint32_t>(id)) * 0x100000001B3ULL;
    return hash;
}

void checkZero(std::string_view text, std::size_t offset, const std::string& where) {
    const std::size_t zero = text.find('\0');
    if (zero == std::string_view::npos) return;
    throw Error{"The data is no text: there is a zero byte at byte " + std::to_string(offset + zero), where, "Choose a text file"};
}

/// The first story that is no text ends the reading early, whatever comes after it.
void checkText(std::string_view text, std::size_t offset, const std::string& where) {
    checkZero(text, offset, where);
    if (const auto at = firstInvalidUtf8(text)) {
        throw Error{"The data is not UTF-8 at byte " + std::to_string(offset + *at), where, "Convert it, for example with iconv -t UTF-8"};
    }
}

}  // namespace

TokenData readTokenData(const std::filesystem::path& file, const Tokenizer& tokenizer,
                        const std::function<void(std::int64_t, std::int64_t)>& progress, std::stop_token stop) {
    const std::string where = pathText(file);
    if (tokenizer.endTokens().empty()) {
        throw Error{"The tokenizer names no end-of-text token", where, "Set eos_token in tokenizer_config.json"};
    }
    const auto end = static_cast<std::int32_t>(tokenizer.endTokens().front().value());
    const MappedFile mapped(file);
    const std::string_view text = mapped.text();
    checkZero(text.substr(0, kPiece), 0, where);  // before its size is an argument: a file that is no text is never worth its memory
    // A token is rarely shorter than two bytes of text; four bytes hold it.
    if (const auto room = freeMemory(); room && static_cast<std::int64_t>(text.size()) > *room / 3) {
        throw Error{"The data has " + std::to_string(text.size() >> 20) + " MiB; its tokens would not fit the " +
                        std::to_string(*room >> 20) + " MiB of memory that are free",
                    where, "Train on a part of it"};
    }
    TokenData data;
    data.ids.push_back(end);
    constexpr std::string_view kSeparator = "<|endoftext|>";
    for (std::size_t at = 0; at < text.size();) {
        if (stop.stop_requested()) throw Error{"Reading the data was cancelled", where, {}};
        // Whole stories of some megabytes together; a single longer story is one piece.
        std::size_t cut = at + kPiece >= text.size() ? std::string_view::npos : text.rfind(kSeparator, at + kPiece);
        if (cut == std::string_view::npos || cut <= at) cut = text.find(kSeparator, at + 1);
        cut = cut == std::string_view::npos ? text.size() : cut;
        const std::string_view piece = text.substr(at, cut - at);
        checkText(piece, at, where);
        for (const std::string_view story : splitStories(piece)) {
            for (const TokenId id : tokenizer.encode(story)) data.ids.push_back(static_cast<std::int32_t>(id.value()));
            data.ids.push_back(end);
            data.bytes += static_cast<std::int64_t>(story.size());
            ++data.stories;
            if (stop.stop_requested()) throw Error{"Reading the data was cancelled", where, {}};
        }
        at = cut;
        if (progress) progress(static_cast<std::int64_t>(at), static_cast<std::int64_t>(text.size()));
    }
    if (data.stories == 0) throw Error{"There is no story in the data", where, "Give a text file; stories are separated by <|endoftext|>"};
    data.hash = hashOf(data.ids);
    return data;
}

}  // namespace loom
