// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/story_tree.h"

#include <algorithm>
#include <utility>

#include "core/data/error.h"

namespace loom {
namespace {

/// What a passage keeps of a token.
TokenStep kept(TokenStep step) {
    step.laneNorms.clear();
    step.attention.reset();
    step.layerTimes.clear();
    return step;
}

std::vector<TokenStep> kept(std::vector<TokenStep> steps) {
    for (TokenStep& step : steps) step = kept(std::move(step));
    return steps;
}

}  // namespace

std::string_view name(PassageOrigin origin) {
    switch (origin) {
        case PassageOrigin::Person: return "person";
        case PassageOrigin::Model: return "model";
        case PassageOrigin::Edit: return "edit";
    }
    return "?";
}

std::optional<PassageOrigin> passageOriginNamed(std::string_view wanted) {
    for (const PassageOrigin origin : {PassageOrigin::Person, PassageOrigin::Model, PassageOrigin::Edit})
        if (wanted == name(origin)) return origin;
    return {};
}

std::string Passage::text() const {
    std::string text;
    for (const TokenStep& step : tokens) text += step.text;
    return text;
}

StoryTree::StoryTree() : m_passages{std::make_shared<const Passage>()} {}

bool StoryTree::has(PassageId id) const { return id.value() >= 0 && id.index() < m_passages.size() && m_passages[id.index()]; }

const Passage& StoryTree::at(PassageId id) const {
    if (!has(id)) throw Error{"The story has no passage " + std::to_string(id.value()), {}, {}};
    return *m_passages[id.index()];
}

Passage& StoryTree::change(PassageId id) {
    auto copy = std::make_shared<Passage>(at(id));
    Passage& passage = *copy;
    m_passages[id.index()] = std::move(copy);
    return passage;
}

std::vector<PassageId> StoryTree::path(PassageId end) const {
    std::vector<PassageId> path;
    for (PassageId id = end; id != root(); id = at(id).parent) path.push_back(id);
    std::reverse(path.begin(), path.end());
    return path;
}

std::vector<PassageId> StoryTree::all() const {
    std::vector<PassageId> found;
    std::vector<PassageId> waiting(at(root()).children.rbegin(), at(root()).children.rend());
    while (!waiting.empty()) {
        const PassageId id = waiting.back();
        waiting.pop_back();
        found.push_back(id);
        const std::vector<PassageId>& children = at(id).children;
        waiting.insert(waiting.end(), children.rbegin(), children.rend());
    }
    return found;
}

std::vector<TokenStep> StoryTree::tokens(PassageId end) const {
    std::vector<TokenStep> steps;
    for (const PassageId id : path(end)) steps.insert(steps.end(), at(id).tokens.begin(), at(id).tokens.end());
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i].position = static_cast<std::int64_t>(i);
    return steps;
}

std::int64_t StoryTree::length(PassageId end) const {
    std::int64_t count = 0;
    for (PassageId id = end; id != root(); id = at(id).parent) count += std::ssize(at(id).tokens);
    return count;
}

std::string StoryTree::text(PassageId end) const {
    std::string text;
    for (const PassageId id : path(end)) text += at(id).text();
    return text;
}

std::optional<PassageId> StoryTree::passageAt(std::int64_t position) const {
    std::int64_t end = 0;
    for (const PassageId id : path(m_current)) {
        end += std::ssize(at(id).tokens);
        if (position >= 0 && position < end) return id;
    }
    return {};
}

std::int64_t StoryTree::tokensShared() const {
    std::int64_t count = 0;
    for (const PassageId id : all()) count += std::ssize(at(id).tokens);
    return count;
}

std::int64_t StoryTree::tokensApart() const {
    std::int64_t count = 0;
    for (const PassageId id : leaves()) count += length(id);
    return count;
}

std::vector<PassageId> StoryTree::leaves() const {
    std::vector<PassageId> ends;
    for (const PassageId id : all())
        if (at(id).children.empty()) ends.push_back(id);
    return ends;
}

void StoryTree::choose(PassageId end) {
    for (PassageId id = end; id != root(); id = at(id).parent)
        if (at(at(id).parent).chosen != id) change(at(id).parent).chosen = id;
}

PassageId StoryTree::append(Passage passage) {
    if (passage.tokens.empty()) throw Error{"A passage must have a token", {}, {}};
    const PassageId id(std::ssize(m_passages));
    passage.parent = m_current;
    passage.children.clear();
    passage.chosen = root();
    passage.tokens = kept(std::move(passage.tokens));
    m_passages.push_back(std::make_shared<const Passage>(std::move(passage)));
    change(m_current).children.push_back(id);
    m_current = id;
    choose(id);
    return id;
}

void StoryTree::extend(PassageId id, const std::vector<TokenStep>& tokens) {
    if (id == root() || !at(id).children.empty()) throw Error{"Only the last passage of a story grows", {}, {}};
    Passage& passage = change(id);
    for (const TokenStep& step : tokens) passage.tokens.push_back(kept(step));
}

