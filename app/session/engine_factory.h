// SPDX-License-Identifier: GPL-3.0-or-later
// How a session gets its engine; tests give one of their own.
#pragma once

#include <functional>
#include <memory>

namespace loom {
class Engine;
}

namespace loom::session {

/// Called once, in the constructor of SessionController. Must not return null.
using EngineFactory = std::function<std::unique_ptr<Engine>()>;

}  // namespace loom::session
