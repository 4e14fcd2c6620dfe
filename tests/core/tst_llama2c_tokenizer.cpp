// SPDX-License-Identifier: GPL-3.0-or-later
// The tokenizer.bin of llama2.c: merging by score, byte fallback, leading spaces, damaged files.
#include <cstring>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/data/utf8.h"
#include "core/engine/tokenizer/llama2c_tokenizer.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"

namespace loom {
namespace {

namespace fs = std::filesystem;
using test::errorOf;

struct Piece {
    std::string text;
    float score = 0;
};

template <class T>
std::string raw(T value) {
    std::string out(sizeof(T), '\0');
    std::memcpy(out.data(), &value, sizeof(T));
    return out;
}

std::string fileOf(const std::vector<Piece>& pieces, std::int32_t longest = 16) {
    std::string out = raw(longest);
    for (const Piece& piece : pieces) out += raw(piece.score) + raw(static_cast<std::int32_t>(piece.text.size())) + piece.text;
    return out;
}

/// Specials, 256 bytes, then `more`: its first piece has id 259.
std::vector<Piece> withBytes(const std::vector<Piece>& more) {
    std::vector<Piece> pieces = {{"<unk>"}, {"\n<s>\n"}, {"\n</s>\n"}};
    for (int byte = 0; byte < 256; ++byte) {
        constexpr const char* digits = "0123456789ABCDEF";
        pieces.push_back({{'<', '0', 'x', digits[byte / 16], digits[byte % 16], '>'}});
    }
    pieces.insert(pieces.end(), more.begin(), more.end());
    return pieces;
}

std::vector<std::int64_t> numbers(const TokenIds& ids) {
    std::vector<std::int64_t> out;
    for (const TokenId id : ids) out.push_back(id.value());
    return out;
}

/// What llama2.c's run.c does, pair by pair over the whole text again and again.
std::vector<std::int64_t> slowEncode(const std::vector<Piece>& pieces, std::string_view text) {
    const auto find = [&](const std::string& wanted) -> std::int64_t {
        for (std::size_t id = 259; id < pieces.size(); ++id) {
            if (pieces[id].text == wanted) return static_cast<std::int64_t>(id);
        }
        return -1;
    };
    if (text.empty()) return {};
    std::vector<std::int64_t> ids;
    std::string spaced(1, ' ');
    spaced += text;
    for (std::size_t at = 0; at < spaced.size();) {
        std::size_t end = at + 1;
        while (end < spaced.size() && (static_cast<unsigned char>(spaced[end]) & 0xC0) == 0x80) ++end;
        const std::int64_t id = find(spaced.substr(at, end - at));
        if (id >= 0) ids.push_back(id);
        for (; id < 0 && at < end; ++at) ids.push_back(static_cast<unsigned char>(spaced[at]) + 3);
        at = end;
    }
    for (;;) {
        float bestScore = -1e10F;
        std::size_t bestAt = 0;
        std::int64_t bestId = -1;
        for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
            const std::int64_t id = find(pieces[static_cast<std::size_t>(ids[i])].text + pieces[static_cast<std::size_t>(ids[i + 1])].text);
            if (id >= 0 && pieces[static_cast<std::size_t>(id)].score > bestScore) {
                bestScore = pieces[static_cast<std::size_t>(id)].score;
                bestAt = i;
                bestId = id;
            }
        }
        if (bestId < 0) return ids;
        ids[bestAt] = bestId;
        ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(bestAt) + 1);
    }
}

TEST(Llama2cTokenizer, MergesTheBestScoreFirstAndTheLeftmostOfEquals) {
    const auto pieces = withBytes({{" ", -9}, {"a", -9}, {"b", -9}, {"ab", -2}, {"ba", -1}, {"aba", -3}, {" a", -8}, {"aa", -4}});
    const Llama2cTokenizer tokenizer(fileOf(pieces), static_cast<std::int64_t>(pieces.size()), "t");
    EXPECT_EQ(numbers(tokenizer.encode("")), (std::vector<std::int64_t>{}));
    EXPECT_EQ(numbers(tokenizer.encode("aba")), (std::vector<std::int64_t>{259, 264}));  // "ba", then "aba"; " a" is worse
    EXPECT_EQ(numbers(tokenizer.encode("aaa")), (std::vector<std::int64_t>{259, 266, 260}));
    for (const char* text : {"aba", "aaa", "abab", "bababa", "a b aa", "aaaaabaab"}) {
        EXPECT_EQ(numbers(tokenizer.encode(text)), slowEncode(pieces, text)) << text;
        EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
    }
}

TEST(Llama2cTokenizer, FallsBackToBytes) {
    const auto pieces = withBytes({{" ", -1}, {"a", -1}});
    const Llama2cTokenizer tokenizer(fileOf(pieces), 0, "t");
    EXPECT_EQ(tokenizer.vocabularySize(), 261);
    EXPECT_EQ(numbers(tokenizer.encode("a\xC3\xA9")), (std::vector<std::int64_t>{259, 260, 0xC3 + 3, 0xA9 + 3}));
    EXPECT_EQ(tokenizer.decode(tokenizer.encode("a\xC3\xA9")), "a\xC3\xA9");
    EXPECT_EQ(tokenizer.label(TokenId(0xC3 + 3)), "<0xC3>");
    EXPECT_EQ(tokenizer.label(TokenId('A' + 3)), "A");
}

