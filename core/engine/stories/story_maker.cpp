// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/stories/story_maker.h"

#include <array>
#include <string_view>

#include "core/engine/generate/philox.h"
#include "core/engine/stories/story_plots.h"
#include "core/engine/stories/story_template.h"

namespace loom {
namespace {

struct Name {
    std::string_view name;
    bool female;
};

constexpr std::array kNames{Name{"Lily", true},  Name{"Tom", false},   Name{"Mia", true},    Name{"Ben", false},  Name{"Anna", true},
                            Name{"Max", false},  Name{"Sue", true},    Name{"Tim", false},   Name{"Lucy", true},  Name{"Sam", false},
                            Name{"Ella", true},  Name{"Jack", false},  Name{"Rosie", true},  Name{"Leo", false},  Name{"Nina", true},
                            Name{"Finn", false}, Name{"Daisy", true},  Name{"Oscar", false}, Name{"Molly", true}, Name{"Theo", false},
                            Name{"Zoe", true},   Name{"Billy", false}, Name{"Kitty", true},  Name{"Hugo", false}};
constexpr std::array<std::string_view, 12> kAnimals{"rabbit", "bear", "mouse",  "fox",      "cat",      "dog",
                                                    "duck",   "frog", "turtle", "squirrel", "hedgehog", "owl"};
constexpr std::array<std::string_view, 10> kSmallAnimals{"bird",  "kitten",    "puppy", "bunny", "duckling",
                                                         "snail", "butterfly", "lamb",  "chick", "bee"};
constexpr std::array<std::string_view, 16> kTraits{"little", "kind",  "happy", "curious", "brave", "clever", "quiet", "funny",
                                                   "gentle", "young", "tiny",  "patient", "merry", "lively", "shy",   "good"};
constexpr std::array<std::string_view, 12> kColours{"red",    "blue",  "green", "yellow", "orange", "purple",
                                                    "golden", "white", "pink",  "silver", "brown",  "striped"};
constexpr std::array<std::string_view, 18> kThings{"ball", "kite", "doll", "drum", "boat",  "hat",     "scarf",   "book",     "teddy bear",
                                                   "car",  "bell", "box",  "cup",  "truck", "whistle", "blanket", "umbrella", "puppet"};
constexpr std::array<std::string_view, 14> kPlaces{"the park",   "the forest", "the beach",   "the river",     "the garden",
                                                   "the farm",   "the hill",   "the market",  "the pond",      "the school",
                                                   "the meadow", "the lake",   "the village", "the playground"};
constexpr std::array<std::string_view, 10> kSpots{"under a big tree",  "behind a rock",        "in the tall grass", "near the fence",
                                                  "behind the bushes", "next to the old well", "under a bench",     "beside a wall",
                                                  "between two trees", "near the water"};
constexpr std::array<std::string_view, 12> kInside{"under the bed",   "behind the door",   "in a dark corner",   "behind the stairs",
                                                   "under the table", "in the big basket", "behind the curtain", "in the toy box",
                                                   "under a blanket", "behind the sofa",   "in the closet",      "on the shelf"};
constexpr std::array<std::string_view, 12> kFoods{"cookies",  "apples", "cake", "soup",      "bread with honey", "berries",
                                                  "pancakes", "pears",  "pie",  "ice cream", "carrots",          "sandwiches"};
constexpr std::array<std::string_view, 6> kWeathers{"sunny", "warm", "cold", "windy", "bright", "cloudy"};
constexpr std::array<std::string_view, 3> kDays{"day", "morning", "afternoon"};

struct Helper {
    std::string_view helper;
    bool female;
};
constexpr std::array kHelpers{Helper{"mom", true},      Helper{"dad", false}, Helper{"grandma", true},
                              Helper{"grandpa", false}, Helper{"aunt", true}, Helper{"uncle", false}};

/// Random numbers of one story.
class Draw {
public:
    Draw(std::uint64_t seed, std::int64_t index)
        : m_key{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}, m_index(static_cast<std::uint64_t>(index)) {}

