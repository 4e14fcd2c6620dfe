// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/tokenizer/json_fields.h"

#include "core/data/error.h"

namespace loom {

void JsonFields::fail(const std::string& what, const std::string& key) const { throw Error{what, at(key), kDamagedTokenizer}; }

void JsonFields::refuse(const std::string& what, const std::string& key, const char* hint) const { throw Error{what, at(key), hint}; }

const nlohmann::json& JsonFields::member(const Json& object, const char* name) {
    static const Json nothing;
    const auto found = object.find(name);
    return found == object.end() ? nothing : *found;
}

const nlohmann::json& JsonFields::object(const Json& parent, const char* name, const std::string& key) const {
    const Json& value = member(parent, name);
    if (!value.is_object()) fail("This is missing or no object", key);
    return value;
}

const nlohmann::json& JsonFields::array(const Json& parent, const char* name, const std::string& key) const {
    const Json& value = member(parent, name);
    if (!value.is_array()) fail("This is missing or no list", key + "." + name);
    return value;
}

std::string JsonFields::text(const Json& parent, const char* name, const std::string& key) const {
    const Json& value = member(parent, name);
    if (!value.is_string()) fail("This is missing or no text", key + "." + name);
    return value.get<std::string>();
}

bool JsonFields::flag(const Json& parent, const char* name, bool otherwise, const std::string& key) const {
    const Json& value = member(parent, name);
    if (value.is_null()) return otherwise;
    if (!value.is_boolean()) fail("This is neither true nor false", key + "." + name);
    return value.get<bool>();
}

std::int64_t JsonFields::integer(const Json& parent, const char* name, std::int64_t low, std::int64_t high, const std::string& key) const {
    const auto value = integerIn(member(parent, name), low, high);
    if (!value) fail("This is no whole number from " + std::to_string(low) + " to " + std::to_string(high), key + "." + name);
    return *value;
}

std::optional<std::int64_t> integerIn(const nlohmann::json& value, std::int64_t low, std::int64_t high) {
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (high < 0 || number > static_cast<std::uint64_t>(high)) return std::nullopt;
    } else if (!value.is_number_integer()) {
        return std::nullopt;
    }
    const auto number = value.get<std::int64_t>();
    return number >= low && number <= high ? std::optional(number) : std::nullopt;
}

}  // namespace loom
