// SPDX-License-Identifier: GPL-3.0-or-later
// The safetensors reader and writer: round trip, and files that lie.
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/engine/checkpoint/safetensors.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"

namespace loom {
namespace {

using test::errorOf;
using test::readFile;
using test::TempFolder;
using test::writeFile;
using testing::HasSubstr;

std::string lengthBytes(std::uint64_t length) {
    std::string bytes(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(length >> (8 * i) & 0xFF);
    return bytes;
}

/// A file of this header and so many bytes of data.
std::string fileOf(const std::string& header, std::size_t data) { return lengthBytes(header.size()) + header + std::string(data, 'x'); }

std::vector<std::byte> bytesOf(std::size_t count) {
    std::vector<std::byte> bytes(count);
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 37 + 11);
    return bytes;
}

Error errorReading(const std::string& contents) {
    const TempFolder folder;
    const std::filesystem::path path = folder / "a.safetensors";
    writeFile(path, contents);
    const Error error = errorOf([&] { static_cast<void>(readSafetensors(path)); });
    EXPECT_THAT(error.where, HasSubstr("a.safetensors"));
    EXPECT_EQ(error.message().find('\n'), std::string::npos) << error.message();
    return error;
}

TEST(Safetensors, RoundTripKeepsEveryTypeShapeAndByte) {
    const TempFolder folder;
    const std::filesystem::path path = folder / "all.safetensors";
    std::vector<TensorToWrite> tensors;
    std::vector<std::vector<std::byte>> data;
    for (const DType type :
         {DType::Bool, DType::U8, DType::I8, DType::I16, DType::F16, DType::BF16, DType::I32, DType::F32, DType::I64, DType::F64}) {
        data.push_back(bytesOf(static_cast<std::size_t>(3 * 5 * bytesPerElement(type))));
        tensors.push_back({"tensor \"" + std::string(name(type)) + "\" ü", type, {3, 5}, {}});
    }
    for (std::size_t i = 0; i < data.size(); ++i) tensors[i].data = data[i];
    const std::vector<std::byte> scalar = bytesOf(4);
    tensors.push_back({"scalar", DType::F32, {}, scalar});
    tensors.push_back({"nothing", DType::F32, {4, 0}, {}});
    writeSafetensors(path, tensors, {{"made", "by a \"test\""}, {"format", "ours"}});

    const SafetensorsFile file = readSafetensors(path);
    ASSERT_EQ(file.tensors.size(), tensors.size());
    for (const TensorToWrite& tensor : tensors) {
        const auto found = file.tensors.find(tensor.name);
        ASSERT_NE(found, file.tensors.end()) << tensor.name;
        EXPECT_EQ(found->second.dtype, tensor.dtype);
        EXPECT_EQ(found->second.shape, tensor.shape);
        ASSERT_EQ(found->second.data.size(), tensor.data.size());
        EXPECT_TRUE(std::equal(tensor.data.begin(), tensor.data.end(), found->second.data.begin())) << tensor.name;
        if (tensor.data.empty()) continue;
        const auto address = reinterpret_cast<std::uintptr_t>(found->second.data.data());
        EXPECT_EQ(address % static_cast<std::uintptr_t>(bytesPerElement(tensor.dtype)), 0U) << tensor.name;
    }
    EXPECT_EQ(file.metadata.at("made"), "by a \"test\"");
    EXPECT_EQ(file.metadata.at("format"), "pt");
}

TEST(Safetensors, WriterReplacesWholeFilesAndLeavesNothingBehind) {
    const TempFolder folder;
    const std::filesystem::path path = folder / "a.safetensors";
    writeFile(path, "old");
    const std::vector<std::byte> data = bytesOf(8);
    EXPECT_THAT(errorOf([&] { writeSafetensors(path, {{"t", DType::F32, {3}, data}}); }).what, HasSubstr("does not fit its shape"));
    EXPECT_EQ(readFile(path), "old");
    writeSafetensors(path, {{"t", DType::F32, {2}, data}});
    EXPECT_EQ(readSafetensors(path).tensors.at("t").shape, (std::vector<std::int64_t>{2}));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
    EXPECT_THAT(errorOf([&] { writeSafetensors(folder / "no/such/place", {}); }).hint, HasSubstr("Create the folder"));
}

TEST(Safetensors, WriterRefusesBadNames) {
    const TempFolder folder;
    const std::vector<std::byte> data = bytesOf(4);
    for (const std::string name : {"", "__metadata__", "\xFF"}) {
        EXPECT_THAT(errorOf([&] {
                        writeSafetensors(folder / "a", {{name, DType::F32, {1}, data}});
                    }).what,
                    HasSubstr("cannot have this name"));
    }
    EXPECT_THAT(errorOf([&] {
                    writeSafetensors(folder / "a", {{"t", DType::F32, {1}, data}, {"t", DType::F32, {1}, data}});
                }).what,
                HasSubstr("same name"));
    EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

TEST(Safetensors, AcceptsWhatTheFormatAllows) {
    const TempFolder folder;
    const std::filesystem::path path = folder / "a.safetensors";
    writeFile(path, fileOf("{}", 0));
    EXPECT_TRUE(readSafetensors(path).tensors.empty());
    writeFile(path, fileOf(R"({"t":{"data_offsets":[0,4],"shape":[1],"dtype":"F32"}}      )", 4));
    EXPECT_EQ(readSafetensors(path).tensors.size(), 1U);
    EXPECT_TRUE(readSafetensors(path).metadata.empty());
    // Not in the order of the data; an empty tensor between two others.
    writeFile(path, fileOf(R"({"b":{"dtype":"U8","shape":[3],"data_offsets":[2,5]},"e":{"dtype":"F64","shape":[0,7],"data_offsets":[2,2]},)"
                           R"("a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"__metadata__":{}})",
                           5));
    EXPECT_EQ(readSafetensors(path).tensors.size(), 3U);
}

TEST(Safetensors, EveryTruncationIsAnError) {
    const TempFolder folder;
    const std::filesystem::path path = folder / "a.safetensors";
    const std::vector<std::byte> data = bytesOf(64);
    writeSafetensors(path,
                     {{"first", DType::F32, {2, 4}, std::span(data).first(32)}, {"second", DType::BF16, {16}, std::span(data).last(32)}});
    const std::string whole = readFile(path);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        SCOPED_TRACE(length);
        writeFile(path, whole.substr(0, length));
        EXPECT_THAT(errorOf([&] { static_cast<void>(readSafetensors(path)); }).where, HasSubstr("a.safetensors"));
    }
    writeFile(path, whole + "x");
    EXPECT_THAT(errorOf([&] { static_cast<void>(readSafetensors(path)); }).what, HasSubstr("belong to no tensor"));
}

