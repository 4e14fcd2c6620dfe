// SPDX-License-Identifier: GPL-3.0-or-later
// The ids of words that came before in the same text.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/ids.h"

namespace loom {

/// Remembers where in the list of ids a word's ids stand, so that nothing is copied to remember. A word that falls onto
/// another one's place takes it over.
class WordCache {
public:
    static constexpr std::size_t kLongestWord = 128;  ///< bytes; longer ones hardly come twice

    /// `bytes`: length of the text.
    explicit WordCache(std::size_t bytes) {
        std::size_t places = 64;
        while (places < bytes / 4 && places < 32768) places *= 2;
        m_places.resize(places);
    }

    /// Appends the ids of `word` if it is known.
    bool append(std::string_view word, TokenIds& ids) {
        Place& place = placeOf(word);
        if (place.count == 0 || place.hash != m_hash || place.length != word.size()) return false;
        if (std::memcmp(m_words.data() + place.word, word.data(), word.size()) != 0) return false;
        for (std::uint32_t i = 0; i < place.count; ++i) ids.push_back(ids[place.first + i]);
        return true;
    }
    /// `word` has just become the ids from `first` on. Right after append() said no.
    void remember(std::string_view word, const TokenIds& ids, std::size_t first) {
        if (ids.size() == first || m_words.size() > kMostBytes || ids.size() > kMostIds) return;
        placeOf(word) = {m_hash, static_cast<std::uint32_t>(m_words.size()), static_cast<std::uint32_t>(word.size()),
                         static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(ids.size() - first)};
        m_words += word;
    }

private:
    static constexpr std::size_t kMostBytes = std::size_t{16} << 20;
    static constexpr std::size_t kMostIds = std::size_t{1} << 31;
    struct Place {
        std::uint64_t hash = 0;
        std::uint32_t word = 0, length = 0;  // in m_words
        std::uint32_t first = 0, count = 0;  // in the list of ids
    };
    Place& placeOf(std::string_view word) {
        m_hash = std::hash<std::string_view>{}(word);
        return m_places[m_hash & (m_places.size() - 1)];
    }

    std::vector<Place> m_places;
    std::string m_words;
    std::uint64_t m_hash = 0;
};

}  // namespace loom
