// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/data_options.h"

namespace loom::cli {

void DataOptions::addReading(CLI::App& command) {
    command.add_option("--separator", separator, "What stands between the stories of a text file")
        ->check(CLI::IsMember({"auto", "endoftext", "blank-lines", "blank-line", "line", "none"}));
    command.add_option("--field", field, "Field of JSON lines that holds the story; none: text, story or content");
}

void DataOptions::add(CLI::App& command) {
    addReading(command);
    command.add_option("--valid-share", validShare, "Share of the stories to hold out, where --valid names none")
        ->check(CLI::Range(0.0, 0.5));
    command.add_flag("--keep-duplicates", keepDuplicates, "Also take stories that are there already");
}

SourceSpec DataOptions::spec(const std::string& text) const {
    SourceSpec source = sourceNamed(text);
    source.separator = *separatorNamed(separator);
    source.field = field;
    return source;
}

DataOrder DataOptions::order(const std::string& text) const { return {spec(text), std::nullopt, validShare, keepDuplicates}; }

}  // namespace loom::cli
