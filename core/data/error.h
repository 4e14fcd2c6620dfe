// SPDX-License-Identifier: GPL-3.0-or-later
// Error and Result: how every layer reports what went wrong, where, and what to do about it.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include <tl/expected.hpp>

namespace loom {

/// One clear problem. `what` is a sentence without its full stop, `where` names the file, tensor or key,
/// `hint` says what the reader can do. Inside core it is thrown by value; the engine API returns Result<T>.
struct Error {
    std::string what;
    std::string where;
    std::string hint;

    /// "WHAT (WHERE). HINT", leaving out the parts that are empty.
    [[nodiscard]] std::string message() const;
};

template <class T>
using Result = tl::expected<T, Error>;

/// The value inside, or the error thrown: for code inside core that calls the API.
template <class T>
T valueOrThrow(Result<T> result) {
    if (!result) throw result.error();
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Runs `body` and turns a thrown Error (or std::bad_alloc) into the error side of a Result.
template <class Body>
[[nodiscard]] auto guarded(Body&& body) -> Result<decltype(body())>;

}  // namespace loom

#include "core/data/error_guard.h"
