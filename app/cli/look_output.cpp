// SPDX-License-Identifier: GPL-3.0-or-later
// What `look` saw, as JSON and as text.
#include "app/cli/look_output.h"

#include <iomanip>
#include <iostream>

#include "core/data/utf8.h"

namespace loom::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Lower triangle of one head of [H, T, T].
Json triangle(const std::vector<float>& values, std::int64_t head, std::int64_t tokens) {
    Json rows = Json::array();
    for (std::int64_t t = 0; t < tokens; ++t) {
        const auto begin = values.begin() + (head * tokens + t) * tokens;
        rows.push_back(std::vector<float>(begin, begin + t + 1));
    }
    return rows;
}

Json shifted(const std::vector<ShiftedToken>& tokens, const Text& text) {
    Json list = Json::array();
    for (const ShiftedToken& each : tokens) {
        Json entry = text.token(each.token);
        entry["before"] = each.before;
        entry["after"] = each.after;
        list.push_back(std::move(entry));
    }
    return list;
}

/// A token's text on one line.
std::string shown(const Json& token) { return token["text"].dump(-1, ' ', false, Json::error_handler_t::replace); }

void printNumbers(const Json& numbers, std::size_t most) {
    for (std::size_t i = 0; i < numbers.size() && i < most; ++i) std::cout << ' ' << numbers[i].get<double>();
    if (numbers.size() > most) std::cout << " … (" << numbers.size() << " in all)";
    std::cout << '\n';
}

void printHeads(const Json& document) {
    for (const Json& head : document["heads"]) {
        for (const auto& [key, rows] : head.items()) {
            if (key == "head") continue;
            std::cout << "head " << head["head"] << ' ' << key << ", last token:";
            printNumbers(rows.back(), 12);
        }
    }
}

void printLens(const Json& document) {
    for (const Json& row : document["rows"]) {
        std::cout << (row["after_layer"].is_null() ? "embedding " : "layer " + row["after_layer"].dump() + "   ");
        for (const Json& token : row["tokens"].back()) std::cout << "  " << shown(token) << ' ' << token["probability"].get<double>();
        std::cout << '\n';
    }
}

void printAblation(const Json& document) {
    std::cout << "KL after the last token " << document["kl"].back().get<double>() << " nats, mean " << document["mean_kl"].get<double>()
              << '\n';
    for (const char* list : {"top_before", "top_after"}) {
        std::cout << list << '\n';
        for (const Json& token : document[list]) {
            std::cout << "  " << std::setw(14) << shown(token) << "  " << token["before"].get<double>() << " → "
                      << token["after"].get<double>() << '\n';
        }
    }
}

}  // namespace

Json Text::token(TokenId id) const { return {{"token", id.value()}, {"text", tokenizer.label(id)}}; }

Json Text::labels() const {
    Json list = Json::array();
    for (const TokenId id : ids) list.push_back(token(id));
    return list;
}

Json attentionJson(const AttentionMap& map, const std::vector<std::int64_t>& heads) {
    Json list = Json::array();
    for (const std::int64_t head : heads) list.push_back({{"head", head}, {"weights", triangle(map.weights, head, map.tokens)}});
    return {{"layer", map.layer.value()}, {"heads", std::move(list)}};
}

Json scoresJson(const ScoreParts& parts, const std::vector<std::int64_t>& heads) {
    Json list = Json::array();
    for (const std::int64_t head : heads) {
        list.push_back({{"head", head},
                        {"content", triangle(parts.content, head, parts.tokens)},
                        {"position", triangle(parts.position, head, parts.tokens)}});
    }
    return {{"layer", parts.layer.value()}, {"heads", std::move(list)}};
}

Json keptJson(const KeptRows& rows) {
    Json lanes = Json::array();
    for (const KeptRows::Lane& lane : rows.lanes) {
        Json list = Json::array();
        for (std::int64_t t = 0; t < rows.tokens; ++t) {
            const auto begin = lane.values.begin() + t * lane.width;
            list.push_back(std::vector<float>(begin, begin + lane.width));
        }
        lanes.push_back({{"lane", name(lane.lane)}, {"width", lane.width}, {"rows", std::move(list)}});
    }
    return {{"layer", rows.layer.value()}, {"lanes", std::move(lanes)}};
}