    std::int64_t below(std::int64_t count) {
        if (m_left == 0) {
            m_words =
                philox4x32({static_cast<std::uint32_t>(m_index), static_cast<std::uint32_t>(m_index >> 32), m_block++, 0x73746F72U}, m_key);
            m_left = m_words.size();
        }
        const std::uint64_t word = m_words[--m_left];
        return static_cast<std::int64_t>(word * static_cast<std::uint64_t>(count) >> 32);
    }
    template <class List>
    const auto& from(const List& list) {
        return list[static_cast<std::size_t>(below(std::ssize(list)))];
    }
    /// One that is none of `others`.
    template <class List, class... Others>
    auto other(const List& list, const Others&... others) {
        for (;;) {
            const auto& found = from(list);
            if (((found != others) && ...)) return found;
        }
    }

private:
    std::array<std::uint32_t, 2> m_key;
    std::uint64_t m_index;
    std::uint32_t m_block = 0;
    std::array<std::uint32_t, 4> m_words{};
    std::size_t m_left = 0;
};

std::string capital(std::string_view word) {
    std::string out(word);
    if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
    return out;
}

/// The pronouns of somebody under the given names, the subject form with and without a capital.
void addPronouns(TemplateWords& words, bool female, const std::array<const char*, 5>& names) {
    words[names[0]] = female ? "She" : "He";
    words[names[1]] = female ? "she" : "he";
    words[names[2]] = female ? "her" : "him";
    words[names[3]] = female ? "her" : "his";
    words[names[4]] = female ? "Her" : "His";
}

}  // namespace

std::string makeStory(std::uint64_t seed, std::int64_t index) {
    Draw draw(seed, index);
    const std::string_view plot = draw.from(kPlots);
    const Name hero = draw.from(kNames);
    const std::string_view friendName = [&] {
        for (;;) {
            const Name& found = draw.from(kNames);
            if (found.name != hero.name) return found.name;
        }
    }();
    bool friendFemale = false;
    for (const Name& name : kNames)
        if (name.name == friendName) friendFemale = name.female;
    const bool animals = draw.below(3) == 0;
    const std::string_view heroKind = animals ? draw.from(kAnimals) : hero.female ? "girl" : "boy";
    const std::string_view friendKind = animals ? draw.other(kAnimals, heroKind) : friendFemale ? "girl" : "boy";
    const Helper helper = draw.from(kHelpers);
    const std::string_view inside = draw.from(kInside);
    const std::string_view inside2 = draw.other(kInside, inside);

    TemplateWords words{{"hero", std::string(hero.name)},
                        {"kind", std::string(heroKind)},
                        {"friend", std::string(friendName)},
                        {"friendkind", std::string(friendKind)},
                        {"himself", hero.female ? "herself" : "himself"},
                        {"helper", std::string(helper.helper)},
                        {"trait", std::string(draw.from(kTraits))},
                        {"colour", std::string(draw.from(kColours))},
                        {"thing", std::string(draw.from(kThings))},
                        {"place", std::string(draw.from(kPlaces))},
                        {"spot", std::string(draw.from(kSpots))},
                        {"inside", std::string(inside)},
                        {"inside2", std::string(inside2)},
                        {"inside3", std::string(draw.other(kInside, inside, inside2))},
                        {"animal", std::string(draw.from(kSmallAnimals))},
                        {"food", std::string(draw.from(kFoods))},
                        {"weather", std::string(draw.from(kWeathers))},
                        {"day", std::string(draw.from(kDays))}};
    words["Helper"] = capital(helper.helper);
    addPronouns(words, hero.female, {"He", "he", "him", "his", "His"});
    addPronouns(words, friendFemale, {"Fe", "fe", "fim", "fis", "Fis"});
    addPronouns(words, helper.female, {"She", "she", "herobject", "her", "Her"});
    return expandTemplate(plot, words, [&draw](std::int64_t below) { return draw.below(below); });
}

}  // namespace loom
