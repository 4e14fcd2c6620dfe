// SPDX-License-Identifier: GPL-3.0-or-later
// SentencePiece's .model: the same ids and texts as the `sentencepiece` package, and files that would harm its library.
#include <bit>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/data/utf8.h"
#include "core/engine/tokenizer/protobuf_wire.h"
#include "core/engine/tokenizer/sentencepiece_model.h"
#include "core/engine/tokenizer/tokenizer.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"

namespace loom {
namespace {

namespace fs = std::filesystem;
using test::errorOf;
using test::TempFolder;
using test::writeFile;

const fs::path kGolden = fs::path(LOOM_SOURCE_DIR) / "tests/golden/tokenizer";

std::vector<std::int64_t> numbers(const TokenIds& ids) {
    std::vector<std::int64_t> out;
    for (const TokenId id : ids) out.push_back(id.value());
    return out;
}

TokenIds tokens(const std::vector<std::int64_t>& values) {
    TokenIds out;
    for (const std::int64_t value : values) out.emplace_back(value);
    return out;
}

class SentencePieceGolden : public testing::TestWithParam<const char*> {};

TEST_P(SentencePieceGolden, EncodesAndDecodesAlike) {
    const std::string name = GetParam();
    const auto tokenizer = openTokenizer(kGolden / (name + ".model"), 0);
    EXPECT_EQ(tokenizer->kind(), "SentencePiece");
    const auto golden = nlohmann::json::parse(test::readFile(kGolden / (name + ".cases.json")));
    ASSERT_GT(golden.at("cases").size(), 80U);
    for (const auto& item : golden.at("cases")) {
        const auto ids = item.at("ids").get<std::vector<std::int64_t>>();
        EXPECT_EQ(numbers(tokenizer->encode(item.at("text").get<std::string>())), ids) << item.at("text").dump();
        EXPECT_EQ(tokenizer->decode(tokens(ids)), item.at("text_again").get<std::string>()) << item.at("text").dump();
    }
    for (const auto& item : golden.at("decoding")) {
        const auto ids = item.at("ids").get<std::vector<std::int64_t>>();
        EXPECT_EQ(tokenizer->decode(tokens(ids)), item.at("text").get<std::string>()) << item.dump();
    }
    EXPECT_EQ(numbers(tokenizer->beginning()), std::vector<std::int64_t>{golden.at("bos").get<std::int64_t>()});
    EXPECT_EQ(numbers(tokenizer->endTokens()), std::vector<std::int64_t>{golden.at("eos").get<std::int64_t>()});
}

INSTANTIATE_TEST_SUITE_P(All, SentencePieceGolden, testing::Values("sp_bpe", "sp_unigram"));

TEST(SentencePiece, StreamsAndGoesOn) {
    const auto tokenizer = openTokenizer(kGolden / "sp_bpe.model", 0);
    const std::string text = "The caf\xC3\xA9  is \xF0\x9F\x98\x80 open.";
    TokenIds all = tokenizer->beginning();
    for (const TokenId id : tokenizer->encode("The caf\xC3\xA9")) all.push_back(id);
    for (const TokenId id : tokenizer->encodeContinuation("  is \xF0\x9F\x98\x80 open.")) all.push_back(id);
    EXPECT_EQ(tokenizer->decode(all), text);
    Utf8Assembler assembler;
    std::string streamed;
    std::optional<TokenId> previous;
    for (const TokenId id : all) {
        const std::string piece = assembler.push(tokenizer->bytes(id, previous));
        EXPECT_FALSE(firstInvalidUtf8(piece));
        streamed += piece;
        previous = id;
    }
    EXPECT_EQ(streamed + assembler.flush(), text);
    EXPECT_EQ(tokenizer->specialName(TokenId(1)), "<s>");
    EXPECT_EQ(tokenizer->label(TokenId(2)), "</s>");
    EXPECT_EQ(errorOf([&] { (void)tokenizer->encode("ok\xFFno"); }).where, "byte 2");
    EXPECT_NE(errorOf([&] { (void)tokenizer->decode(tokens({420})); }).what.find("420"), std::string::npos);
}

TEST(SentencePiece, IsFoundInAFolderAndReadsItsConfiguration) {
    const TempFolder folder;
    writeFile(folder / "tokenizer.model", test::readFile(kGolden / "sp_bpe.model"));
    EXPECT_EQ(openTokenizer(folder.path(), 420)->beginning().size(), 1U);
    EXPECT_NE(errorOf([&] { (void)openTokenizer(folder.path(), 400); }).what.find("420 tokens, but the network's vocabulary is 400"),
              std::string::npos);
    writeFile(folder / "tokenizer_config.json", R"({"add_bos_token": false, "add_eos_token": true})");
    EXPECT_TRUE(openTokenizer(folder.path(), 0)->beginning().empty());
    EXPECT_EQ(openTokenizer(folder.path(), 0)->ending().size(), 1U);
    writeFile(folder / "tokenizer_config.json", R"({"add_bos_token": 1})");
    EXPECT_NE(errorOf([&] { (void)openTokenizer(folder.path(), 0); }).where.find("add_bos_token"), std::string::npos);
}

SentencePieceModel small() {
    SentencePieceModel model;
    model.type = 2;
    model.pieces = {{"<unk>", 0, SentencePieceModel::Kind::Unknown}, {"<s>", 0, SentencePieceModel::Kind::Control}, {"a", -1}, {"b", -2}};
    return model;
}

Error refused(const SentencePieceModel& model) {
    return errorOf([&] { (void)parseSentencePieceModel(model.serialized(false), "m.model"); });
}

TEST(SentencePiece, WhatWouldHarmTheLibraryIsRefused) {
    (void)parseSentencePieceModel(small().serialized(false), "m.model");
    const auto with = [](const SentencePieceModel::Piece& piece) {
        SentencePieceModel model = small();
        model.pieces.push_back(piece);
        return refused(model).message();
    };
    EXPECT_NE(with({"a", 0}).find("\"a\" stands twice"), std::string::npos);
    EXPECT_NE(with({"", 0}).find("piece 4"), std::string::npos);
    EXPECT_NE(with({std::string("a\0b", 3), 0}).find("no text"), std::string::npos);
    EXPECT_NE(with({"\xFF", 0}).find("no text"), std::string::npos);
    EXPECT_NE(with({std::string(2000, 'x'), 0}).find("1024"), std::string::npos);
    EXPECT_NE(with({"c", std::bit_cast<float>(0x7FC00000U)}).find("score"), std::string::npos);
    EXPECT_NE(with({"c", 0, SentencePieceModel::Kind::Unknown}).find("2 unknown"), std::string::npos);
    EXPECT_NE(with({"<0x41>", 0, SentencePieceModel::Kind::Byte}).find("byte"), std::string::npos);
    EXPECT_NE(with({"c", 0, static_cast<SentencePieceModel::Kind>(9)}).find("unknown type 9"), std::string::npos);
    SentencePieceModel model = small();
    model.byteFallback = true;
    EXPECT_NE(refused(model).what.find("0 byte pieces"), std::string::npos);
    model = small();
    model.type = 8;
    EXPECT_NE(refused(model).what.find("unknown type"), std::string::npos);
    model = small();
    for (std::size_t i = 1; i <= 65; ++i) model.pieces.push_back({std::string(i, 'x'), 0, SentencePieceModel::Kind::UserDefined});
    EXPECT_NE(refused(model).what.find("64 user-defined"), std::string::npos);
    const std::string whole = small().serialized(false);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        try {
            (void)parseSentencePieceModel(std::string_view(whole).substr(0, size), "m.model");
        } catch (const Error& error) {
            EXPECT_EQ(error.where.substr(0, 7), "m.model");
        }
    }
    EXPECT_NE(errorOf([] { (void)parseSentencePieceModel("", "m.model"); }).what.find("no pieces"), std::string::npos);
}

std::string raw(std::uint32_t value) {
    std::string out(sizeof(value), '\0');
    std::memcpy(out.data(), &value, sizeof(value));
    return out;
}

constexpr std::uint32_t kNothing = 0x80000000U;  // fits no byte
constexpr std::uint32_t kLeaf = 1U << 8;
constexpr std::uint32_t kOffset = 1U << 10;
constexpr std::uint32_t kBase = 256;  // where the first byte is looked up

std::string charsmapOf(const std::vector<std::uint32_t>& units, const std::string& texts) {
    std::string out = raw(static_cast<std::uint32_t>(units.size() * sizeof(std::uint32_t)));
    for (const std::uint32_t unit : units) out += raw(unit);
    return out + texts;
}

TEST(SentencePiece, NormalizationRulesThatLeadOutsideAreRefused) {
    const auto refusal = [](const std::string& charsmap) { return errorOf([&] { checkCharsmap(charsmap, "m.model"); }).what; };
    constexpr std::uint32_t kNext = 2 * kBase;  // where the byte after an 'a' is looked up; its leaf lies there too
    std::vector<std::uint32_t> units(3 * kBase, kNothing);
    units[0] = kBase * kOffset;
    checkCharsmap(charsmapOf(units, std::string(1, '\0')), "m.model");  // no rules at all
    EXPECT_NE(refusal("abc").find("cut off"), std::string::npos);
    EXPECT_NE(refusal(raw(0) + "text").find("empty"), std::string::npos);
    EXPECT_NE(refusal(raw(100) + "short").find("wrong size"), std::string::npos);
    units[0] = 3 * kBase * kOffset;
    EXPECT_NE(refusal(charsmapOf(units, "x")).find("outside the array"), std::string::npos);
    units[0] = kBase * kOffset;
    units[kBase + 'a'] = 'a' | ('a' * kOffset);  // leads back to where it came from
    EXPECT_NE(refusal(charsmapOf(units, "x")).find("does not end"), std::string::npos);
    units[kBase + 'a'] = 'a' | kLeaf | ((kNext ^ (kBase + 'a')) * kOffset);
    units[kNext] = kNothing | 5;
    checkCharsmap(charsmapOf(units, std::string("?????yes\0", 9)), "m.model");  // 'a' becomes "yes"
    EXPECT_NE(refusal(charsmapOf(units, "abc")).find("outside the file"), std::string::npos);
    EXPECT_NE(refusal(charsmapOf(units, std::string(300, 'y'))).find("256 bytes"), std::string::npos);
    EXPECT_NE(refusal(charsmapOf(units, std::string("abcde\xFF\0", 7))).find("UTF-8"), std::string::npos);
}

TEST(SentencePiece, SurvivesChangedBytes) {
    std::mt19937 random(5);
    int refusals = 0;
    constexpr int kRounds = 600;
    const TempFolder folder;
    for (const char* name : {"sp_bpe.model", "sp_unigram.model"}) {
        const std::string file = test::readFile(kGolden / name);
        for (int round = 0; round < kRounds; ++round) {
            std::string changed = file;
            for (int i = 0; i < 1 + round % 4; ++i) changed[random() % changed.size()] = static_cast<char>(random());
            if (round % 10 == 0) changed.resize(random() % changed.size());
            writeFile(folder / "t.model", changed);
            try {
                const auto tokenizer = openTokenizer(folder / "t.model", 0);
                EXPECT_FALSE(
                    firstInvalidUtf8(tokenizer->decode(tokenizer->encode("Lily \xE2\x80\x9Cslept\xE2\x80\x9D  in 1999, caf\xC3\xA9!"))));
            } catch (const Error& error) {
                ++refusals;
                EXPECT_FALSE(error.what.empty());
            }
        }
    }
    EXPECT_GT(refusals, kRounds / 8);
    EXPECT_LT(refusals, 2 * kRounds);
}

}  // namespace
}  // namespace loom
