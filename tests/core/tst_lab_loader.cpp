// SPDX-License-Identifier: GPL-3.0-or-later
// loadLab: once per process, from any thread; a missing or wrong library is one clear error.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/engine/api/lab.h"
#include "tests/support/temp_folder.h"

namespace fs = std::filesystem;

namespace loom::test {
namespace {

TEST(LabLoader, givesTheSameLabToEveryThread) {
    std::vector<Lab*> found(8, nullptr);
    {
        std::vector<std::jthread> threads;
        for (Lab*& lab : found) {
            threads.emplace_back([&lab] {
                if (const Result<Lab*> loaded = loadLab()) lab = *loaded;
            });
        }
    }
    ASSERT_NE(found.front(), nullptr);
    for (Lab* lab : found) EXPECT_EQ(lab, found.front());
}

TEST(LabLoader, saysWhichLibTorchItIs) {
    const Result<Lab*> lab = loadLab();
    ASSERT_TRUE(lab) << lab.error().message();
    EXPECT_EQ((*lab)->version().rfind("LibTorch 2.", 0), 0U) << (*lab)->version();
}

/// This program and the engine in a folder of their own, with `lab` as libloom_lab; what loadLab() says there.
std::string loadedFrom(const fs::path& lab) {
    const TempFolder folder;
    const fs::path self = fs::read_symlink("/proc/self/exe");
    fs::copy_file(self, folder / "probe");
    for (const char* library : {"libloom_engine.so", "libloom_data.so"})
        fs::copy_file(fs::path(LOOM_BINARY_DIR) / library, folder / library);
    if (!lab.empty()) fs::copy_file(lab, folder / "libloom_lab.so");
    const std::string command = "LD_LIBRARY_PATH='" + folder.path().string() + "' '" + (folder / "probe").string() + "' --probe 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::string text;
    for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) text += static_cast<char>(c);
    const std::string::size_type place = text.find(folder.path().string());
    return place == text.npos ? text : text.substr(0, place) + "HERE" + text.substr(place + folder.path().string().size());
}

TEST(LabLoader, missingLibraryIsNamed) {
    const std::string said = loadedFrom({});
    EXPECT_NE(said.find("libloom_lab.so"), std::string::npos) << said;
    EXPECT_NE(said.find("HERE/"), std::string::npos) << said;
    EXPECT_NE(said.find("No such file"), std::string::npos) << "the loader's reason: " << said;
    EXPECT_NE(said.find("install"), std::string::npos) << "what to do: " << said;
}

TEST(LabLoader, damagedLibraryIsNamed) {
    const TempFolder folder;
    writeFile(folder / "damaged", "this is no library, whatever it is called, and it is long enough to have a header at its beginning");
    const std::string said = loadedFrom(folder / "damaged");
    EXPECT_NE(said.find("libloom_lab.so"), std::string::npos) << said;
    EXPECT_NE(said.find("ELF"), std::string::npos) << said;
}

TEST(LabLoader, strangeLibraryIsNamed) {
    const std::string said = loadedFrom(fs::path(LOOM_BINARY_DIR) / "libloom_data.so");
    EXPECT_NE(said.find("is not LibTorch's part of the program"), std::string::npos) << said;
}

}  // namespace
}  // namespace loom::test

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == "--probe") {
        const auto lab = loom::loadLab();
        std::cout << (lab ? (*lab)->version() : lab.error().message()) << std::endl;
        return 0;
    }
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
