// SPDX-License-Identifier: GPL-3.0-or-later
// Stories that can be downloaded, what a person asks for, and how far it is.
#pragma once

#include <cstdint>
#include <string>

namespace loom {

/// A file of stories that the program knows.
struct StoryDownload {
    std::string name;         ///< on the command line: "tinystories", "tinystories:valid"
    std::string title;        ///< "TinyStories, all of it"
    std::string description;  ///< a sentence
    std::string url;          ///< where it comes from without a mirror
    std::string licence;      ///< "CDLA-Sharing-1.0"
    std::string licenceUrl;
    std::string sha256;      ///< 64 digits
    std::int64_t bytes = 0;  ///< of the file
    std::string file;        ///< absolute path where it lies or will lie, UTF-8
    bool there = false;      ///< as many bytes as it should have lie at `file`
    std::int64_t part = 0;   ///< bytes of it that an earlier download has left
};

/// One of the known files, or any address.
struct DownloadWish {
    std::string name;    ///< of a StoryDownload; empty = `url`
    std::string url;     ///< http:// or https://
    std::string mirror;  ///< instead of https://huggingface.co, for what is known; empty = none
};

enum class DownloadPhase : std::uint8_t {
    ReadingPart,  ///< what an earlier download has left, or a file that is there already
    Connecting,
    Loading
};

struct DownloadProgress {
    DownloadPhase phase = DownloadPhase::Connecting;
    std::int64_t done = 0;      ///< bytes of the file that are here; of ReadingPart: that were read
    std::int64_t total = 0;     ///< bytes; 0 = the server has not said
    double bytesPerSecond = 0;  ///< over the last seconds; 0 = not known yet
    double secondsLeft = -1;    ///< below 0 = not known
};

}  // namespace loom
