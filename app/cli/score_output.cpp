// SPDX-License-Identifier: GPL-3.0-or-later
// Scorecards on the command line.
#include "app/cli/score_output.h"

#include <iomanip>
#include <sstream>

#include "core/data/error.h"
#include "core/data/utf8.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/evaluate/evaluate.h"

namespace loom::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

}  // namespace

std::vector<std::string> readStories(StorySource& source, std::int64_t most) {
    std::vector<std::string> stories = allStories(source, most);
    if (source.report().leftOut > 0) {
        const SourceProblem& first = source.report().problems.front();
        throw Error{"The text cannot be used: " + first.what + " in line " + std::to_string(first.line), first.file,
                    "Convert it, for example with iconv -t UTF-8"};
    }
    return stories;
}

std::optional<WordSet> readVocabulary(const std::string& path) {
    if (path.empty()) return std::nullopt;
    WordSet words;
    const auto source = openTextSource(path, Separator::EndOfText);
    for (const std::string& story : readStories(*source)) words.merge(wordSet(story));  // separators are no words
    if (words.empty()) throw Error{"There is no word to judge spelling by", path, "Give a word list or the stories the model learnt from"};
    return words;
}

nlohmann::ordered_json scoreJson(const Scorecard& card) {
    nlohmann::ordered_json json{{"characters", card.characters},
                                {"words", card.words},
                                {"distinct_words", card.distinctWords},
                                {"sentences", card.sentences},
                                {"words_per_sentence", card.wordsPerSentence},
                                {"distinct_1", card.distinct[0]},
                                {"distinct_2", card.distinct[1]},
                                {"distinct_3", card.distinct[2]},
                                {"repetition", card.repetition},
                                {"longest_repeat", card.longestRepeat},
                                {"repeated_sentences", card.repeatedSentences},
                                {"wanted_words", card.wanted},
                                {"used_words", card.used},
                                {"used_share", card.wantedShare()}};
    if (card.misspelt) {
        json["misspelt"] = *card.misspelt;
        json["spelled_share"] = *card.spelledShare();
        json["misspelt_words"] = card.misspeltWords;
    }
    return json;
}

std::string scoreText(const Scorecard& card) {
    std::ostringstream out;
    out << std::fixed << std::setprecision(3) << "length       " << card.words << " words in " << card.sentences << " sentences, "
        << card.characters << " characters\n"
        << "variety      " << card.distinctWords << " different words; distinct-1 " << card.distinct[0] << ", -2 " << card.distinct[1]
        << ", -3 " << card.distinct[2] << '\n'
        << "repetition   " << card.repetition << " of the words end four that were said before; longest repeat " << card.longestRepeat
        << " words; " << card.repeatedSentences << " sentences said twice\n";
    if (!card.wanted.empty()) {
        out << "prompt       " << card.used.size() << " of " << card.wanted.size() << " words used (" << joined(card.wanted) << ")\n";
    }
    if (card.misspelt) {
        out << "spelling     " << *card.misspelt << " words are not in the vocabulary"
            << (card.misspeltWords.empty() ? "" : ": " + joined(card.misspeltWords)) << '\n';
    }
    return out.str();
}

}  // namespace loom::cli
