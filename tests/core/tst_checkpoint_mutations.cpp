// SPDX-License-Identifier: GPL-3.0-or-later
// Thousands of damaged files, always the same ones: each must open or throw Error, and what opens must stay inside its file.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "core/data/error.h"
#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/safetensors.h"
#include "core/engine/checkpoint/tensor_layout.h"
#include "tests/support/checkpoint_files.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"

namespace loom {
namespace {

namespace fs = std::filesystem;
using test::readFile;
using test::TempFolder;
using test::TinyOptions;
using test::writeFile;
using test::writeTinyCheckpoint;

class Mutator {
public:
    explicit Mutator(std::uint64_t seed) : m_state(seed) {}

    std::uint64_t below(std::uint64_t limit) {
        m_state = m_state * 6364136223846793005U + 1442695040888963407U;
        return (m_state >> 33) % limit;
    }
    /// One to four changes within the first `reach` bytes: flips, other bytes, digits, cuts, repeats, insertions.
    std::string damage(std::string bytes, std::size_t reach) {
        for (std::uint64_t count = 1 + below(4); count > 0 && !bytes.empty(); --count) {
            const std::size_t at = below(std::min(reach, bytes.size()));
            switch (below(8)) {
                case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8))); break;
                case 1: bytes[at] = static_cast<char>(below(256)); break;
                case 2: bytes[at] = static_cast<char>('0' + below(10)); break;
                case 3: bytes[at] = "{}[]\":,-.eE0 \\"[below(14)]; break;
                case 4: bytes.erase(at, 1 + below(8)); break;
                case 5: bytes.insert(at, bytes.substr(at, 1 + below(40))); break;
                case 6: bytes.insert(at, std::string(1 + below(20), "9[{-"[below(4)])); break;
                default:
                    if (below(10) == 0) bytes.resize(at);
                    break;
            }
        }
        return bytes;
    }

private:
    std::uint64_t m_state;
};

/// Reads every byte of every tensor: a view that reaches outside its file crashes here, if not under the sanitizers.
std::uint64_t touch(const TensorView& view) {
    std::uint64_t sum = 0;
    EXPECT_TRUE(layoutFits(view));
    for (const std::byte byte : view.data) sum += std::to_integer<std::uint64_t>(byte);
    return sum;
}

struct Outcome {
    int opened = 0;
    int refused = 0;
    std::uint64_t sum = 0;
};

/// Anything but Error escapes and fails the test.
Outcome tryAll(int count, const fs::path& file, std::size_t reach, const std::function<std::uint64_t()>& open) {
    const std::string whole = readFile(file);
    Outcome outcome;
    Mutator mutator(0x100D);
    for (int i = 0; i < count; ++i) {
        writeFile(file, mutator.damage(whole, reach));
        try {
            outcome.sum += open();
            ++outcome.opened;
        } catch (const Error& error) {
            EXPECT_FALSE(error.what.empty());
            EXPECT_FALSE(error.where.empty());
            ++outcome.refused;
        }
    }
    writeFile(file, whole);
    open();  // the undamaged one still opens
    return outcome;
}

std::uint64_t openCheckpoint(const fs::path& path) {
    const Checkpoint checkpoint = readCheckpoint(path);
    std::uint64_t sum = 0;
    for (const TensorSpec& spec : expectedTensors(checkpoint.config)) {
        const TensorView& view = checkpoint.tensors.at(spec.name);
        EXPECT_EQ(view.shape, spec.shape);
        sum += touch(view);
    }
    return sum;
}

TinyOptions small(Family family) {
    TinyOptions o;
    o.family = family;
    o.layers = 1;
    o.dModel = 8;
    o.heads = 2;
    o.kvHeads = 1;
    o.ffnWidth = 8;
    o.vocab = 10;
    o.context = 8;
    o.kvLoraRank = o.qkNopeHeadDim = o.vHeadDim = 4;
    return o;
}

TEST(Mutations, OfASafetensorsFile) {
    const TempFolder folder;
    const fs::path file = folder / "a.safetensors";
    const std::vector<std::byte> data(48);
    writeSafetensors(file,
                     {{"first", DType::F32, {2, 4}, std::span(data).first(32)}, {"second", DType::I16, {8}, std::span(data).last(16)}});
    const Outcome outcome = tryAll(6000, file, std::size_t{1} << 20, [&] {
        std::uint64_t sum = 0;
        for (const auto& [name, view] : readSafetensors(file).tensors) sum += view.shape.size();
        const SafetensorsFile kept = readSafetensors(file);
        for (const auto& [name, view] : kept.tensors) sum += touch(view);
        return sum;
    });
    EXPECT_GT(outcome.opened, 50);
    EXPECT_GT(outcome.refused, 3000);
}

