// SPDX-License-Identifier: GPL-3.0-or-later
// Stop strings: ends a story when one of them appears, without ever showing a part of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loom {

/// Watches text that arrives in pieces. What it does never depends on how the text is cut into pieces.
/// The stop string that is complete first wins; of several that end together, the one that starts first.
class StopStringMatcher {
public:
    struct Progress {
        std::string text;      ///< can be shown now
        bool stopped = false;  ///< a stop string is complete; it and what follows it is dropped
    };

    /// Empty stop strings are ignored.
    explicit StopStringMatcher(std::vector<std::string> stops);
    /// Holds back what may be the beginning of a stop string. After a stop nothing more comes.
    [[nodiscard]] Progress push(std::string_view text);
    /// What was held back and is text after all, because nothing follows.
    [[nodiscard]] std::string flush();
    [[nodiscard]] bool stopped() const { return m_stopped; }

private:
    /// Length of the longest end of m_pending that begins a stop string.
    [[nodiscard]] std::size_t heldBack() const;

    std::vector<std::string> m_stops;
    std::string m_pending;
    bool m_stopped = false;
};

}  // namespace loom