TEST(Llama2cTokenizer, LeadingSpaceGoesOnlyAtTheBeginning) {
    const auto pieces = withBytes({{" ", -1}, {"a", -1}, {" a", 0}});
    const Llama2cTokenizer tokenizer(fileOf(pieces), 0, "t");
    const TokenId spaced(261);
    EXPECT_EQ(tokenizer.bytes(spaced, {}), "a");
    EXPECT_EQ(tokenizer.bytes(spaced, TokenId(1)), "a");
    EXPECT_EQ(tokenizer.bytes(spaced, spaced), " a");
    EXPECT_EQ(tokenizer.label(spaced), " a");
    EXPECT_EQ(tokenizer.decode(TokenIds{TokenId(1), spaced, spaced, TokenId(2)}), "a a");
}

TEST(Llama2cTokenizer, Specials) {
    const Llama2cTokenizer tokenizer(fileOf(withBytes({{" ", -1}})), 0, "t");
    EXPECT_EQ(tokenizer.specialName(TokenId(0)), "<unk>");
    EXPECT_EQ(tokenizer.specialName(TokenId(1)), "<s>");
    EXPECT_EQ(tokenizer.specialName(TokenId(2)), "</s>");
    EXPECT_FALSE(tokenizer.specialName(TokenId(3)));
    EXPECT_EQ(numbers(tokenizer.beginning()), std::vector<std::int64_t>{1});
    EXPECT_EQ(numbers(tokenizer.endTokens()), (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(tokenizer.beginToken(), TokenId(1));
    EXPECT_EQ(tokenizer.kind(), "llama2.c");
}

TEST(Llama2cTokenizer, RefusesBadTextAndBadIds) {
    const Llama2cTokenizer tokenizer(fileOf(withBytes({{" ", -1}})), 0, "t");
    EXPECT_EQ(errorOf([&] { (void)tokenizer.encode("ok\xFFno"); }).where, "byte 2");
    for (const std::int64_t id :
         {std::int64_t{-1}, std::int64_t{260}, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
        EXPECT_NE(errorOf([&] { (void)tokenizer.bytes(TokenId(id), {}); }).what.find(std::to_string(id)), std::string::npos);
        (void)errorOf([&] { (void)tokenizer.specialName(TokenId(id)); });
        (void)errorOf([&] { (void)tokenizer.label(TokenId(id)); });
        (void)errorOf([&] { (void)tokenizer.decode(TokenIds{TokenId(id)}); });
    }
    const Llama2cTokenizer withoutBytes(fileOf({{"<unk>"}, {"<s>"}, {"</s>"}, {" "}, {"a"}}), 5, "t");
    EXPECT_EQ(numbers(withoutBytes.encode("a")), (std::vector<std::int64_t>{3, 4}));
    EXPECT_NE(errorOf([&] { (void)withoutBytes.encode("ab"); }).what.find("\"b\""), std::string::npos);
}

TEST(Llama2cTokenizer, RefusesDamagedFiles) {
    const std::vector<Piece> good = withBytes({{" ", -1}, {"a", -2}});
    const std::string file = fileOf(good);
    const auto expectRefused = [](const std::string& data, std::int64_t vocab, const char* what) {
        const Error error = errorOf([&] { const Llama2cTokenizer tokenizer(data, vocab, "bad.bin"); });
        EXPECT_NE(error.what.find(what), std::string::npos) << error.message();
        EXPECT_EQ(error.where.substr(0, 7), "bad.bin") << error.message();
        EXPECT_FALSE(error.hint.empty());
    };
    expectRefused("", 0, "ends inside");
    expectRefused("\x01\x02", 261, "ends inside");
    expectRefused(file.substr(0, file.size() - 1), 261, "ends inside token 260");
    expectRefused(file, 260, "more tokens than the network's 260");
    expectRefused(file, 262, "261 tokens, but the network has 262");
    expectRefused(file + "x", 261, "more tokens");
    expectRefused(file + "x", 0, "ends inside");
    expectRefused(file, 1'000'000'000'000, "261 tokens");
    expectRefused(raw(std::int32_t{0}), 0, "longest");
    expectRefused(raw(std::int32_t{-5}) + file.substr(4), 0, "longest");
    expectRefused(fileOf(good, 3), 0, "length is 5");
    expectRefused(fileOf({{"<unk>"}, {"<s>"}, {"</s>"}}), 0, "only 3");
    expectRefused(raw(std::int32_t{9}) + raw(0.0F) + raw(std::int32_t{-1}), 0, "length is -1");
    expectRefused(raw(std::int32_t{2147483647}) + raw(0.0F) + raw(std::int32_t{2147483647}) + "abc", 0, "ends inside");
    expectRefused(fileOf({{"<unk>"}, {"<s>", std::numeric_limits<float>::quiet_NaN()}}), 0, "not a number");
    expectRefused(std::string((std::size_t{64} << 20) + 1, '\1'), 0, "64 MiB");
}

TEST(Llama2cTokenizer, SurvivesEveryChangedByte) {
    const std::string file = fileOf(withBytes({{" ", -1}, {"a", -2}, {" a", -3}}));
    std::mt19937 random(7);
    int refused = 0;
    for (int round = 0; round < 4000; ++round) {
        std::string changed = file;
        const int changes = 1 + static_cast<int>(random() % 3);
        for (int i = 0; i < changes; ++i) changed[random() % changed.size()] = static_cast<char>(random());
        if (round % 5 == 0) changed.resize(random() % changed.size());
        try {
            const Llama2cTokenizer tokenizer(changed, round % 2 == 0 ? 262 : 0, "changed.bin");
            const TokenIds ids = tokenizer.encode("a a\xC3\xA9 aa");
            EXPECT_FALSE(firstInvalidUtf8(tokenizer.decode(ids)));
        } catch (const Error& error) {
            ++refused;
            EXPECT_FALSE(error.what.empty());
        }
    }
    EXPECT_GT(refused, 500);
    EXPECT_LT(refused, 4000);
}

class Stories260K : public testing::Test {
protected:
    void SetUp() override {
        if (!fs::exists(kFile)) GTEST_SKIP() << "shared/data/llama2c-stories260K is not there";
        m_tokenizer = openTokenizer(kFile, 512);
    }
    inline static const fs::path kFile = fs::path(LOOM_SOURCE_DIR) / "../shared/data/llama2c-stories260K/tok512.bin";
    std::shared_ptr<const Tokenizer> m_tokenizer;
};

TEST_F(Stories260K, GivesTheKnownIds) {
    EXPECT_EQ(m_tokenizer->vocabularySize(), 512);
    EXPECT_EQ(numbers(m_tokenizer->encode("Once upon a time")), (std::vector<std::int64_t>{403, 407, 261, 378}));
}

TEST_F(Stories260K, RoundTripsAnyText) {
    std::vector<std::string> texts = {"Once upon a time, there was a little girl named Lily.",
                                      "  two  spaces ",
                                      "\n\ttabs\n",
                                      "\"Don't!\" said 12 cats.",
                                      "\xE4\xBD\xA0\xE5\xA5\xBD \xF0\x9F\x98\x80 caf\xC3\xA9",
                                      " ",
                                      "<s></s><unk><0x41>",
                                      std::string(1, '\0')};
    std::mt19937 random(3);
    for (int i = 0; i < 300; ++i) {
        std::string text;
        for (int k = 0; k < 40; ++k) text += static_cast<char>(random());
        texts.push_back(repairedUtf8(text));
    }
    for (const std::string& text : texts) EXPECT_EQ(m_tokenizer->decode(m_tokenizer->encode(text)), text);
}

TEST_F(Stories260K, AgreesWithTheSlowWay) {
    const std::string data = test::readFile(kFile);
    std::vector<Piece> pieces;
    for (std::size_t at = 4; at < data.size();) {
        float score = 0;
        std::int32_t length = 0;
        std::memcpy(&score, data.data() + at, 4);
        std::memcpy(&length, data.data() + at + 4, 4);
        pieces.push_back({data.substr(at + 8, static_cast<std::size_t>(length)), score});
        at += 8 + static_cast<std::size_t>(length);
    }
    ASSERT_EQ(pieces.size(), 512U);
    std::mt19937 random(11);
    for (int i = 0; i < 60; ++i) {
        std::string text;
        for (int k = 0; k < 30; ++k) text += pieces[259 + random() % 253].text;
        EXPECT_EQ(numbers(m_tokenizer->encode(text)), slowEncode(pieces, text)) << text;
    }
}

TEST_F(Stories260K, LongTextsAreQuick) {
    std::string text;
    while (text.size() < 1'000'000) text += "Lily couldn't find her red ball in the park, so she asked Tom. ";
    EXPECT_EQ(m_tokenizer->decode(m_tokenizer->encode(text)), text);
}

TEST_F(Stories260K, AContinuationIsWhatWasTyped) {
    const auto tokenizer = openTokenizer(kFile, 512);
    const TokenIds opening = tokenizer->encode("The dog ran.");
    for (const std::string next : {" Then it sat", "Then it sat", "\n\nThen", "  two spaces", ""}) {
        TokenIds all = opening;
        const TokenIds more = tokenizer->encodeContinuation(next);
        all.insert(all.end(), more.begin(), more.end());
        EXPECT_EQ(tokenizer->decode(all), "The dog ran." + next);
    }
}

TEST_F(Stories260K, WrongVocabularyNamesBothNumbers) {
    EXPECT_NE(errorOf([&] { (void)openTokenizer(kFile, 600); }).what.find("512 tokens, but the network has 600"), std::string::npos);
    EXPECT_NE(errorOf([&] { (void)openTokenizer(kFile, 400); }).what.find("400"), std::string::npos);
}

}  // namespace
}  // namespace loom
