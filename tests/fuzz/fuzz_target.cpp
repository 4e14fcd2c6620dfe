// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/fuzz_target.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "tests/support/temp_folder.h"

namespace loom::fuzz {

namespace {

const Target* running = nullptr;

}  // namespace

void run(const Target& target, std::string_view input) {
    running = &target;
    target.run(input);
}

const std::filesystem::path& folder() {
    static const test::TempFolder own;
    static std::map<std::string, std::filesystem::path> folders;
    const auto [found, fresh] = folders.try_emplace(running->name, own / running->name);
    if (fresh) std::filesystem::create_directory(found->second);
    return found->second;
}

std::filesystem::path file(const char* name, std::string_view content) {
    std::filesystem::path path = folder() / name;
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(descriptor >= 0);
    while (!content.empty()) {
        const ssize_t count = ::write(descriptor, content.data(), content.size());
        require(count > 0);
        content.remove_prefix(static_cast<std::size_t>(count));
    }
    ::close(descriptor);
    return path;
}

void touch(const TensorView& view) {
    static std::atomic<unsigned> sink = 0;  // so that nothing is left out
    unsigned sum = 0;
    for (const std::byte byte : view.data) sum += std::to_integer<unsigned>(byte);
    sink = sum;
}

std::vector<std::string_view> parts(std::string_view input, std::size_t count) {
    std::vector<std::string_view> out;
    while (out.size() + 1 < count) {
        const std::size_t end = std::min(input.find('\xFF'), input.size());
        out.push_back(input.substr(0, end));
        input.remove_prefix(std::min(end + 1, input.size()));
    }
    out.push_back(input);
    return out;
}

}  // namespace loom::fuzz
