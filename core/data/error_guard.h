// SPDX-License-Identifier: GPL-3.0-or-later
// The one place where core's exceptions become values.
#pragma once

#include <exception>
#include <new>
#include <type_traits>

#include "core/data/error.h"

namespace loom {

template <class Body>
auto guarded(Body&& body) -> Result<decltype(body())> {
    using T = decltype(body());
    try {
        if constexpr (std::is_void_v<T>) {
            std::forward<Body>(body)();
            return Result<T>{};
        } else {
            return Result<T>{std::forward<Body>(body)()};
        }
    } catch (const Error& error) {
        return tl::unexpected(error);
    } catch (const std::bad_alloc&) {
        return tl::unexpected(Error{"Not enough memory", {}, "Close other programs or choose a smaller model or context"});
    } catch (const std::exception& error) {
        return tl::unexpected(Error{error.what(), {}, {}});
    }
}

}  // namespace loom
