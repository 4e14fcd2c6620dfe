// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli score: what can be said of a story without another network.
#include <iostream>
#include <iterator>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/score_output.h"

namespace loom::cli {
namespace {

struct Options {
    std::string file;
    std::string words;
    ScoreRequest request;
};

/// A story may have empty lines, so only <|endoftext|> ends one.
std::vector<std::string> storiesOf(const std::string& file) {
    const auto source =
        file != "-" ? openTextSource(file, Separator::EndOfText)
                    : openTextSource(std::string(std::istreambuf_iterator<char>(std::cin), {}), "standard input", Separator::EndOfText);
    return readStories(*source);
}

int run(const Options& options, const Context& context) {
    requireUtf8(options.request.prompt, "--prompt");
    for (const std::string& word : options.request.wanted) requireUtf8(word, "--use");
    const std::optional<WordSet> vocabulary = readVocabulary(options.words);
    const std::vector<std::string> stories = storiesOf(options.file);
    if (stories.empty()) throw Error{"There is no story to score", options.file, "Stories are separated by <|endoftext|>"};
    ScoreRequest request = options.request;
    if (vocabulary) request.vocabulary = &*vocabulary;
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < stories.size(); ++i) {
        if (context.stop.stop_requested()) throw Error{"Cancelled", {}, {}};
        const Scorecard card = scoreStory(stories[i], request);
        if (context.json)
            list.push_back(scoreJson(card));
        else
            std::cout << (stories.size() > 1 ? "story " + std::to_string(i) + '\n' : "") << scoreText(card);
    }
    if (context.json) Context::print({{"file", options.file}, {"stories", std::move(list)}});
    return kOk;
}

}  // namespace

Registration addScore(CLI::App& program, Context& context) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand("score", "Score stories without another network: variety, repetition, length, spelling.");
    command->add_option("file", options->file, "Text file, or - for standard input; stories are separated by <|endoftext|>")->required();
    command->add_option("--prompt", options->request.prompt, "What the story went on from: are its words used?");
    command->add_option("--use", options->request.wanted, "Words that were to be used, as in dragon,castle (default: the prompt's)")
        ->delimiter(',');
    command->add_option("--words", options->words, "Judge spelling by the words of this file: a word list, or stories");
    addCommonOptions(*command, context, false);
    return {command, [options](const Context& c) { return run(*options, c); }};
}

}  // namespace loom::cli
