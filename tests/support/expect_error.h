// SPDX-License-Identifier: GPL-3.0-or-later
// Catching loom::Error in tests: anything else that is thrown, or nothing, is a failure.
#pragma once

#include <exception>
#include <string>

#include <gtest/gtest.h>

#include "core/data/error.h"

namespace loom::test {

/// The Error that `body` throws; a failure and an empty Error if it throws none.
template <class Body>
[[nodiscard]] Error errorOf(Body&& body) {
    try {
        body();
    } catch (const Error& error) {
        return error;
    } catch (const std::exception& other) {
        ADD_FAILURE() << "threw something that is no Error: " << other.what();
        return {};
    }
    ADD_FAILURE() << "threw nothing";
    return {};
}

}  // namespace loom::test
