// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/generate/story_file.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <unordered_map>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/engine/checkpoint/config_reader.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/write_checkpoint.h"

namespace loom {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kFormat = 1;
constexpr std::size_t kMostPassages = 100'000;
constexpr std::size_t kLongestNote = 10'000;
constexpr std::int64_t kLargestToken = std::numeric_limits<std::int32_t>::max();

/// What is otherwise than with every stage off.
Json samplersJson(const SamplerSettings& s) {
    const SamplerSettings plain = plainSampling();
    Json json = Json::object();
    for (const SamplerParameter& p : samplerParameters()) {
        if (p.of(s) == p.of(plain)) continue;
        if (p.whole)
            json[std::string(p.key)] = static_cast<std::int64_t>(p.of(s));
        else
            json[std::string(p.key)] = p.of(s);
    }
    if (s.dryBreakers != plain.dryBreakers) json["dryBreakers"] = s.dryBreakers;
    if (s.order != plain.order) json["order"] = orderText(s.order);
    return json;
}

SamplerSettings samplersFrom(const ConfigReader& reader) {
    SamplerSettings s = plainSampling();
    for (const SamplerParameter& p : samplerParameters()) {
        const std::string key(p.key);
        if (reader.has(key)) p.set(s, p.whole ? static_cast<double>(reader.integer(key)) : reader.number(key, 0));
    }
    s.dryBreakers = reader.text("dryBreakers", s.dryBreakers);
    if (reader.has("order")) {
        const auto order = orderFrom(reader.text("order"));
        if (!order) reader.fail("order is " + inQuotes(reader.text("order")), "It must be a list of samplers");
        s.order = *order;
    }
    if (const auto problem = problemWith(s)) reader.fail("samplers: " + *problem);
    return s;
}

std::string_view originName(TokenOrigin origin) {
    switch (origin) {
        case TokenOrigin::Special: return "special";
        case TokenOrigin::Prompt: return "prompt";
        case TokenOrigin::Generated: return "generated";
    }
    return "?";
}

/// Only what is not plain from the passage.
Json tokenJson(const TokenStep& step, TokenOrigin usual) {
    Json json{{"id", step.token.value()}, {"text", step.text}};
    if (step.origin != usual) json["origin"] = originName(step.origin);
    if (step.label != step.text) json["label"] = step.label;
    if (step.probability > 0) json["probability"] = step.probability;
    return json;
}

TokenStep tokenFrom(const ConfigReader& reader, TokenOrigin usual) {
    TokenStep step;
    const std::int64_t id = reader.integer("id");
    if (id < 0 || id > kLargestToken) reader.fail("id is no token");
    step.token = TokenId(id);
    step.text = reader.text("text");
    step.label = reader.text("label", step.text);
    step.origin = usual;
    const std::string origin = reader.text("origin", std::string(originName(usual)));
    bool known = false;
    for (const TokenOrigin each : {TokenOrigin::Special, TokenOrigin::Prompt, TokenOrigin::Generated}) {
        if (origin != originName(each)) continue;
        step.origin = each;
        known = true;
    }
    if (!known) reader.fail("origin is " + inQuotes(origin), "It must be special, prompt or generated");
    step.reread = step.origin == TokenOrigin::Generated;  // what the samplers made of its alternatives is not known any more
    const double probability = reader.number("probability", 0);
    if (!(probability >= 0 && probability <= 1)) reader.fail("probability must lie between 0 and 1");
    step.probability = static_cast<float>(probability);
    return step;
}

TokenOrigin usualOrigin(PassageOrigin origin) { return origin == PassageOrigin::Model ? TokenOrigin::Generated : TokenOrigin::Prompt; }

/// "12345", because other programs read whole numbers as floating-point ones.
std::uint64_t seedFrom(const ConfigReader& reader) {
    const std::string text = reader.text("seed", "0");
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (error != std::errc() || end != text.data() + text.size())
        reader.fail("seed is " + inQuotes(text), "It must be a whole number in quotes, below 2^64");
    return seed;
}

Passage passageFrom(const ConfigReader& reader) {
    Passage passage;
    const std::string origin = reader.text("origin");
    const auto known = passageOriginNamed(origin);
    if (!known) reader.fail("origin is " + inQuotes(origin), "It must be person, model or edit");
    passage.origin = *known;
    passage.model = reader.text("model", "");
    passage.vocabulary = reader.integer("vocabulary", 0);
    passage.bookmarked = reader.truth("bookmarked", false);
    passage.note = reader.text("note", "");
    if (passage.note.size() > kLongestNote) reader.fail("note is longer than " + std::to_string(kLongestNote) + " bytes");
    if (passage.origin == PassageOrigin::Model) {
        passage.seed = seedFrom(reader);
        if (const auto samplers = reader.object("samplers")) passage.samplers = samplersFrom(*samplers);
    }
    for (const ConfigReader& token : reader.objects("tokens", kLargestStoryFile / 16))
        passage.tokens.push_back(tokenFrom(token, usualOrigin(passage.origin)));
    if (passage.tokens.empty()) reader.fail("tokens is empty", "Every passage has at least one");
    return passage;
}

}  // namespace

