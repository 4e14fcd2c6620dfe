// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of a tokenizer: encodes the records of a text file one after the other, on one thread, and prints one JSON document.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/tokenizer/tokenizer.h"

namespace {

using Clock = std::chrono::steady_clock;

/// FNV-1a over the ids, so that two programs can be seen to have made the same.
std::uint64_t hashed(std::uint64_t hash, std::span<const loom::TokenId> ids) {
    for (const loom::TokenId id : ids) hash = (hash ^ static_cast<std::uint64_t>(id.value())) * 0x100000001B3U;
    return hash;
}

std::vector<std::string_view> recordsOf(std::string_view text, std::string_view separator) {
    std::vector<std::string_view> records;
    if (separator.empty()) return {text};
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(separator, at), text.size());
        if (end > at) records.push_back(text.substr(at, end - at));
        at = end + separator.size();
    }
    return records;
}

double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Encodes and decodes the records of a text file, several times, on one thread.");
    std::string tokenizerPath;
    std::string dataPath;
    std::string separator = "<|endoftext|>";
    std::size_t bytes = std::size_t{1} << 20;
    int rounds = 5;
    app.add_option("--tokenizer", tokenizerPath, "tokenizer.json, folder, .model or tokenizer.bin")->required();
    app.add_option("--data", dataPath, "UTF-8 text")->required();
    app.add_option("--separator", separator, "what stands between two records; empty: the whole text is one");
    app.add_option("--bytes", bytes, "how much of the file is used, from its beginning");
    app.add_option("--rounds", rounds, "the fastest one counts");
    CLI11_PARSE(app, argc, argv);
    try {
        const auto begun = Clock::now();
        const auto tokenizer = loom::openTokenizer(tokenizerPath, 0);
        const double opening = seconds(Clock::now() - begun);
        const loom::MappedFile file(dataPath);
        const std::string_view whole(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
        const auto records = recordsOf(whole.substr(0, bytes), separator);
        double encoding = 1e30;
        double decoding = 1e30;
        std::size_t tokens = 0;
        std::size_t used = 0;
        std::uint64_t hash = 0;
        for (int round = 0; round < rounds; ++round) {
            std::vector<loom::TokenIds> all;
            auto start = Clock::now();
            for (const std::string_view record : records) all.push_back(tokenizer->encode(record));
            encoding = std::min(encoding, seconds(Clock::now() - start));
            start = Clock::now();
            std::size_t length = 0;
            for (const loom::TokenIds& ids : all) length += tokenizer->decode(ids).size();
            decoding = std::min(decoding, seconds(Clock::now() - start));
            hash = 0xCBF29CE484222325U;
            tokens = used = 0;
            for (std::size_t i = 0; i < all.size(); ++i) {
                hash = hashed(hash, all[i]);
                tokens += all[i].size();
                used += records[i].size();
            }
            if (length == 0) throw loom::Error{"Nothing was decoded", dataPath, {}};
        }
        std::cout << nlohmann::ordered_json{{"kind", tokenizer->kind()},
                                            {"records", records.size()},
                                            {"bytes", used},
                                            {"tokens", tokens},
                                            {"ids_hash", std::to_string(hash)},
                                            {"opening_seconds", opening},
                                            {"encode_mb_per_second", static_cast<double>(used) / 1e6 / encoding},
                                            {"decode_mb_per_second", static_cast<double>(used) / 1e6 / decoding}}
                         .dump(2)
                  << '\n';
        return 0;
    } catch (const loom::Error& error) {
        std::cerr << "error: " << error.message() << '\n';
        return 1;
    }
}
