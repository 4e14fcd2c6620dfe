// SPDX-License-Identifier: GPL-3.0-or-later
// Typed access to a parsed JSON file; every Error names the file and the key ("tokenizer.json: model.merges[3]").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace loom {

inline constexpr const char* kDamagedTokenizer = "The file is damaged; download or write it again";

class JsonFields {
public:
    using Json = nlohmann::json;

    explicit JsonFields(std::string file) : m_file(std::move(file)) {}

    [[nodiscard]] std::string at(const std::string& key) const { return m_file + ": " + key; }
    [[noreturn]] void fail(const std::string& what, const std::string& key) const;
    [[noreturn]] void refuse(const std::string& what, const std::string& key, const char* hint) const;

    /// The member, or null where there is none.
    [[nodiscard]] static const Json& member(const Json& object, const char* name);
    // These fail where the member is missing or of another kind. `key`: of the parent, but of the member itself in object().
    [[nodiscard]] const Json& object(const Json& parent, const char* name, const std::string& key) const;
    [[nodiscard]] const Json& array(const Json& parent, const char* name, const std::string& key) const;
    [[nodiscard]] std::string text(const Json& parent, const char* name, const std::string& key) const;
    [[nodiscard]] bool flag(const Json& parent, const char* name, bool otherwise, const std::string& key) const;
    [[nodiscard]] std::int64_t integer(const Json& parent, const char* name, std::int64_t low, std::int64_t high,
                                       const std::string& key) const;

private:
    std::string m_file;
};

/// A JSON value as an integer in [low, high], or nothing.
[[nodiscard]] std::optional<std::int64_t> integerIn(const nlohmann::json& value, std::int64_t low, std::int64_t high);

}  // namespace loom