std::string storyFileText(const StoryTree& tree) {
    std::unordered_map<PassageId, std::int64_t> number{{tree.root(), 0}};
    Json passages = Json::array();
    for (const PassageId id : tree.all()) {
        const Passage& passage = tree.at(id);
        number.emplace(id, static_cast<std::int64_t>(number.size()));
        Json json{{"goes_on_from", number.at(passage.parent)}, {"origin", name(passage.origin)}};
        if (!passage.model.empty()) json["model"] = passage.model;
        if (passage.vocabulary != 0) json["vocabulary"] = passage.vocabulary;
        if (passage.origin == PassageOrigin::Model) {
            json["seed"] = std::to_string(passage.seed);
            json["samplers"] = samplersJson(passage.samplers);
        }
        if (passage.bookmarked) json["bookmarked"] = true;
        if (!passage.note.empty()) json["note"] = passage.note;
        json["text"] = passage.text();
        for (const TokenStep& step : passage.tokens) json["tokens"].push_back(tokenJson(step, usualOrigin(passage.origin)));
        passages.push_back(std::move(json));
    }
    // What was read last where there is a choice, the innermost first: going there chooses the way to it, too.
    std::vector<PassageId> forks = tree.all();
    std::reverse(forks.begin(), forks.end());
    forks.push_back(tree.root());
    Json chosen = Json::array();
    for (const PassageId id : forks)
        if (tree.at(id).children.size() > 1) chosen.push_back(number.at(tree.at(id).chosen));
    const Json json{{"format_version", kFormat}, {"shown", number.at(tree.current())}, {"read_last", chosen}, {"passages", passages}};
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

StoryTree readStoryFile(const std::filesystem::path& file) {
    const ConfigReader reader(file, kLargestStoryFile);
    reader.requireFormat(kFormat);
    StoryTree tree;
    std::int64_t next = 1;
    for (const ConfigReader& each : reader.objects("passages", kMostPassages)) {
        const std::int64_t parent = each.integer("goes_on_from");
        if (parent < 0 || parent >= next) each.fail("goes_on_from must be 0 or the number of an earlier passage");
        Passage passage = passageFrom(each);
        passage.parent = PassageId(parent);
        tree.restore(PassageId(next++), std::move(passage));
    }
    const auto inFile = [&](std::int64_t number, const char* key) {
        if (number < 0 || number >= next) reader.fail(std::string(key) + " names a passage that is not there");
        return PassageId(number);
    };
    if (reader.has("read_last"))
        for (const std::int64_t number : reader.integers("read_last")) tree.go(inFile(number, "read_last"));
    tree.go(inFile(reader.integer("shown", 0), "shown"));
    return tree;
}

void writeStoryFile(const std::filesystem::path& file, const StoryTree& tree) { writeTextFile(file, storyFileText(tree)); }

std::string storyMarkdown(const StoryTree& tree) {
    std::string body, end;
    for (const PassageId id : tree.path(tree.current())) {
        const Passage& passage = tree.at(id);
        std::string text;
        for (const char c : passage.text()) {
            if (std::string_view("\\`*_[]<>#").find(c) != std::string_view::npos) text += '\\';
            text += c;
        }
        const std::size_t first = text.find_first_not_of(" \n"), last = text.find_last_not_of(" \n");
        if (passage.origin == PassageOrigin::Model || first == std::string::npos) {
            body += text;
        } else {  // emphasis must touch its words
            body += text.substr(0, first) + "**" + text.substr(first, last - first + 1) + "**" + text.substr(last + 1);
        }
        if (passage.origin == PassageOrigin::Model)
            end += "- " + passage.model + ", seed " + std::to_string(passage.seed) + ", " + std::to_string(passage.tokens.size()) +
                   " tokens\n";
    }
    return body + "\n" + (end.empty() ? "" : "\n---\n\n" + end);
}

}  // namespace loom
