// SPDX-License-Identifier: GPL-3.0-or-later
// Tokenizer files that nobody has checked: what is refused, by which name, and that nothing crashes or hangs.
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/data/utf8.h"
#include "core/engine/tokenizer/split_pattern.h"
#include "core/engine/tokenizer/tokenizer.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"

namespace loom {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::errorOf;
using test::TempFolder;
using test::writeFile;

const fs::path kGolden = fs::path(LOOM_SOURCE_DIR) / "tests/golden/tokenizer";

json goldenJson() { return json::parse(test::readFile(kGolden / "llama3_style.tokenizer.json")); }

/// A tokenizer of three letters: a, b, ab.
json small() {
    return json::parse(R"({"version":"1.0","added_tokens":[{"id":3,"content":"<|endoftext|>","special":true}],"normalizer":null,
        "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},"post_processor":null,
        "model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}})");
}

TEST(TokenizerFiles, TheSmallOneWorks) {
    const TempFolder folder;
    writeFile(folder / "tokenizer.json", small().dump());
    const auto tokenizer = openTokenizer(folder.path(), 10);  // a padded network
    EXPECT_EQ(tokenizer->vocabularySize(), 4);
    EXPECT_EQ(tokenizer->encode("abba"), (TokenIds{TokenId(2), TokenId(1), TokenId(0)}));
    EXPECT_EQ(tokenizer->encode("ab<|endoftext|>"), (TokenIds{TokenId(2), TokenId(3)}));
    EXPECT_EQ(tokenizer->endTokens(), std::vector<TokenId>{TokenId(3)});
    EXPECT_NE(errorOf([&] { (void)tokenizer->encode("abc"); }).what.find("\"abc\""), std::string::npos);
    EXPECT_EQ(errorOf([&] { (void)tokenizer->encode("ab\xC3"); }).where, "byte 2");
    for (const std::int64_t id : {-1, 4, 5})
        EXPECT_NE(errorOf([&] { (void)tokenizer->bytes(TokenId(id), {}); }).what.find(std::to_string(id)), std::string::npos);
}

TEST(TokenizerFiles, BadOnesAreRefusedByFileAndKey) {
    struct Case {
        std::function<void(json&)> change;
        std::string key;   // in the error's place
        std::string what;  // in its sentence
    };
    const auto added = [](json token) { return [token](json& root) { root["added_tokens"].push_back(token); }; };
    const std::vector<Case> cases = {
        {[](json& root) { root = json::array(); }, "the whole file", "object"},
        {[](json& root) { root.erase("model"); }, "model", "missing"},
        {[](json& root) { root["model"] = 5; }, "model", "missing"},
        {[](json& root) { root["model"]["type"] = "Unigram"; }, "model.type", "\"Unigram\""},
        {[](json& root) { root["model"]["type"] = 7; }, "model.type", "no text"},
        {[](json& root) { root["model"]["byte_fallback"] = true; }, "model.byte_fallback", "beside ByteLevel"},
        {[](json& root) { root["model"]["byte_fallback"] = "yes"; }, "model.byte_fallback", "true nor false"},
        {[](json& root) { root["model"]["dropout"] = 0.1; }, "model.dropout", "Dropout"},
        {[](json& root) { root["model"]["end_of_word_suffix"] = "</w>"; }, "model.end_of_word_suffix", "not supported"},
        {[](json& root) { root["model"]["unk_token"] = "[UNK]"; }, "model.unk_token", "[UNK]"},
        {[](json& root) { root["model"].erase("vocab"); }, "model.vocab", "missing"},
        {[](json& root) { root["model"]["vocab"] = json::object(); }, "model.vocab", "empty"},
        {[](json& root) {
             root["model"]["vocab"] = {1, 2};
         },
         "model.vocab", "no object"},
        {[](json& root) { root["model"]["vocab"]["a"] = -1; }, "model.vocab", "\"a\""},
        {[](json& root) { root["model"]["vocab"]["a"] = 1.5; }, "model.vocab", "\"a\""},
        {[](json& root) { root["model"]["vocab"]["a"] = "0"; }, "model.vocab", "\"a\""},
        {[](json& root) { root["model"]["vocab"]["a"] = 18446744073709551615U; }, "model.vocab", "\"a\""},
        {[](json& root) { root["model"]["vocab"]["a"] = (1 << 24) + 1; }, "model.vocab", "\"a\""},
        {[](json& root) { root["model"]["vocab"]["a"] = 1 << 24; }, "model.vocab", "only 3 tokens"},
        {[](json& root) { root["model"]["vocab"]["a"] = 1; }, "model.vocab", "The id 1 belongs to both"},
        {[](json& root) { root["model"].erase("merges"); }, "model.merges", "missing"},
        {[](json& root) { root["model"]["merges"] = json::parse(R"([["b","a"]])"); }, "model.merges[0]", "\"ba\""},
        {[](json& root) {
             root["model"]["merges"].push_back({"a", "x"});
         },
         "model.merges[1]", "\"x\""},
        {[](json& root) { root["model"]["merges"] = json::parse(R"([["a","b","c"]])"); }, "model.merges[0]", "two texts"},
        {[](json& root) { root["model"]["merges"] = json::array({"ab"}); }, "model.merges[0]", "two parts"},
        {[](json& root) { root["model"]["merges"] = json::array({"a b c"}); }, "model.merges[0]", "two parts"},
        {[](json& root) { root["model"]["merges"] = json::array({7}); }, "model.merges[0]", "neither"},
        {[](json& root) {
             root["normalizer"] = {{"type", "BertNormalizer"}};
         },
         "normalizer", "\"BertNormalizer\""},
        {[](json& root) {
             root["normalizer"] = {{"type", "Replace"}, {"pattern", {{"String", ""}}}, {"content", "x"}};
         },
         "normalizer.pattern", "empty"},
        {[](json& root) {
             root["normalizer"] = {{"type", "Prepend"}};
         },
         "normalizer.prepend", "no text"},
        {[](json& root) {
             root["normalizer"] = {{"type", "Sequence"}, {"normalizers", {{{"type", "Lowercase"}}}}};
         },
         "normalizer.normalizers[0]", "Lowercase"},
        {[](json& root) {
             root["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
         },
         "pre_tokenizer", "\"BertPreTokenizer\""},
        {[](json& root) {
             root["pre_tokenizer"] = {{"type", "Metaspace"}};
         },
         "pre_tokenizer.replacement", "missing"},
        {[](json& root) {
             root["pre_tokenizer"] = {{"type", "Metaspace"}, {"replacement", "__"}};
         },
         "pre_tokenizer.replacement", "one character"},
        {[](json& root) {
             root["pre_tokenizer"] = {{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "often"}};
         },
         "pre_tokenizer.prepend_scheme", "\"often\""},
        {[](json& root) {
             root["pre_tokenizer"] = {
                 {"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "always"}, {"add_prefix_space", false}};
         },
         "pre_tokenizer", "contradict"},
        {[](json& root) {
             root["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", {{{"type", "ByteLevel"}}, {{"type", "ByteLevel"}}}}};
         },
         "pre_tokenizer.pretokenizers[1]", "twice"},
        {[](json& root) {
             root["decoder"] = {{"type", "WordPiece"}};
         },
         "decoder", "\"WordPiece\""},
        {[](json& root) {
             root["decoder"] = {{"type", "Fuse"}};
         },
         "decoder", "but the decoder is not"},
        {[](json& root) {
             root["pre_tokenizer"] = nullptr;
             root["decoder"] = {{"type", "ByteLevel"}};
         },
         "decoder", "but the pre-tokenizer is not"},
        {[](json& root) {
             root["pre_tokenizer"] = nullptr;
             root["decoder"] = {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}};
         },
         "decoder", "Strip before Fuse"},
        {[](json& root) {
             root["pre_tokenizer"] = nullptr;
             root["decoder"] = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(5000, 'x')}};
         },
         "decoder", "16 times"},
        {[](json& root) {
             root["pre_tokenizer"] = {{"type", "Split"}, {"pattern", {{"Regex", "("}}}, {"behavior", "Isolated"}};
         },
         "pre_tokenizer.pattern", "cannot be used"},
        {[](json& root) {
             root["pre_tokenizer"] = {{"type", "Split"}, {"pattern", "x"}, {"behavior", "Isolated"}};
         },
         "pre_tokenizer.pattern", "no object"},
        {[](json& root) {
             root["pre_tokenizer"] = {{"type", "Split"}, {"pattern", {{"String", "x"}}}, {"behavior", "Sometimes"}};
         },
         "pre_tokenizer.behavior", "Sometimes"},
        {[](json& root) { root["pre_tokenizer"]["use_regex"] = 1; }, "pre_tokenizer.use_regex", "true nor false"},
        {[](json& root) {
             root["post_processor"] = {{"type", "Unheard"}};
         },
         "post_processor", "Unheard"},
        {[](json& root) {
             root["post_processor"] = {{"type", "TemplateProcessing"}, {"special_tokens", json::object()}, {"single", json::array()}};
         },
         "post_processor.single", "no place"},
        {[](json& root) {
             root["post_processor"] =
                 json::parse(R"({"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}},{"Sequence":{"id":"A"}}],
            "special_tokens":{"x":{"id":"x","ids":[99],"tokens":["x"]}}})");
         },
         "post_processor.special_tokens", "\"x\""},
        {added({{"id", -1}, {"content", "x"}}), "added_tokens[1].id", "whole number"},
        {added({{"id", 4}, {"content", 5}}), "added_tokens[1].content", "no text"},
        {added({{"id", 2}, {"content", "x"}}), "added_tokens[1]", "belongs to both"},
        {added({{"id", 4}, {"content", "a"}}), "added_tokens[1]", "\"a\" has the id 4 here and 0"},
        {added({{"id", 4}, {"content", "<|endoftext|>"}}), "added_tokens[1]", "twice"},
        {added({{"id", 1 << 24}, {"content", "x"}}), "added_tokens[1]", "gap"},
        {added(7), "added_tokens[1]", "no object"},
    };
    const TempFolder folder;
    for (const Case& item : cases) {
        json root = small();
        item.change(root);
        writeFile(folder / "tokenizer.json", root.dump());
        const Error error = errorOf([&] { (void)openTokenizer(folder / "tokenizer.json", 0); });
        EXPECT_NE(error.where.find("tokenizer.json: " + item.key), std::string::npos) << error.message();
        EXPECT_NE(error.what.find(item.what), std::string::npos) << error.message();
        EXPECT_FALSE(error.hint.empty()) << error.message();
    }
}