void StoryTree::learn(const std::vector<TokenStep>& steps) {
    std::int64_t first = 0;
    for (const PassageId id : path(m_current)) {
        const std::int64_t end = first + std::ssize(at(id).tokens);
        Passage* changed = nullptr;
        for (const TokenStep& step : steps) {
            if (step.position < first || step.position >= end || step.alternatives.empty()) continue;
            const auto index = static_cast<std::size_t>(step.position - first);
            if (!at(id).tokens[index].alternatives.empty() || at(id).tokens[index].token != step.token) continue;
            if (changed == nullptr) changed = &change(id);
            changed->tokens[index].alternatives = step.alternatives;
            changed->tokens[index].probability = step.probability;
        }
        first = end;
    }
}

void StoryTree::cut(std::int64_t position) {
    std::int64_t first = 0;
    for (const PassageId id : path(m_current)) {
        const std::int64_t count = std::ssize(at(id).tokens);
        if (position <= first) {
            m_current = at(id).parent;
            return;
        }
        if (position < first + count) {
            const PassageId rest(std::ssize(m_passages));
            Passage behind = at(id);
            const auto where = static_cast<std::ptrdiff_t>(position - first);
            behind.parent = id;
            behind.tokens.erase(behind.tokens.begin(), behind.tokens.begin() + where);
            behind.bookmarked = false;
            behind.note.clear();
            for (const PassageId child : behind.children) change(child).parent = rest;
            m_passages.push_back(std::make_shared<const Passage>(std::move(behind)));
            Passage& before = change(id);
            before.tokens.erase(before.tokens.begin() + where, before.tokens.end());
            before.children = {rest};
            before.chosen = rest;
            m_current = id;
            return;
        }
        first += count;
    }
}

void StoryTree::go(PassageId id) {
    (void)at(id);
    m_current = id;
    choose(id);
}

void StoryTree::follow(PassageId id) {
    while (at(id).chosen != root()) id = at(id).chosen;
    go(id);
}

std::optional<PassageId> StoryTree::beside(PassageId id, int direction) const {
    if (id == root()) return {};
    const std::vector<PassageId>& all = at(at(id).parent).children;
    const auto here = std::find(all.begin(), all.end(), id) - all.begin();
    const auto there = here + direction;
    return there < 0 || there >= std::ssize(all) ? std::nullopt : std::optional(all[static_cast<std::size_t>(there)]);
}

std::optional<PassageId> StoryTree::lastFork() const {
    for (PassageId id = m_current; id != root(); id = at(id).parent)
        if (at(at(id).parent).children.size() > 1) return id;
    return {};
}

void StoryTree::remove(PassageId id) {
    if (id == root()) throw Error{"The beginning of all stories stays", {}, {}};
    const PassageId parent = at(id).parent;
    const std::vector<PassageId> story = path(m_current);
    const bool shown = std::find(story.begin(), story.end(), id) != story.end();
    Passage& above = change(parent);
    const auto found = std::find(above.children.begin(), above.children.end(), id);
    const auto place = found - above.children.begin();
    above.children.erase(found);
    if (above.chosen == id) {
        above.chosen =
            above.children.empty() ? root() : above.children[static_cast<std::size_t>(std::min(place, std::ssize(above.children) - 1))];
    }
    std::vector<PassageId> waiting{id};
    while (!waiting.empty()) {
        const PassageId gone = waiting.back();
        waiting.pop_back();
        const std::vector<PassageId>& children = at(gone).children;
        waiting.insert(waiting.end(), children.begin(), children.end());
        m_passages[gone.index()].reset();
    }
    if (shown) follow(parent);
}

void StoryTree::setBookmarked(PassageId id, bool on) { change(id).bookmarked = on; }
void StoryTree::setNote(PassageId id, std::string note) { change(id).note = std::move(note); }
void StoryTree::setSeed(PassageId id, std::uint64_t seed) { change(id).seed = seed; }

void StoryTree::restore(PassageId id, Passage passage) {
    if (id.value() <= 0 || has(id) || !has(passage.parent) || passage.tokens.empty())
        throw Error{"The passage " + std::to_string(id.value()) + " cannot be where it is", {}, {}};
    if (id.index() >= m_passages.size()) m_passages.resize(id.index() + 1);
    Passage& parent = change(passage.parent);
    parent.children.push_back(id);
    parent.chosen = id;
    passage.children.clear();
    passage.chosen = root();
    m_passages[id.index()] = std::make_shared<const Passage>(std::move(passage));
}

std::string StoryTree::problem() const {
    if (!has(root()) || !at(root()).tokens.empty()) return "The root is not empty";
    if (!has(m_current)) return "The story that is shown is not there";
    std::size_t reached = 1;
    for (const PassageId id : all()) {
        ++reached;
        if (at(id).tokens.empty()) return "Passage " + std::to_string(id.value()) + " is empty";
    }
    std::size_t there = 0;
    for (std::size_t i = 0; i < m_passages.size(); ++i) {
        if (!m_passages[i]) continue;
        ++there;
        const Passage& passage = *m_passages[i];
        for (const PassageId child : passage.children)
            if (!has(child) || at(child).parent != PassageId(static_cast<std::int64_t>(i))) return "A child has another parent";
        const auto& children = passage.children;
        const bool chosen = std::find(children.begin(), children.end(), passage.chosen) != children.end();
        if (children.empty() ? passage.chosen != root() : !chosen) return "What was read last is no child";
    }
    return reached == there ? std::string() : "A passage cannot be reached";
}

}  // namespace loom