Json spectraJson(const LayerSpectra& spectra) {
    Json list = Json::array();
    for (const Spectrum& spectrum : spectra.spectra) {
        Json entry{{"of", label(spectrum)}};
        if (spectrum.head) entry["head"] = spectrum.head->value();
        entry["effective_rank"] = spectrum.effectiveRank;
        entry["singular_values"] = spectrum.values;
        list.push_back(std::move(entry));
    }
    return {{"layer", spectra.layer.value()}, {"spectra", std::move(list)}};
}

Json reconstructionJson(const Reconstruction& result, const std::vector<std::int64_t>& heads) {
    Json list = Json::array();
    for (std::size_t i = 0; i < result.ranks.size(); ++i) {
        Json perHead = Json::array();
        for (const std::int64_t head : heads) {
            const std::size_t at = i * static_cast<std::size_t>(result.heads) + static_cast<std::size_t>(head);
            perHead.push_back({{"head", head}, {"keys", result.keys[at]}, {"values", result.values[at]}});
        }
        list.push_back({{"rank", result.ranks[i]}, {"relative_error", std::move(perHead)}});
    }
    return {{"layer", result.layer.value()}, {"ranks", std::move(list)}};
}

Json lensJson(const LogitLens& lens, const Text& text) {
    Json rows = Json::array();
    for (std::int64_t row = 0; row < lens.rows; ++row) {
        Json tokens = Json::array();
        for (std::int64_t t = 0; t < lens.tokens; ++t) {
            Json best = Json::array();
            for (std::int64_t k = 0; k < lens.top; ++k) {
                const std::size_t at = lens.at(row, t, k);
                Json entry = text.token(lens.ids[at]);
                entry["logit"] = lens.logits[at];
                entry["probability"] = lens.probabilities[at];
                best.push_back(std::move(entry));
            }
            tokens.push_back(std::move(best));
        }
        rows.push_back({{"after_layer", row == 0 ? Json(nullptr) : Json(row - 1)}, {"tokens", std::move(tokens)}});
    }
    return {{"rows", std::move(rows)}};
}

Json ablationJson(const Ablation& result, const Text& text) {
    return {{"kl", result.kl},
            {"mean_kl", result.meanKl},
            {"top_before", shifted(result.topBefore, text)},
            {"top_after", shifted(result.topAfter, text)},
            {"logits_before", result.before},
            {"logits_after", result.after}};
}

void printLook(const Json& document) {
    std::cout << std::setprecision(4) << document["tokens"].size() << " tokens, " << document["what"].get<std::string>() << '\n';
    if (document.contains("heads")) printHeads(document);
    if (document.contains("rows")) printLens(document);
    if (document.contains("mean_kl")) printAblation(document);
    if (document.contains("lanes")) {
        for (const Json& lane : document["lanes"]) {
            std::cout << lane["lane"].get<std::string>() << ", last token:";
            printNumbers(lane["rows"].back(), 12);
        }
    }
    if (document.contains("spectra")) {
        for (const Json& spectrum : document["spectra"]) {
            std::cout << spectrum["of"].get<std::string>() << ": effective rank " << spectrum["effective_rank"].get<double>() << " of "
                      << spectrum["singular_values"].size() << ", singular values";
            printNumbers(spectrum["singular_values"], 6);
        }
    }
    if (document.contains("ranks")) {
        for (const Json& rank : document["ranks"]) {
            for (const Json& head : rank["relative_error"]) {
                std::cout << "rank " << rank["rank"] << ", head " << head["head"] << ": keys lose " << head["keys"].get<double>() * 100
                          << " %, values " << head["values"].get<double>() * 100 << " %\n";
            }
        }
    }
}

}  // namespace loom::cli
