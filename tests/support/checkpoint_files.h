// SPDX-License-Identifier: GPL-3.0-or-later
// Golden checkpoints copied into a temporary folder, to be changed there.
#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/temp_folder.h"

namespace loom::test {

[[nodiscard]] inline std::filesystem::path goldenModel(const std::string& name) {
    return std::filesystem::path(LOOM_SOURCE_DIR) / "tests/golden/models" / name;
}

inline void copyGolden(const std::string& name, const std::filesystem::path& folder) {
    for (const auto& entry : std::filesystem::directory_iterator(goldenModel(name))) {
        if (entry.path().filename() != "expected.safetensors") std::filesystem::copy(entry.path(), folder / entry.path().filename());
    }
}

/// Sets a key of config.json; a discarded value takes it out.
inline void setKey(const std::filesystem::path& folder, const std::string& key, const nlohmann::json& value) {
    nlohmann::json config = nlohmann::json::parse(readFile(folder / "config.json"));
    if (value.is_discarded()) {
        config.erase(key);
    } else {
        config[key] = value;
    }
    writeFile(folder / "config.json", config.dump());
}
inline const nlohmann::json kAbsent = nlohmann::json(nlohmann::json::value_t::discarded);

}  // namespace loom::test
