// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli stories: what a training run would read from a source, before it is trained on; and stories get.
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include "app/cli/data_options.h"
#include "app/cli/progress_line.h"
#include "app/cli/stories_get.h"
#include "core/engine/stories/story_source.h"

namespace loom::cli {
namespace {

struct Options {
    std::string source;
    DataOptions data;
    std::int64_t show = 3;
    GetOptions get;
};

int run(const Options& options, const Context& context) {
    const SourceSpec spec = options.data.spec(options.source);
    const auto source = openSource(spec);
    std::int64_t stories = 0, bytes = 0, shortest = 0, longest = 0;
    std::vector<std::string> first;
    {
        ProgressLine progress;
        while (const auto story = source->next()) {
            const std::int64_t size = std::ssize(*story);
            shortest = stories == 0 ? size : std::min(shortest, size);
            longest = std::max(longest, size);
            bytes += size;
            if (stories++ < options.show) first.emplace_back(*story);
            if (stories % 1024 != 0) continue;
            if (context.stop.stop_requested()) throw Error{"Reading the stories was cancelled", nameOf(spec), {}};
            progress.update(std::to_string(stories) + " stories", source->bytesDone(), source->bytesTotal());
        }
    }
    const SourceReport& report = source->report();
    if (stories == 0) {
        throw Error{"There is no story in the data", nameOf(spec),
                    report.problems.empty() ? std::string() : "The first that was left out: " + report.problems.front().what};
    }
    if (context.json) {
        nlohmann::ordered_json json{
            {"source", nameOf(spec)}, {"format", report.format}, {"files", report.files}, {"stories", stories},
            {"bytes", bytes},         {"shortest", shortest},    {"longest", longest},    {"left_out", report.leftOut}};
        json["problems"] = nlohmann::ordered_json::array();
        for (const SourceProblem& p : report.problems) json["problems"].push_back({{"file", p.file}, {"line", p.line}, {"what", p.what}});
        json["first"] = first;
        Context::print(json);
        return kOk;
    }
    for (const std::string& story : first) std::cout << story << "\n<|endoftext|>\n";
    std::cerr << report.format << "; " << stories << " stories, " << bytes << " bytes, " << shortest << " to " << longest << " each\n";
    if (report.leftOut > 0) std::cerr << report.leftOut << " left out:\n";
    for (const SourceProblem& p : report.problems)
        std::cerr << "  " << p.file << (p.line > 0 ? ", line " + std::to_string(p.line) : "") << ": " << p.what << '\n';
    return kOk;
}

}  // namespace

Registration addStories(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand(
        "stories", "Show what a training run would read: how stories are told apart, how many there are, what is left out.");
    CLI::Option* source = command->add_option("SOURCE", options->source, std::string("Stories: ") + kSources);
    command->add_option("--show", options->show, "How many of the first stories to print")->check(CLI::Range(0, 1'000'000));
    options->data.addReading(*command);
    addCommonOptions(*command, context, false);
    CLI::App* get = addStoriesGet(*command, options->get, context);
    command->callback([source, get] {
        if (!get->parsed() && source->count() == 0) throw CLI::RequiredError(source->get_name());
    });
    return {command, [options, get](const Context& c) { return get->parsed() ? getStories(options->get, c) : run(*options, c); }};
}

}  // namespace loom::cli
