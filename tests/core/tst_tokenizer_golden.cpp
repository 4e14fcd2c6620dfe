// SPDX-License-Identifier: GPL-3.0-or-later
// BPE of every style against what the `tokenizers` package made of the same files (tests/golden/make_tokenizer_golden.py).
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/data/utf8.h"
#include "core/engine/tokenizer/tokenizer.h"
#include "tests/support/temp_folder.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(LOOM_SOURCE_DIR) / "tests/golden/tokenizer";
const fs::path kGpt2 = fs::path(LOOM_SOURCE_DIR) / "../shared/data/gpt2-tokenizer";

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

void expectGolden(const Tokenizer& tokenizer, const std::string& name) {
    const auto golden = nlohmann::json::parse(test::readFile(kGolden / (name + ".cases.json")));
    ASSERT_GT(golden.at("cases").size(), 80U);
    for (const auto& item : golden.at("cases")) {
        const auto text = item.at("text").get<std::string>();
        const auto ids = item.at("ids").get<std::vector<std::int64_t>>();
        EXPECT_EQ(numbers(tokenizer.encode(text)), ids) << name << ": " << item.at("text").dump();
        EXPECT_EQ(tokenizer.decode(tokens(ids)), item.at("text_again").get<std::string>()) << name << ": " << item.at("text").dump();
    }
    if (const auto decoding = golden.find("decoding"); decoding != golden.end()) {
        ASSERT_GT(decoding->size(), 20U);
        for (const auto& item : *decoding) {
            const auto ids = item.at("ids").get<std::vector<std::int64_t>>();
            EXPECT_EQ(tokenizer.decode(tokens(ids)), item.at("text").get<std::string>()) << name << ": " << item.dump();
        }
    }
    TokenIds whole = tokenizer.beginning();
    for (const TokenId id : tokenizer.encode("Once")) whole.push_back(id);
    for (const TokenId id : tokenizer.ending()) whole.push_back(id);
    EXPECT_EQ(numbers(whole), golden.at("with_specials").get<std::vector<std::int64_t>>());
}

struct Style {
    const char* name;
    const char* kind;
};
void PrintTo(const Style& style, std::ostream* out) { *out << style.name; }

class TokenizerGolden : public testing::TestWithParam<Style> {};

TEST_P(TokenizerGolden, EncodesAndDecodesAlike) {
    const std::string name = GetParam().name;
    const auto tokenizer = openTokenizer(kGolden / (name + ".tokenizer.json"), 0);
    EXPECT_EQ(tokenizer->kind(), GetParam().kind);
    expectGolden(*tokenizer, name);
}

constexpr const char* kBytes = "byte-level BPE";
constexpr const char* kFallback = "byte-fallback BPE";
INSTANTIATE_TEST_SUITE_P(All, TokenizerGolden,
                         testing::Values(Style{"gpt2_style", kBytes}, Style{"prefix_space", kBytes}, Style{"llama3_style", kBytes},
                                         Style{"many_splits", kBytes}, Style{"qwen_style", kBytes}, Style{"neox_style", kBytes},
                                         Style{"falcon_style", kBytes}, Style{"llama2_legacy", kFallback},
                                         Style{"llama2_metaspace", kFallback}, Style{"gemma_style", kFallback},
                                         Style{"metaspace_unknown", "character BPE"}),
                         [](const auto& style) { return std::string(style.param.name); });

TEST(TokenizerGolden, Gpt2Folder) {
    if (!fs::exists(kGpt2)) GTEST_SKIP() << "shared/data/gpt2-tokenizer is not there";
    const auto tokenizer = openTokenizer(kGpt2, 50257);
    EXPECT_EQ(tokenizer->vocabularySize(), 50257);
    EXPECT_EQ(numbers(tokenizer->endTokens()), std::vector<std::int64_t>{50256});
    EXPECT_EQ(tokenizer->beginToken(), TokenId(50256));
    EXPECT_TRUE(tokenizer->beginning().empty());
    EXPECT_EQ(tokenizer->specialName(TokenId(50256)), "<|endoftext|>");
    EXPECT_EQ(tokenizer->label(TokenId(50256)), "<|endoftext|>");
    EXPECT_EQ(tokenizer->label(TokenId(262)), " the");
    EXPECT_EQ(tokenizer->bytes(TokenId(50256), {}), "");
    expectGolden(*tokenizer, "gpt2");
}

