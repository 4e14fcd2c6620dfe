// SPDX-License-Identifier: GPL-3.0-or-later
// Stories that can be downloaded by name: where they come from, how large they are, what they must be.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/story_download.h"
#include "core/engine/download/download.h"

namespace loom {

/// TinyStories, its training and its validation part, with what lies in the person's folder of stories. Looks at the disk only.
[[nodiscard]] std::vector<StoryDownload> knownStories();
/// Nothing for another name.
[[nodiscard]] std::optional<StoryDownload> knownStoriesNamed(std::string_view name);

/// The mirror that holds where nobody names one: LATENTLOOM_MIRROR, else empty.
[[nodiscard]] std::string defaultMirror();

/// The order for a wish, into the person's folder of stories, which is made. A mirror stands for everything before the path of a known
/// file: "https://mirror.example" or "https://mirror.example/hf"; it must serve the same bytes. Throws Error: an unknown name, no address.
[[nodiscard]] DownloadOrder orderFor(const DownloadWish& wish);
/// The address that `order` would have.
[[nodiscard]] std::string addressAt(const StoryDownload& stories, const std::string& mirror);

/// What a name in place of a file stands for: the path where the stories lie. Nothing for names that are unknown. Throws Error saying how
/// to load them where they are not there yet.
[[nodiscard]] std::optional<std::filesystem::path> downloadedStories(std::string_view name);

}  // namespace loom