TEST(TokenizerFiles, WithoutADecoderItIsWhatUndoesTheRest) {
    const TempFolder folder;
    json root = small();
    root["model"]["vocab"] = {{"\u2581", 0}, {"a", 1}, {"\u2581a", 2}, {"<0xC3>", 4}, {"<0xA9>", 5}};
    root["model"]["merges"] = json::parse(R"([["\u2581","a"]])");
    root["model"]["byte_fallback"] = true;
    root["pre_tokenizer"] = {{"type", "Metaspace"}, {"replacement", "\u2581"}};
    writeFile(folder / "tokenizer.json", root.dump());
    const auto tokenizer = openTokenizer(folder.path(), 0);
    EXPECT_EQ(tokenizer->encode("a a\xC3\xA9"), (TokenIds{TokenId(2), TokenId(2), TokenId(4), TokenId(5)}));
    EXPECT_EQ(tokenizer->decode(tokenizer->encode("a a\xC3\xA9")), "a a\xC3\xA9");
    EXPECT_NE(errorOf([&] { (void)tokenizer->encode("b"); }).what.find("\"b\""), std::string::npos);
}

TEST(TokenizerFiles, ANormalizerThatGrowsTextIsStopped) {
    const TempFolder folder;
    json root = small();
    json grow = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(40, 'a')}};
    root["normalizer"] = {{"type", "Sequence"}, {"normalizers", {grow, grow, grow, grow, grow, grow}}};
    writeFile(folder / "tokenizer.json", root.dump());
    EXPECT_NE(errorOf([&] { (void)openTokenizer(folder.path(), 0)->encode("aa"); }).what.find("64 times"), std::string::npos);
}