TEST(Mutations, OfTheWeightsInAFolder) {
    for (const Family family : {Family::Llama, Family::DeepseekV3}) {
        const TempFolder folder;
        writeTinyCheckpoint(folder.path(), small(family));
        const Outcome outcome = tryAll(1500, folder / "model.safetensors", 1600, [&] { return openCheckpoint(folder.path()); });
        EXPECT_GT(outcome.refused, 700);
    }
}

TEST(Mutations, OfAConfiguration) {
    for (const Family family : {Family::Llama, Family::DeepseekV3}) {
        const TempFolder folder;
        writeTinyCheckpoint(folder.path(), small(family));
        const Outcome outcome = tryAll(3000, folder / "config.json", std::size_t{1} << 20, [&] { return openCheckpoint(folder.path()); });
        EXPECT_GT(outcome.opened, 50);
        EXPECT_GT(outcome.refused, 1000);
    }
}

TEST(Mutations, OfAnIndex) {
    const TempFolder folder;
    TinyOptions o = small(Family::Llama);
    o.sharded = true;
    writeTinyCheckpoint(folder.path(), o);
    const Outcome outcome =
        tryAll(2000, folder / "model.safetensors.index.json", std::size_t{1} << 20, [&] { return openCheckpoint(folder.path()); });
    EXPECT_GT(outcome.refused, 1000);
}

TEST(Mutations, OfOtherFamilies) {
    for (const char* golden : {"gpt2", "gpt-neo", "neox", "deepseek-v2-groups-yarn", "llama-llama3", "llama-yarn-mscale"}) {
        const TempFolder folder;
        test::copyGolden(golden, folder.path());
        const auto open = [&] { return openCheckpoint(folder.path()); };
        const Outcome config = tryAll(1200, folder / "config.json", std::size_t{1} << 20, open);
        EXPECT_GT(config.opened, 20) << golden;
        EXPECT_GT(config.refused, 300) << golden;
        const Outcome weights = tryAll(400, folder / "model.safetensors", 2000, open);
        EXPECT_GT(weights.refused, 150) << golden;
    }
}

TEST(Mutations, OfExperts) {
    const TempFolder folder;
    test::copyGolden("deepseek-v3-experts", folder.path());
    const auto open = [&] { return openCheckpoint(folder.path()); };
    EXPECT_GT(tryAll(1500, folder / "config.json", std::size_t{1} << 20, open).refused, 400);
    EXPECT_GT(tryAll(500, folder / "model.safetensors.index.json", std::size_t{1} << 20, open).refused, 200);
}

TEST(Mutations, OfATorchFile) {
    const TempFolder folder;
    test::copyGolden("nanogpt", folder.path());
    const fs::path file = folder / "ckpt.pt";
    const auto open = [&] { return openCheckpoint(file); };
    const Outcome pickle = tryAll(5000, file, 2600, open);  // data.pkl is the first entry
    EXPECT_GT(pickle.opened, 50);
    EXPECT_GT(pickle.refused, 2000);
    // The directory is at the end: the damage goes there when the file is turned round.
    const std::string whole = readFile(file);
    Mutator mutator(0xD1);
    int refused = 0;
    for (int i = 0; i < 3000; ++i) {
        const std::string head = whole.substr(0, whole.size() - 1800);
        writeFile(file, head + mutator.damage(whole.substr(head.size()), 1800));
        try {
            (void)openCheckpoint(file);
        } catch (const Error& error) {
            EXPECT_FALSE(error.what.empty());
            ++refused;
        }
    }
    EXPECT_GT(refused, 1000);
}

TEST(Mutations, OfALlama2CFile) {
    const TempFolder folder;
    test::writeTinyLlama2C(folder / "m.bin", small(Family::Llama));
    const Outcome outcome = tryAll(4000, folder / "m.bin", 40, [&] { return openCheckpoint(folder / "m.bin"); });
    EXPECT_GT(outcome.opened, 50);
    EXPECT_GT(outcome.refused, 2000);
}

}  // namespace
}  // namespace loom