TEST(TokenizerGolden, SpecialsEndsAndLabels) {
    const auto tokenizer = openTokenizer(kGolden / "llama3_style.tokenizer.json", 0);
    const TokenIds ends = tokenizer->endTokens();
    ASSERT_EQ(ends.size(), 2U);
    EXPECT_EQ(tokenizer->specialName(ends[0]), "<|endoftext|>");
    EXPECT_EQ(tokenizer->specialName(ends[1]), "<|eot_id|>");
    ASSERT_TRUE(tokenizer->beginToken());
    EXPECT_EQ(tokenizer->specialName(*tokenizer->beginToken()), "<|begin_of_text|>");
    EXPECT_EQ(tokenizer->beginning(), TokenIds{*tokenizer->beginToken()});
    EXPECT_TRUE(tokenizer->ending().empty());
    for (std::int64_t id = 0; id < tokenizer->vocabularySize(); ++id) {
        const std::string label = tokenizer->label(TokenId(id));
        EXPECT_FALSE(label.empty()) << id;
        EXPECT_FALSE(firstInvalidUtf8(label)) << id;
    }
    EXPECT_EQ(tokenizer->label(tokenizer->encode("\xF0\x9F\x98\x80").back()), "<0x80>");
}

TEST(TokenizerGolden, AddedTokensThatAreNoSpecialsAreText) {
    const auto tokenizer = openTokenizer(kGolden / "prefix_space.tokenizer.json", 0);
    const TokenIds ids = tokenizer->encode("<plain>");
    ASSERT_EQ(ids.size(), 1U);
    EXPECT_FALSE(tokenizer->specialName(ids[0]));
    EXPECT_EQ(tokenizer->bytes(ids[0], {}), "<plain>");
}

/// What a person sees while tokens come one by one.
std::string streamed(const Tokenizer& tokenizer, const TokenIds& ids) {
    Utf8Assembler assembler;
    std::string text;
    std::optional<TokenId> previous;
    for (const TokenId id : ids) {
        const std::string piece = assembler.push(tokenizer.bytes(id, previous));
        EXPECT_FALSE(firstInvalidUtf8(piece));
        text += piece;
        previous = id;
    }
    return text + assembler.flush();
}

TEST(TokenizerGolden, StreamsWholeCharacters) {
    const std::string text = "Lily caf\xC3\xA9 \xE4\xBD\xA0\xE5\xA5\xBD \xF0\x9F\x98\x80!\n  two";
    for (const char* name : {"gpt2_style", "llama2_legacy", "llama2_metaspace", "gemma_style"}) {
        const auto tokenizer = openTokenizer(kGolden / (std::string(name) + ".tokenizer.json"), 0);
        TokenIds ids = tokenizer->beginning();
        for (const TokenId id : tokenizer->encode(text)) ids.push_back(id);
        EXPECT_EQ(streamed(*tokenizer, ids), text) << name;
        EXPECT_EQ(tokenizer->decode(ids), text) << name;
        ids.resize(ids.size() - 6);
        EXPECT_FALSE(firstInvalidUtf8(streamed(*tokenizer, ids))) << name;
    }
}

TEST(TokenizerGolden, AContinuationIsWhatWasTyped) {
    for (const char* name : {"gpt2_style", "prefix_space", "llama2_legacy", "llama2_metaspace", "gemma_style"}) {
        const auto tokenizer = openTokenizer(kGolden / (std::string(name) + ".tokenizer.json"), 0);
        for (const std::string next : {" Then it sat", "Then it sat", "\n\nThen", "  two spaces", ""}) {
            TokenIds all = tokenizer->encode("The dog ran.");
            for (const TokenId id : tokenizer->encodeContinuation(next)) all.push_back(id);
            const std::string text = tokenizer->decode(all);
            EXPECT_EQ(text.substr(text.starts_with(' ') ? 1 : 0), "The dog ran." + next) << name;  // prefix_space shows its space
        }
    }
}

TEST(TokenizerGolden, OneTokenizerServesManyThreads) {
    const auto tokenizer = openTokenizer(kGolden / "llama3_style.tokenizer.json", 0);
    std::string text;
    for (int i = 0; i < 200; ++i) text += "the old cat walked to the river " + std::to_string(i * 7919) + " \xC3\xA9<both> ";
    const TokenIds expected = tokenizer->encode(text);
    std::vector<TokenIds> results(4);
    {
        std::vector<std::jthread> threads;
        for (TokenIds& result : results) threads.emplace_back([&] { result = tokenizer->encode(text); });
    }
    for (const TokenIds& result : results) EXPECT_EQ(result, expected);
}

TEST(TokenizerGolden, VeryLongWordsAreNoTrouble) {
    for (const char* name : {"gpt2_style", "llama3_style", "llama2_legacy"}) {
        const auto tokenizer = openTokenizer(kGolden / (std::string(name) + ".tokenizer.json"), 0);
        for (const std::string& text :
             {std::string(300'000, 'a'), std::string(300'000, ' '), std::string(300'000, '='), std::string(300'000, '\n')}) {
            EXPECT_EQ(tokenizer->decode(tokenizer->encode(text)), text) << name;
        }
    }
}

}  // namespace
}  // namespace loom
