// SPDX-License-Identifier: GPL-3.0-or-later
// torch.save's files: nanoGPT's checkpoints, pytorch_model.bin, and everything in a pickle or an archive that must be refused.
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/torch_file.h"
#include "tests/support/checkpoint_files.h"
#include "tests/support/expect_error.h"

namespace loom {
namespace {

using namespace std::string_literals;
using test::errorOf;
using test::goldenModel;
using test::TempFolder;
using test::writeFile;
using testing::HasSubstr;

TEST(NanoGpt, isReadWithoutItsOptimiser) {
    const Checkpoint checkpoint = readCheckpoint(goldenModel("nanogpt") / "ckpt.pt");
    const ModelConfig& c = checkpoint.config;
    EXPECT_EQ(c.family, Family::NanoGpt);
    EXPECT_EQ(c.vocab, 72) << "padded";
    EXPECT_EQ(c.context, 24);
    EXPECT_EQ(c.mlp, MlpKind::Gelu) << "the exact one";
    EXPECT_FALSE(c.normBias);
    EXPECT_FALSE(c.mlpBias);
    EXPECT_FALSE(c.attention.bias);
    EXPECT_TRUE(c.tieEmbeddings) << "one storage under two names";
    EXPECT_EQ(checkpoint.tensors.size(), expectedTensors(c).size());
    const ModelConfig with = readCheckpoint(goldenModel("nanogpt-bias") / "ckpt.pt").config;
    EXPECT_TRUE(with.normBias && with.mlpBias && with.attention.bias);
    EXPECT_EQ(readCheckpoint(goldenModel("nanogpt")).config, c) << "its folder opens too";
}

TEST(TorchWeights, ofAFolderAreRead) {
    const Checkpoint checkpoint = readCheckpoint(goldenModel("gpt-neo-three-layers"));
    EXPECT_EQ(checkpoint.config.storage, DType::BF16);
    EXPECT_EQ(checkpoint.tensors.size(), expectedTensors(checkpoint.config).size());
}

// Archives and pickles written by hand.

void number(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

struct ZipOptions {
    std::uint16_t method = 0;
    std::uint16_t flags = 0;
    bool zip64 = false;
    std::uint32_t shift = 0;  ///< added to every place in the directory
};

std::string zip(const std::vector<std::pair<std::string, std::string>>& files, const ZipOptions& o = {}) {
    std::string out, directory;
    for (const auto& [name, data] : files) {
        const std::uint64_t place = out.size() + o.shift;
        std::string extra;
        if (o.zip64) {
            number(extra, 1, 2);
            number(extra, 24, 2);
            for (const std::uint64_t value : {std::uint64_t{data.size()}, std::uint64_t{data.size()}, place}) number(extra, value, 8);
        }
        number(out, 0x04034B50, 4);
        out += std::string(22, '\0');
        number(out, name.size(), 2);
        number(out, 5, 2);  // a local extra field of its own, as torch writes for alignment
        out += name + "FB\1\0Z"s + data;
        number(directory, 0x02014B50, 4);
        number(directory, 0, 4);
        number(directory, o.flags, 2);
        number(directory, o.method, 2);
        number(directory, 0, 8);
        number(directory, o.zip64 ? 0xFFFFFFFF : data.size(), 4);
        number(directory, o.zip64 ? 0xFFFFFFFF : data.size(), 4);
        number(directory, name.size(), 2);
        number(directory, extra.size(), 2);
        number(directory, 0, 10);
        number(directory, o.zip64 ? 0xFFFFFFFF : place, 4);
        directory += name + extra;
    }
    const std::uint64_t begin = out.size();
    out += directory;
    if (o.zip64) {
        const std::uint64_t end64 = out.size();
        number(out, 0x06064B50, 4);
        out += std::string(28, '\0');
        number(out, files.size(), 8);
        number(out, directory.size(), 8);
        number(out, begin, 8);
        number(out, 0x07064B50, 4);
        number(out, 0, 4);
        number(out, end64, 8);
        number(out, 1, 4);
    }
    number(out, 0x06054B50, 4);
    number(out, 0, 4);
    number(out, files.size(), 2);
    number(out, o.zip64 ? 0xFFFF : files.size(), 2);
    number(out, directory.size(), 4);
    number(out, o.zip64 ? 0xFFFFFFFF : begin, 4);
    number(out, 0, 2);
    return out;
}

std::string text(const std::string& value) {
    std::string out = "X";
    number(out, value.size(), 4);
    return out + value;
}
/// torch._utils._rebuild_tensor_v2(storage 0 of `count` floats, offset, (size), (stride), False, OrderedDict())
std::string tensor(int count, int offset, int size, int stride) {
    const auto byte = [](int value) { return "K"s + static_cast<char>(value); };
    return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + byte(count) +
           "tQ" + byte(offset) + byte(size) + "\x85" + byte(stride) + "\x85\x89" + "ccollections\nOrderedDict\n)RtR";
}
std::string dict(const std::string& key, const std::string& value) { return "\x80\x02}" + text(key) + value + "s."; }

std::string archive(const std::string& pickle, const ZipOptions& options = {}, const std::string& byteorder = "little") {
    return zip({{"m/data.pkl", pickle}, {"m/byteorder", byteorder}, {"m/data/0", std::string(16, '\0')}}, options);
}

class TorchFiles : public testing::Test {
protected:
    TorchFile read(const std::string& bytes) {
        writeFile(m_folder / "x.pt", bytes);
        return readTorchFile(std::make_shared<const MappedFile>(m_folder / "x.pt"));
    }
    std::string message(const std::string& bytes) {
        const Error error = errorOf([&] { (void)read(bytes); });
        EXPECT_THAT(error.where, HasSubstr("x.pt"));
        EXPECT_EQ(error.message().find('\n'), std::string::npos);
        return error.message();
    }
    TempFolder m_folder;
};

TEST_F(TorchFiles, aTensorIsAView) {
    for (const bool zip64 : {false, true}) {
        ZipOptions options;
        options.zip64 = zip64;
        const TorchFile file = read(archive(dict("w", tensor(4, 1, 3, 1)), options));
        const FoundWeights weights = torchWeights(file, *std::get<PickleDict*>(file.document.root));
        const TensorView& view = weights.tensors.at("w").view;
        EXPECT_EQ(view.shape, (std::vector<std::int64_t>{3}));
        EXPECT_EQ(view.data.size(), 12U);
        EXPECT_GE(view.data.data(), file.file->bytes().data());
        EXPECT_LE(view.data.data() + view.data.size(), file.file->bytes().data() + file.file->bytes().size());
    }
}

TEST_F(TorchFiles, plainValuesAreRead) {
    const std::string values =
        "(J\xFE\xFF\xFF\xFFM\x01\x02\x8A\x02\x00\x80\x8A\x00G\x3F\xF8\0\0\0\0\0\0N\x88\x89](K\x01"
        "et."s;
    const TorchFile file = read(archive("\x80\x02" + values));
    const std::vector<PickleValue>& items = std::get<PickleList*>(file.document.root)->items;
    ASSERT_EQ(items.size(), 9U);
    EXPECT_EQ(std::get<std::int64_t>(items[0]), -2);
    EXPECT_EQ(std::get<std::int64_t>(items[1]), 513);
    EXPECT_EQ(std::get<std::int64_t>(items[2]), -32768);
    EXPECT_EQ(std::get<std::int64_t>(items[3]), 0);
    EXPECT_EQ(std::get<double>(items[4]), 1.5);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(items[5]));
    EXPECT_TRUE(std::get<bool>(items[6]));
    EXPECT_FALSE(std::get<bool>(items[7]));
    EXPECT_EQ(std::get<PickleList*>(items[8])->items.size(), 1U);
}

TEST_F(TorchFiles, nothingIsExecuted) {
    EXPECT_THAT(message(archive("\x80\x02"
                                "cposix\nsystem\n" +
                                text("touch owned") + "\x85R.")),
                HasSubstr(R"("posix.system")"));
    EXPECT_THAT(message(archive("\x80\x02"
                                "cbuiltins\neval\n" +
                                text("1") + "\x85R.")),
                HasSubstr("Nothing in a checkpoint is executed"));
    EXPECT_THAT(message(archive("\x80\x02(" + text("1") + "ios\nsystem\n.")), HasSubstr("instruction INST"));
    EXPECT_THAT(message(archive("\x80\x02" + text("os") + text("system") + "\x93.")), HasSubstr("instruction STACK_GLOBAL"));
    EXPECT_THAT(message(archive("\x80\x02"
                                "ccollections\nOrderedDict\n)\x81.")),
                HasSubstr("instruction NEWOBJ"));
    EXPECT_THAT(message(archive("\x80\x02)}b.")), HasSubstr("sets the state of an object"));
    EXPECT_THAT(message(archive("\x80\x02"
                                "ctorch\nFloatStorage\n)R.")),
                HasSubstr("in a way that is not known"));
    EXPECT_THAT(message(archive("\x80\x02"
                                "ccollections\nOrderedDict\n]\x85R.")),
                HasSubstr("in a way that is not known"));
    EXPECT_THAT(message(archive("\x80\x02\x82\x01.")), HasSubstr("instruction EXT1"));
    EXPECT_THAT(message(archive("\x80\x02\xFF.")), HasSubstr("instruction 255"));
    EXPECT_THAT(message(archive("\x80\x04N.")), HasSubstr("protocol 4"));
}

TEST_F(TorchFiles, damagedPicklesAreRefused) {
    EXPECT_THAT(message(archive("")), HasSubstr("cut off"));
    EXPECT_THAT(message(archive("\x80\x02X\xFF\xFF\xFF\xFFx")), HasSubstr("cut off"));
    EXPECT_THAT(message(archive("\x80\x02")), HasSubstr("cut off"));
    EXPECT_THAT(message(archive("\x80\x02.")), HasSubstr("takes more than it has"));
    EXPECT_THAT(message(archive("\x80\x02(.")), HasSubstr("takes more than it has"));
    EXPECT_THAT(message(archive("\x80\x02Nt.")), HasSubstr("no mark"));
    EXPECT_THAT(message(archive("\x80\x02NN.")), HasSubstr("follows the end"));
    EXPECT_THAT(message(archive("\x80\x02N.N")), HasSubstr("follows the end"));
    EXPECT_THAT(message(archive("\x80\x02h\x07.")), HasSubstr("recalls what it never"));
    EXPECT_THAT(message(archive("\x80\x02(q\x01.")), HasSubstr("remembers nothing"));
    EXPECT_THAT(message(archive("\x80\x02)Na.")), HasSubstr("no list"));
    EXPECT_THAT(message(archive("\x80\x02]NNs.")), HasSubstr("no dictionary"));
    EXPECT_THAT(message(archive("\x80\x02}(Nu.")), HasSubstr("no dictionary"));
    EXPECT_THAT(message(archive("\x80\x02\x8A\x09"
                                "123456789.")),
                HasSubstr("more than 64 bits"));
    EXPECT_THAT(message(archive("\x80\x02"
                                "c" +
                                std::string(5000, 'x'))),
                HasSubstr("does not end"));
    EXPECT_THAT(message(archive("\x80\x02" + std::string(600'000, 'N'))), HasSubstr("more than 500000 values"));
    EXPECT_THAT(message(archive("\x80\x02" + std::string(600'000, '('))), HasSubstr("more than 500000 values"));
}

TEST_F(TorchFiles, nestingAndCyclesCostNothing) {
    std::string nested = "\x80\x02]";
    for (int i = 0; i < 200'000; ++i) nested += "]";
    nested += std::string(200'000, 'a') + ".";
    EXPECT_EQ(read(archive(nested)).document.lists.size(), 200'001U);
    EXPECT_EQ(read(archive("\x80\x02]q\x01h\x01"
                           "a."))
                  .document.lists.size(),
              1U)
        << "a list inside itself";
}

TEST_F(TorchFiles, tensorsMustLieInTheirStorage) {
    EXPECT_THAT(message(archive(dict("w", tensor(5, 0, 3, 1)))), HasSubstr("should have 5 elements but its entry has 16 bytes"));
    EXPECT_THAT(message(archive(dict("w", tensor(4, 2, 3, 1)))), HasSubstr("outside its storage"));
    EXPECT_THAT(message(archive(dict("w", tensor(4, 0, 200, 0)))), HasSubstr("outside its storage"));
    EXPECT_THAT(message(archive(dict("w", tensor(4, 0, 2, 2)))), HasSubstr("in one piece"));
    EXPECT_THAT(message(archive(dict("w", tensor(4, 0, 2, 0)))), HasSubstr("in one piece"));
    EXPECT_THAT(message(archive("\x80\x02(" + text("storage") + "ctorch\nFloatStorage\n" + text("7") + text("cpu") + "K\x04tQ.")),
                HasSubstr("lacks the entry"));
    EXPECT_THAT(message(archive("\x80\x02(" + text("module") + "NNNNtQ.")), HasSubstr("no storage"));
    EXPECT_THAT(message(archive("\x80\x02NQ.")), HasSubstr("from outside"));
    EXPECT_THAT(message(archive("\x80\x02"
                                "ctorch._utils\n_rebuild_tensor_v2\n)R.")),
                HasSubstr("lacks arguments"));
}

TEST_F(TorchFiles, onlyStoredArchivesAreRead) {
    ZipOptions options;
    options.method = 8;
    EXPECT_THAT(message(archive("\x80\x02N.", options)), HasSubstr("is compressed"));
    EXPECT_THAT(message(archive("\x80\x02N.", options)), HasSubstr("data.pkl"));
    options = {};
    options.flags = 1;
    EXPECT_THAT(message(archive("\x80\x02N.", options)), HasSubstr("is encrypted"));
    options = {};
    options.shift = 7;
    EXPECT_THAT(message(archive("\x80\x02N.", options)), HasSubstr("not where the directory says"));
    options.shift = 0x7FFFFFFF;
    EXPECT_THAT(message(archive("\x80\x02N.", options)), HasSubstr("outside the file"));
    EXPECT_THAT(message(zip({{"m/data.pkl", "x"}, {"m/data.pkl", "y"}})), HasSubstr("two entries of this name"));
    EXPECT_THAT(message(zip({{"m/other", "x"}})), HasSubstr("no data.pkl"));
    EXPECT_THAT(message(archive("\x80\x02N.", {}, "big")), HasSubstr("not little-endian"));
    EXPECT_THAT(message("PK\x03\x04"), HasSubstr("too short"));
    EXPECT_THAT(message("PK\x03\x04" + std::string(1000, 'x')), HasSubstr("no directory at its end"));
    EXPECT_THAT(message("\x80\x02}."), HasSubstr("bare pickle"));
    const std::string whole = archive("\x80\x02N.");
    for (std::size_t cut = 1; cut < whole.size(); ++cut) {
        writeFile(m_folder / "x.pt", whole.substr(0, cut));
        EXPECT_FALSE(errorOf([&] { (void)readTorchFile(std::make_shared<const MappedFile>(m_folder / "x.pt")); }).what.empty());
    }
}

TEST_F(TorchFiles, otherProgramsFilesAreNamedSo) {
    writeFile(m_folder / "x.pt", archive(dict("state_dict", "}")));
    const Error error = errorOf([&] { (void)readCheckpoint(m_folder / "x.pt"); });
    EXPECT_THAT(error.message(), HasSubstr("no checkpoint of nanoGPT"));
    writeFile(m_folder / "x.pt", archive("\x80\x02}(" + text("model") + "}" + text("model_args") + "}" + text("n_embd") + "K\x08s" + "u."));
    EXPECT_THAT(errorOf([&] { (void)readCheckpoint(m_folder / "x.pt"); }).message(), HasSubstr(R"(no whole number "n_layer")"));
    test::copyGolden("gpt-neo-three-layers", m_folder.path());
    writeFile(m_folder / "pytorch_model.bin", archive("\x80\x02N."));
    EXPECT_THAT(errorOf([&] { (void)readCheckpoint(m_folder.path()); }).message(), HasSubstr("no dictionary of tensors"));
}

}  // namespace
}  // namespace loom
