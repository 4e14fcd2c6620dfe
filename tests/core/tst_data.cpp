// SPDX-License-Identifier: GPL-3.0-or-later
// Values that cross boundaries: error messages, UTF-8 in pieces, names, sampler bounds.
#include <gtest/gtest.h>
#include <algorithm>

#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/data/bf16.h"
#include "core/data/error.h"
#include "core/data/generate.h"
#include "core/data/utf8.h"

namespace loom {
namespace {

TEST(Error, messageLeavesOutEmptyParts) {
    EXPECT_EQ((Error{"It broke", "file.bin", "Get it again"}.message()), "It broke (file.bin). Get it again");
    EXPECT_EQ((Error{"It broke", {}, "Get it again"}.message()), "It broke. Get it again");
    EXPECT_EQ((Error{"It broke", "file.bin", {}}.message()), "It broke (file.bin)");
    EXPECT_EQ((Error{"It broke", {}, {}}.message()), "It broke");
}

TEST(Error, guardedTurnsExceptionsIntoValues) {
    const Result<int> value = guarded([] { return 3; });
    ASSERT_TRUE(value);
    EXPECT_EQ(*value, 3);
    const Result<int> thrown = guarded([]() -> int { throw Error{"Own", "here", {}}; });
    ASSERT_FALSE(thrown);
    EXPECT_EQ(thrown.error().message(), "Own (here)");
    const Result<void> memory = guarded([] { throw std::bad_alloc(); });
    ASSERT_FALSE(memory);
    EXPECT_NE(memory.error().what.find("memory"), std::string::npos);
    EXPECT_FALSE(memory.error().hint.empty());
    const Result<void> other = guarded([] { throw std::runtime_error("other"); });
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().what, "other");
    EXPECT_TRUE(guarded([] {}));
}

TEST(Bf16, roundsToNearestTiesToEven) {
    EXPECT_EQ(toBf16(1.0F), 0x3F80);
    EXPECT_EQ(toBf16(1.0F + 1.0F / 256), 0x3F80) << "a tie goes to the even one, down";
    EXPECT_EQ(toBf16(1.0F + 3.0F / 256), 0x3F82) << "a tie goes to the even one, up";
    EXPECT_EQ(toBf16(std::nextafter(1.0F + 1.0F / 256, 2.0F)), 0x3F81);
    EXPECT_EQ(toBf16(-1.0F), 0xBF80);
    EXPECT_EQ(toBf16(std::numeric_limits<float>::max()), 0x7F80) << "past the largest: infinity";
    EXPECT_TRUE(std::isnan(fromBf16(toBf16(std::numeric_limits<float>::quiet_NaN()))));
    EXPECT_TRUE(std::isnan(fromBf16(toBf16(std::bit_cast<float>(0x7F800001U))))) << "its upper half alone would be infinity";
    for (std::uint32_t bits = 0; bits < 0x7F80; ++bits) {
        const auto value = static_cast<std::uint16_t>(bits);
        ASSERT_EQ(toBf16(fromBf16(value)), value);
    }
}

TEST(Utf8, findsTheFirstInvalidByte) {
    for (const char* valid :
         {"", "plain", "gr\xC3\xBC\xC3\x9F", "\xE4\xB8\xAD\xE6\x96\x87", "\xF0\x9F\x90\x89", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_FALSE(firstInvalidUtf8(valid)) << valid;
    }
    const std::pair<const char*, std::size_t> invalid[] = {
        {"a\xFFz", 1},           {"\x80", 0},           {"ab\xC3", 2},           {"\xC0\xAF", 0},
        {"\xE0\x80\x80", 0},     {"ok\xED\xA0\x80", 2}, {"\xF0\x80\x80\x80", 0}, {"\xF4\x90\x80\x80", 0},
        {"\xF5\x80\x80\x80", 0}, {"\xE4\xB8z", 0},
    };
    for (const auto& [text, at] : invalid)
        EXPECT_EQ(firstInvalidUtf8(text), std::optional<std::size_t>(at)) << testing::PrintToString(std::string(text));
}

TEST(Utf8, repairsEachMistakeOnce) {
    EXPECT_EQ(repairedUtf8("plain \xF0\x9F\x90\x89"), "plain \xF0\x9F\x90\x89");
    EXPECT_EQ(repairedUtf8("a\xFF\xFEz"), "a\xEF\xBF\xBD\xEF\xBF\xBDz");
    EXPECT_EQ(repairedUtf8("cut \xC3"), "cut \xEF\xBF\xBD");
    EXPECT_EQ(repairedUtf8("\xE4\xB8z"), "\xEF\xBF\xBDz");                      // one beginning that breaks off
    EXPECT_EQ(repairedUtf8("\xF0\x9F\x90\xC3z"), "\xEF\xBF\xBD\xEF\xBF\xBDz");  // two of them
    EXPECT_EQ(repairedUtf8("\xE0\x80z"), "\xEF\xBF\xBD\xEF\xBF\xBDz");          // overlong: E0 begins nothing here, 80 neither
}

TEST(Utf8Assembler, waitsForWholeCharacters) {
    Utf8Assembler assembler;
    EXPECT_EQ(assembler.push("a\xF0\x9F"), "a");
    EXPECT_EQ(assembler.push("\x90"), "");
    EXPECT_EQ(assembler.push("\x89z"), "\xF0\x9F\x90\x89z");
    EXPECT_EQ(assembler.flush(), "");
}

TEST(Utf8Assembler, anyCutGivesTheSameText) {
    const std::string text = "Zo\xC3\xAB \xE4\xB8\xAD \xF0\x9F\x90\x89 \xFF end";
    const std::string whole = repairedUtf8(text);
    for (std::size_t size = 1; size <= 5; ++size) {
        Utf8Assembler assembler;
        std::string joined;
        for (std::size_t at = 0; at < text.size(); at += size) {
            const std::string piece = assembler.push(text.substr(at, size));
            EXPECT_FALSE(firstInvalidUtf8(piece));
            joined += piece;
        }
        EXPECT_EQ(joined + assembler.flush(), whole);
    }
}

TEST(Utf8Assembler, flushReplacesWhatIsLeft) {
    Utf8Assembler assembler;
    EXPECT_EQ(assembler.push("\xE4\xB8"), "");
    EXPECT_EQ(assembler.flush(), "\xEF\xBF\xBD");
    EXPECT_EQ(assembler.push("a"), "a") << "usable again";
}

TEST(Names, areThoseOfTheCommandLine) {
    EXPECT_EQ(name(StopReason::Eos), "eos");
    EXPECT_EQ(name(StopReason::MaxTokens), "max_tokens");
    EXPECT_EQ(name(StopReason::Context), "context");
    EXPECT_EQ(name(StopReason::StopString), "stop_string");
    EXPECT_EQ(name(StopReason::Cancelled), "cancelled");
    EXPECT_EQ(name(MlaPath::Naive), "naive");
    EXPECT_EQ(name(MlaPath::Absorbed), "absorbed");
    EXPECT_EQ(name(CacheLane::RotaryKey), "rotary key");
    EXPECT_EQ(name(DType::BF16), "bf16");
    EXPECT_EQ(name(Family::Llama2C), "llama2.c");
}

TEST(SamplerSettings, boundsAreSaidInASentence) {
    EXPECT_FALSE(problemWith(SamplerSettings{}));
    EXPECT_FALSE(problemWith(SamplerSettings{0.0, 0, 1.0, 0.0, 1.0}));
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const SamplerSettings& bad : {SamplerSettings{-0.1, 0, 1, 0, 1}, SamplerSettings{nan, 0, 1, 0, 1}, SamplerSettings{1, -1, 1, 0, 1},
                                       SamplerSettings{1, 0, 1.5, 0, 1}, SamplerSettings{1, 0, -0.5, 0, 1}, SamplerSettings{1, 0, 1, 2, 1},
                                       SamplerSettings{1, 0, 1, 0, 0}, SamplerSettings{1, 0, 1, 0, INFINITY}}) {
        EXPECT_TRUE(problemWith(bad));
    }
    for (const SamplerParameter& p : samplerParameters()) {
        for (const double value : {p.least - (p.whole ? 1 : 0.001), p.most * 1.001 + (p.whole ? 1 : 0)}) {
            SamplerSettings bad;
            p.set(bad, value);
            const auto problem = problemWith(bad);
            ASSERT_TRUE(problem) << p.key;
            EXPECT_TRUE(problem->starts_with(p.words)) << *problem;
        }
        SamplerSettings good;
        p.set(good, p.most);
        EXPECT_FALSE(problemWith(good)) << p.key;
        EXPECT_EQ(p.of(good), p.most) << p.key;
        EXPECT_EQ(&samplerParameter(p.key), &p);
    }
    SamplerSettings twice;
    twice.order.front() = SamplerStage::TopK;
    EXPECT_TRUE(problemWith(twice));
    SamplerSettings bytes;
    bytes.dryBreakers = "\xFF";
    EXPECT_TRUE(problemWith(bytes));
    for (const SamplerPreset& preset : samplerPresets()) EXPECT_FALSE(problemWith(preset.settings)) << preset.name;
    EXPECT_TRUE(problemWith(BeamSearch{.width = 0}));
    EXPECT_TRUE(problemWith(BeamSearch{.width = kWidestBeam + 1}));
    EXPECT_TRUE(problemWith(BeamSearch{.lengthPenalty = nan}));
    EXPECT_FALSE(problemWith(BeamSearch{.width = 5, .lengthPenalty = -2, .earlyStopping = true}));
}

TEST(SamplerSettings, stagesAndOrdersHaveNames) {
    for (const SamplerStage stage : kSamplerOrder) {
        EXPECT_EQ(samplerStageNamed(name(stage)), stage);
        EXPECT_EQ(mainParameter(stage).stage, stage);
    }
    EXPECT_FALSE(samplerStageNamed("Top-k"));
    SamplerOrder order = kSamplerOrder;
    std::reverse(order.begin(), order.end());
    EXPECT_EQ(orderFrom(orderText(order)), order);
    EXPECT_EQ(orderFrom(""), kSamplerOrder);
    EXPECT_EQ(orderFrom("xtc,top-k").value()[1], SamplerStage::TopK);
    EXPECT_EQ(orderFrom("xtc,top-k").value()[2], SamplerStage::Repetition) << "the others follow as usual";
    EXPECT_FALSE(orderFrom("top-k,top-k"));
    EXPECT_FALSE(orderFrom("top-k, min-p"));
}

}  // namespace
}  // namespace loom