TEST(TokenizerFiles, BrokenJsonIsRefused) {
    const TempFolder folder;
    const std::vector<std::string> texts = {
        "", "{", "{\"model\":", std::string(200'000, '['), "nonsense", "{\"a\":1,\"a\":2}", "{\"model\":\"\xFF\"}", std::string(10, '\0')};
    for (const std::string& text : texts) {
        writeFile(folder / "tokenizer.json", text);
        const Error error = errorOf([&] { (void)openTokenizer(folder.path(), 0); });
        EXPECT_NE(error.where.find("tokenizer.json"), std::string::npos) << error.message();
    }
    std::string twice = small().dump();
    twice.insert(twice.find("\"b\":1"), "\"a\":5,");
    writeFile(folder / "tokenizer.json", twice);
    EXPECT_NE(errorOf([&] { (void)openTokenizer(folder.path(), 0); }).what.find("\"a\""), std::string::npos);
}

TEST(TokenizerFiles, TooLargeForTheNetworkNamesBothNumbers) {
    const TempFolder folder;
    writeFile(folder / "tokenizer.json", small().dump());
    const Error inVocabulary = errorOf([&] { (void)openTokenizer(folder.path(), 2); });
    EXPECT_NE(inVocabulary.what.find("3 tokens, but the network's vocabulary is 2"), std::string::npos) << inVocabulary.message();
    const Error added = errorOf([&] { (void)openTokenizer(folder.path(), 3); });
    EXPECT_NE(added.what.find("the id 3, but the network's vocabulary is 3"), std::string::npos) << added.message();
}

TEST(TokenizerFiles, TokenizerConfigNamesTheEnds) {
    const TempFolder folder;
    writeFile(folder / "tokenizer.json", small().dump());
    writeFile(folder / "tokenizer_config.json", R"({"eos_token":"b","bos_token":{"content":"<|endoftext|>"}})");
    const auto tokenizer = openTokenizer(folder.path(), 0);
    EXPECT_EQ(tokenizer->endTokens(), std::vector<TokenId>{TokenId(1)});
    EXPECT_EQ(tokenizer->beginToken(), TokenId(3));
    EXPECT_EQ(tokenizer->specialName(TokenId(1)), "b");
    writeFile(folder / "tokenizer_config.json", R"({"eos_token":null})");
    EXPECT_EQ(openTokenizer(folder.path(), 0)->endTokens(), std::vector<TokenId>{TokenId(3)});
    for (const char* text : {R"({"eos_token":"nowhere"})", R"({"eos_token":7})", R"({"bos_token":{}})", "[]", "{"}) {
        writeFile(folder / "tokenizer_config.json", text);
        EXPECT_NE(errorOf([&] { (void)openTokenizer(folder.path(), 0); }).where.find("tokenizer_config.json"), std::string::npos) << text;
    }
}

TEST(TokenizerFiles, Gpt2FoldersAreChecked) {
    const TempFolder folder;
    writeFile(folder / "vocab.json", R"({"a":0,"b":1,"ab":2,"<|endoftext|>":3})");
    writeFile(folder / "merges.txt", "#version: 0.2\r\na b\r\n");
    const auto tokenizer = openTokenizer(folder.path(), 4);
    EXPECT_EQ(tokenizer->encode("ab<|endoftext|>b"), (TokenIds{TokenId(2), TokenId(3), TokenId(1)}));
    EXPECT_EQ(openTokenizer(folder / "merges.txt", 0)->vocabularySize(), 4);
    writeFile(folder / "tokenizer_config.json", R"({"add_prefix_space":true})");
    EXPECT_NE(errorOf([&] { (void)openTokenizer(folder.path(), 4)->encode("ab"); }).what.find("\" ab\""), std::string::npos);  // no space
    writeFile(folder / "tokenizer_config.json", "{}");
    writeFile(folder / "merges.txt", "a b\nb a\n");
    const Error unknown = errorOf([&] { (void)openTokenizer(folder.path(), 4); });
    EXPECT_NE(unknown.where.find("merges.txt: line 2"), std::string::npos) << unknown.message();
    writeFile(folder / "merges.txt", "ab\n");
    EXPECT_NE(errorOf([&] { (void)openTokenizer(folder.path(), 4); }).where.find("line 1"), std::string::npos);
    writeFile(folder / "vocab.json", "[1]");
    EXPECT_NE(errorOf([&] { (void)openTokenizer(folder.path(), 4); }).where.find("vocab.json"), std::string::npos);
}

std::string checkpointHeader(std::int32_t vocab) {
    const std::int32_t header[7] = {64, 172, 5, 8, 4, vocab, 512};
    return {reinterpret_cast<const char*>(header), sizeof(header)};
}

std::string llama2cTokenizer(int tokens) {
    std::string out("\x07\0\0\0", 4);
    for (int i = 0; i < tokens; ++i) {
        const std::string text = "t" + std::to_string(i);
        out += std::string("\0\0\0\0", 4) + static_cast<char>(text.size()) + std::string(3, '\0') + text;
    }
    return out;
}

TEST(OpenTokenizer, LooksBesideACheckpoint) {
    const TempFolder folder;
    writeFile(folder / "x.bin", checkpointHeader(-5) + "weights");
    const Error none = errorOf([&] { (void)openTokenizer(folder / "x.bin", 0); });
    for (const char* part : {"tokenizer.bin", "tok5.bin", "--tokenizer"})
        EXPECT_NE(none.hint.find(part), std::string::npos) << none.message();
    writeFile(folder / "tok5.bin", llama2cTokenizer(5));
    EXPECT_EQ(openTokenizer(folder / "x.bin", 5)->vocabularySize(), 5);
    EXPECT_EQ(openTokenizer(folder / "x.bin", 0)->vocabularySize(), 5);
    writeFile(folder / "tokenizer.bin", llama2cTokenizer(9));  // belongs to another checkpoint
    EXPECT_EQ(openTokenizer(folder / "x.bin", 5)->vocabularySize(), 5);
    EXPECT_EQ(openTokenizer(folder / "tokenizer.bin", 0)->vocabularySize(), 9);
    EXPECT_EQ(openTokenizer(folder.path(), 9)->kind(), "llama2.c");
    const Error wrong = errorOf([&] { (void)openTokenizer(folder / "x.bin", 7); });
    EXPECT_NE(wrong.where.find("tokenizer.bin"), std::string::npos) << wrong.message();
}

TEST(OpenTokenizer, SaysWhatItLookedFor) {
    const TempFolder folder;
    const Error none = errorOf([&] { (void)openTokenizer(folder.path(), 0); });
    for (const char* part : {"tokenizer.json", "vocab.json", "merges.txt", "tokenizer.model", "tokenizer.bin", "--tokenizer"}) {
        EXPECT_NE(none.hint.find(part), std::string::npos) << none.message();
    }
    EXPECT_NE(errorOf([&] { (void)openTokenizer(folder / "absent", 0); }).what.find("does not exist"), std::string::npos);
    writeFile(folder / "model.safetensors", "x");
    writeFile(folder / "tokenizer.json", small().dump());
    EXPECT_EQ(openTokenizer(folder / "model.safetensors", 0)->vocabularySize(), 4);
    writeFile(folder / "empty.bin", "");
    EXPECT_NE(errorOf([&] { (void)openTokenizer(folder / "empty.bin", 0); }).where.find("empty.bin"), std::string::npos);
}

TEST(TokenizerFiles, SurvivesChangedBytes) {
    const std::string file = goldenJson().dump();
    const TempFolder folder;
    std::mt19937 random(17);
    int refused = 0;
    constexpr int kRounds = 400;
    for (int round = 0; round < kRounds; ++round) {
        std::string changed = file;
        const int changes = 1 + static_cast<int>(random() % 4);
        for (int i = 0; i < changes; ++i) {
            const std::size_t at = random() % changed.size();
            if (random() % 2 == 0) {
                changed[at] = static_cast<char>(random());
            } else {
                changed[at] = "0123456789-\",:[]{}"[random() % 18];
            }
        }
        if (round % 10 == 0) changed.resize(random() % changed.size());
        writeFile(folder / "tokenizer.json", changed);
        try {
            const auto tokenizer = openTokenizer(folder.path(), 0);
            EXPECT_FALSE(firstInvalidUtf8(tokenizer->decode(tokenizer->encode("Lily couldn't sleep <both> in 1999, caf\xC3\xA9!"))));
        } catch (const Error& error) {
            ++refused;
            EXPECT_FALSE(error.what.empty());
        }
    }
    EXPECT_GT(refused, kRounds / 4);
    EXPECT_LT(refused, kRounds);
}

std::vector<std::string> pieces(const std::string& text, const char* pattern, SplitBehaviour behaviour, bool invert = false) {
    std::vector<std::string> out;
    for (const auto piece : splitText(text, SplitPattern(pattern, "p"), behaviour, invert, PatternDeadline(text.size())))
        out.emplace_back(piece);
    return out;
}

TEST(SplitPattern, Behaviours) {
    using Pieces = std::vector<std::string>;
    const std::string text = "the-final--countdown";
    EXPECT_EQ(pieces(text, "-", SplitBehaviour::Removed), (Pieces{"the", "final", "countdown"}));
    EXPECT_EQ(pieces(text, "-", SplitBehaviour::Isolated), (Pieces{"the", "-", "final", "-", "-", "countdown"}));
    EXPECT_EQ(pieces(text, "-", SplitBehaviour::MergedWithPrevious), (Pieces{"the-", "final-", "-", "countdown"}));
    EXPECT_EQ(pieces(text, "-", SplitBehaviour::MergedWithNext), (Pieces{"the", "-final", "-", "-countdown"}));
    EXPECT_EQ(pieces(text, "-", SplitBehaviour::Contiguous), (Pieces{"the", "-", "final", "--", "countdown"}));
    EXPECT_EQ(pieces(text, "[a-z]+", SplitBehaviour::Removed, true), (Pieces{"the", "final", "countdown"}));
    EXPECT_EQ(pieces("aXbX", "(?=X)", SplitBehaviour::Isolated), (Pieces{"a", "Xb", "X"}));
    EXPECT_EQ(pieces(std::string(1000, 'a') + "b" + std::string(1000, 'a'), "b", SplitBehaviour::Removed).size(), 2U);
    EXPECT_TRUE(pieces("", "x*", SplitBehaviour::Isolated).empty());
}

TEST(SplitPattern, ReadsRubysSyntax) {
    using Pieces = std::vector<std::string>;
    EXPECT_EQ(pieces("x\u180Ey z", R"(\s)", SplitBehaviour::Isolated), (Pieces{"x\u180Ey", " ", "z"}));  // not white space in Unicode
    EXPECT_EQ(pieces("gfe", R"(\h+)", SplitBehaviour::Isolated), (Pieces{"g", "fe"}));
    EXPECT_EQ(pieces("a\nb", "(?m:a.b)", SplitBehaviour::Isolated), (Pieces{"a\nb"}));
    EXPECT_EQ(pieces("a\nb", "^b", SplitBehaviour::Isolated), (Pieces{"a\n", "b"}));
    EXPECT_EQ(pieces("aéb", R"(\u00E9)", SplitBehaviour::Removed), (Pieces{"a", "b"}));
    EXPECT_EQ(pieces("ab]c", "[]b]+", SplitBehaviour::Removed), (Pieces{"a", "c"}));
    for (const char* pattern :
         {"[a&&b]", "[a[b]]", "a{2}+", R"(a\Kb)", "(*COMMIT)a", R"([\W])", "\\", R"(\u12)", "[a", "(?C1)a", R"(\C)"}) {
        EXPECT_EQ(errorOf([&] { const SplitPattern refused(pattern, "p"); }).where, "p") << pattern;
    }
    EXPECT_EQ(errorOf([&] { const SplitPattern refused(std::string(20'000, 'a'), "p"); }).where, "p");
}

TEST(SplitPattern, HostilePatternsEndInAnError) {
    for (const char* pattern : {"(a+)+$", "(a|aa)+$", "(a*)*[bd]", "(?:(?:a+)+)+[bd]"}) {
        EXPECT_EQ(errorOf([&] { (void)pieces(std::string(5000, 'a') + "c", pattern, SplitBehaviour::Isolated); }).where, "p") << pattern;
    }
    EXPECT_FALSE(errorOf([&] { const SplitPattern refused(std::string(300, '(') + std::string(300, ')'), "p"); }).what.empty());
}

}  // namespace
}  // namespace loom
