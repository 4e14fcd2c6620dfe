// SPDX-License-Identifier: GPL-3.0-or-later
// What every fuzz target is made of: a function that takes any bytes as a file's content. libFuzzer calls it (fuzz_main.cpp), and the
// corpus runs through it as a plain test (tst_fuzz_corpus.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/error.h"
#include "core/engine/checkpoint/safetensors.h"

namespace loom::fuzz {

struct Target {
    const char* name;
    void (*run)(std::string_view input);
};
/// All of them; written by CMake from the list in CMakeLists.txt.
[[nodiscard]] std::span<const Target> targets();
void run(const Target& target, std::string_view input);

/// A folder of this process's and this target's own for the files that a reader wants to open.
[[nodiscard]] const std::filesystem::path& folder();
/// Writes a file into it and gives its path.
std::filesystem::path file(const char* name, std::string_view content);

/// Runs `body`; an Error is a good answer, everything else escapes. A message must say something.
template <class Body>
void refusable(const Body& body) {
    try {
        body();
    } catch (const Error& error) {
        if (error.what.empty()) __builtin_trap();
    }
}
/// The condition must hold whatever the input was.
inline void require(bool condition) {
    if (!condition) __builtin_trap();
}

/// Reads every byte of a tensor: a view that reaches outside its file is noticed.
void touch(const TensorView& view);

/// The input in parts, cut at each 0xFF byte (which no JSON and no text holds); `count` of them, the rest of the input in the last.
[[nodiscard]] std::vector<std::string_view> parts(std::string_view input, std::size_t count);

}  // namespace loom::fuzz