struct BadFile {
    const char* name;
    std::string contents;
    const char* what;
};

std::string entry(const std::string& inner, std::size_t data = 4) { return fileOf(R"({"w":{)" + inner + "}}", data); }

class BadFiles : public testing::TestWithParam<BadFile> {};

TEST_P(BadFiles, GiveOneClearError) { EXPECT_THAT(errorReading(GetParam().contents).message(), HasSubstr(GetParam().what)); }

const std::string kPlain = R"("dtype":"F32","shape":[1],"data_offsets":[0,4])";

INSTANTIATE_TEST_SUITE_P(
    Safetensors, BadFiles,
    testing::Values(
        BadFile{"Empty", "", "empty"}, BadFile{"SevenBytes", "1234567", "inside the length of its header"},
        BadFile{"Terabytes", lengthBytes(std::uint64_t{1} << 42) + "{}", "claims 4398046511104 bytes"},
        BadFile{"AllOnes", lengthBytes(~std::uint64_t{0}) + "{}", "claims 18446744073709551615 bytes"},
        BadFile{"HeaderPastTheEnd", lengthBytes(100) + "{}", "has only 10"}, BadFile{"NoHeader", lengthBytes(0), "does not begin with {"},
        BadFile{"List", fileOf("[]", 0), "does not begin with {"}, BadFile{"SpaceFirst", fileOf(" {}", 0), "does not begin with {"},
        BadFile{"NoJson", fileOf("{hello}", 0), "not valid JSON"}, BadFile{"Unfinished", fileOf(R"({"w":{)", 0), "not valid JSON"},
        BadFile{"SomethingBehind", fileOf("{}{}", 0), "not valid JSON"},
        BadFile{"ZeroByteHides", fileOf(std::string("{}\0garbage", 10), 0), "zero byte"},
        BadFile{"InvalidUtf8", fileOf("{\"\xC3\x28\":{" + kPlain + "}}", 4), "not valid JSON"},
        BadFile{"DuplicateTensor", fileOf(R"({"w":{)" + kPlain + R"(},"w":{)" + kPlain + "}}", 4), "twice"},
        BadFile{"DuplicateKey", entry(R"("dtype":"F32",)" + kPlain), "stands twice"},
        BadFile{"DuplicateMetadata", fileOf(R"({"__metadata__":{"a":"1","a":"2"}})", 0), "stands twice"},
        BadFile{"DuplicateMetadataObject", fileOf(R"({"__metadata__":{},"__metadata__":{}})", 0), "twice"},
        BadFile{"MetadataNumber", fileOf(R"({"__metadata__":{"a":1}})", 0), "map text to text"},
        BadFile{"MetadataObject", fileOf(R"({"__metadata__":{"a":{}}})", 0), "map text to text"},
        BadFile{"MetadataList", fileOf(R"({"__metadata__":[]})", 0), "must be an object"},
        BadFile{"UnknownKey", entry(kPlain + R"(,"extra":1)"), "unknown key \"extra\""},
        BadFile{"UnknownType", entry(R"("dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4])"), "\"F8_E4M3\" is not supported"},
        BadFile{"LowerCaseType", entry(R"("dtype":"f32","shape":[1],"data_offsets":[0,4])"), "is not supported"},
        BadFile{"TypeIsNumber", entry(R"("dtype":4,"shape":[1],"data_offsets":[0,4])"), "number"},
        BadFile{"NoType", entry(R"("shape":[1],"data_offsets":[0,4])"), "no dtype"},
        BadFile{"NoShape", entry(R"("dtype":"F32","data_offsets":[0,4])"), "no shape"},
        BadFile{"NoOffsets", entry(R"("dtype":"F32","shape":[1])"), "no data_offsets"},
        BadFile{"EntryIsList", fileOf(R"({"w":[]})", 0), "must be an object"},
        BadFile{"EntryIsText", fileOf(R"({"w":"x"})", 0), "must be an object"},
        BadFile{"NegativeShape", entry(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"), "negative"},
        BadFile{"ShapeOfText", entry(R"("dtype":"F32","shape":["1"],"data_offsets":[0,4])"), "whole numbers"},
        BadFile{"ShapeOfFloat", entry(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])"), "whole number"},
        BadFile{"ShapeOfLists", entry(R"("dtype":"F32","shape":[[1]],"data_offsets":[0,4])"), "a list"},
        BadFile{"ShapeIsNumber", entry(R"("dtype":"F32","shape":1,"data_offsets":[0,4])"), "number"},
        BadFile{"ShapeOverflows", entry(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4])"), "too large"},
        BadFile{"BytesOverflow", entry(R"("dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,4])"), "too large"},
        BadFile{"ShapeWraps", entry(R"("dtype":"F32","shape":[4294967297,4294967295,1],"data_offsets":[0,4])"), "too large"},
        BadFile{"ShapeOf64Bits", entry(R"("dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4])"), "63 bits"},
        BadFile{"ShapeOf80Bits", entry(R"("dtype":"F32","shape":[1208925819614629174706176],"data_offsets":[0,4])"), "63 bits"},
        BadFile{"ShapeTooSmall", entry(R"("dtype":"F32","shape":[1],"data_offsets":[0,8])", 8), "needs 4 bytes"},
        BadFile{"ShapeTooLarge", entry(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])", 8), "needs 12 bytes"},
        BadFile{"NegativeOffsets", entry(R"("dtype":"F32","shape":[1],"data_offsets":[-4,0])"), "negative"},
        BadFile{"OneOffset", entry(R"("dtype":"F32","shape":[1],"data_offsets":[0])"), "two numbers"},
        BadFile{"ThreeOffsets", entry(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,8])"), "two numbers"},
        BadFile{"OffsetsBackwards", entry(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"), "end before they begin"},
        BadFile{"OffsetsPastTheEnd", entry(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"), "holds only 4 bytes"},
        BadFile{"OffsetsOfTerabytes", entry(R"("dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807])"),
                "holds only"},
        BadFile{"GapInFront", entry(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])", 8), "gap of 4 bytes"},
        BadFile{"GapBehind", entry(kPlain, 8), "4 bytes at the end"},
        BadFile{"Overlap",
                fileOf(R"({"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"v":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})", 6),
                "overlaps"},
        BadFile{"SamePlaceTwice", fileOf(R"({"w":{)" + kPlain + R"(},"v":{)" + kPlain + "}}", 4), "overlaps"},
        BadFile{"NestedLists", fileOf(R"({"w":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}", 0), "a list"},
        BadFile{"NestedShape", entry(R"("shape":)" + std::string(100'000, '[')), "a list"},
        BadFile{"NestedObjects",
                fileOf(
                    [] {
                        std::string text;
                        for (int i = 0; i < 100'000; ++i) text += R"({"a":)";
                        return text;
                    }(),
                    0),
                "unknown key \"a\""},
        BadFile{"LongShape",
                entry(R"("dtype":"U8","data_offsets":[0,4],"shape":[)" +
                      [] {
                          std::string text = "1";
                          for (int i = 0; i < 100'000; ++i) text += ",1";
                          return text;
                      }() +
                      "]"),
                "64 dimensions"},
        BadFile{"NewlineInName", fileOf(R"({"a\nb":{"dtype":"F32","shape":[1],"data_offsets":[0,9]}})", 4), "holds only"}),
    [](const testing::TestParamInfo<BadFile>& test) { return test.param.name; });

TEST(Safetensors, TooManyEntriesAreRefusedBeforeTheyTakeMemory) {
    std::string notes = R"({"__metadata__":{"a":"")";
    for (int i = 0; i < 100'000; ++i) notes.append(",\"").append(std::to_string(i)).append("\":\"\"");
    EXPECT_THAT(errorReading(fileOf(notes + "}}", 0)).what, HasSubstr("more than 100000 keys"));
    std::string tensors = "{";
    for (int i = 0; i <= 200'000; ++i) {
        tensors.append(i > 0 ? ",\"" : "\"").append(std::to_string(i)).append(R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})");
    }
    EXPECT_THAT(errorReading(fileOf(tensors + "}", 0)).what, HasSubstr("more than 200000 tensors"));
}

TEST(Safetensors, OtherThanPlainFilesAreErrors) {
    const TempFolder folder;
    EXPECT_THAT(errorOf([&] { static_cast<void>(readSafetensors(folder / "none")); }).what, HasSubstr("does not exist"));
    EXPECT_THAT(errorOf([&] { static_cast<void>(readSafetensors(folder.path())); }).what, HasSubstr("folder"));
    const std::filesystem::path pipe = folder / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_THAT(errorOf([&] { static_cast<void>(readSafetensors(pipe)); }).what, HasSubstr("plain file"));
    if (::geteuid() == 0) GTEST_SKIP() << "root may read everything, so an unreadable file cannot be made";
    writeFile(folder / "locked", "x");
    std::filesystem::permissions(folder / "locked", std::filesystem::perms::none);
    EXPECT_THAT(errorOf([&] { static_cast<void>(readSafetensors(folder / "locked")); }).what, HasSubstr("may not be read"));
}

TEST(MappedFile, TextFilesHaveALimit) {
    const TempFolder folder;
    writeFile(folder / "t", "12345");
    EXPECT_EQ(readTextFile(folder / "t", 5), "12345");
    EXPECT_THAT(errorOf([&] { static_cast<void>(readTextFile(folder / "t", 4)); }).what, HasSubstr("too large: 5 bytes"));
    writeFile(folder / "t", "");
    EXPECT_EQ(readTextFile(folder / "t", 0), "");
    EXPECT_EQ(pathText(std::filesystem::path("a\xFF"
                                             "b")),
              "a\xEF\xBF\xBD"
              "b");
}

}  // namespace
}  // namespace loom
