// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses as people type them: checked, shown without a password, turned into a file's name.
#pragma once

#include <string>
#include <string_view>

namespace loom {

/// Throws Error unless it begins with http:// or https://, names a host, and has no space or control character.
void requireWebAddress(const std::string& url);
/// Without user and password, for messages.
[[nodiscard]] std::string shownAddress(std::string_view url);
/// "https://huggingface.co" of any address of it; `url` itself where that cannot be told.
[[nodiscard]] std::string originOf(std::string_view url);
/// The last part of its path with letters, digits, '.', '-' and '_' only; "stories.txt" where there is none.
[[nodiscard]] std::string fileNameOf(std::string_view url);
/// 64 lower-case digits. Throws Error if it is no SHA-256 checksum.
[[nodiscard]] std::string checksumFrom(std::string_view text);

}  // namespace loom
