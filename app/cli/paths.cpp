// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli paths: where the program keeps a person's files.
#include <iomanip>
#include <iostream>

#include "app/cli/command.h"
#include "core/engine/api/user_paths.h"
#include "core/engine/checkpoint/mapped_file.h"

namespace loom::cli {
namespace {

int run(const Context& context) {
    const UserPaths paths = userPaths();
    nlohmann::ordered_json json{{"settings", pathText(paths.settings)}, {"data", pathText(paths.data)},
                                {"runs", pathText(paths.runs)},         {"stories", pathText(paths.stories)},
                                {"cache", pathText(paths.cache)},       {"tokens", pathText(paths.tokens)}};
    if (context.json) {
        Context::print(json);
        return kOk;
    }
    for (const auto& [key, value] : json.items()) std::cout << std::left << std::setw(10) << key << value.get<std::string>() << '\n';
    return kOk;
}

}  // namespace

Registration addPaths(CLI::App& program, Context& context) {
    CLI::App* command = program.add_subcommand("paths", "Print the folders of your settings, runs, downloaded stories and cached files.");
    addCommonOptions(*command, context, false);
    return {command, run};
}

}  // namespace loom::cli
