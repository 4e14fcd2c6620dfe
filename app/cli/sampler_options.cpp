// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/sampler_options.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <string_view>

#include "core/data/error.h"

namespace loom::cli {
namespace {

/// "2:0.1" into the numbers called `keys`, as many as there are.
void readNumbers(const std::string& option, std::string_view text, std::initializer_list<std::string_view> keys,
                 SamplerSettings& samplers) {
    const std::string whole(text);
    for (const std::string_view key : keys) {
        const std::string_view part = text.substr(0, text.find(':'));
        const SamplerParameter& parameter = samplerParameter(key);
        double value = 0;
        const auto [end, problem] = std::from_chars(part.data(), part.data() + part.size(), value);
        if (problem != std::errc() || end != part.data() + part.size() || !(std::abs(value) <= 1e9)) {
            throw Error{option + " does not understand \"" + whole + "\"", {}, "Write numbers with colons between them; --help says which"};
        }
        if (parameter.whole && value != std::floor(value)) throw Error{std::string(parameter.words) + " is a whole number", option, {}};
        parameter.set(samplers, value);
        if (part.size() == text.size()) return;
        text.remove_prefix(part.size() + 1);
    }
    throw Error{option + " has too many numbers in \"" + whole + "\"", {}, "--help says which it takes"};
}

/// "topNSigma" as JSON's other keys are written.
std::string withUnderscores(std::string_view key) {
    std::string out;
    for (const char c : key) {
        if (std::isupper(static_cast<unsigned char>(c)) != 0) out += '_';
        out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return out;
}

}  // namespace

void addSamplerOptions(CLI::App& command, GenerateRequest& request, SamplerTexts& texts) {
    SamplerSettings& samplers = request.samplers;
    command.add_option("--temperature", samplers.temperature, "0 always takes the most likely token; higher is more adventurous")
        ->capture_default_str();
    command.add_option("--top-k", samplers.topK, "Choose among the k most likely tokens; 0 = off")->capture_default_str();
    command.add_option("--top-p", samplers.topP, "Choose among the fewest tokens whose probabilities reach p; 1 = off")
        ->capture_default_str();
    command.add_option("--min-p", samplers.minP, "Drop tokens less likely than p times the best; 0 = off")->capture_default_str();
    command
        .add_option("--typical", samplers.typicalP,
                    "Choose among the tokens that surprise as much as is usual here, up to probability p; 1 = off")
        ->capture_default_str();
    command
        .add_option("--top-n-sigma", samplers.topNSigma,
                    "Drop tokens whose logit is more than n standard deviations below the best; 0 = off")
        ->capture_default_str();
    command.add_option("--repetition-penalty", samplers.repetitionPenalty, "Above 1 makes used tokens less likely; 1 = off")
        ->capture_default_str();
    command
        .add_option(
            "--dry", texts.dry,
            "Make tokens less likely that would prolong a repeat: by how much, growing by BASE (1.75) for each token beyond ALLOWED "
            "(2), looking RANGE tokens back (0 = all). 0.8 is usual")
        ->type_name("MULTIPLIER[:BASE[:ALLOWED[:RANGE]]]");
    command
        .add_option("--dry-breakers", samplers.dryBreakers,
                    "Tokens with one of these characters end a repeat; a newline, : \" * if not given")
        ->type_name("CHARACTERS");
    command
        .add_option(
            "--xtc", texts.xtc,
            "With this probability drop the most likely tokens, all but the least likely of those above THRESHOLD (0.1). 0.5 is usual")
        ->type_name("PROBABILITY[:THRESHOLD]");
    command
        .add_option("--mirostat", texts.mirostat,
                    "Mirostat v2: hold the surprise of the text near TAU bits; ETA (0.1) says how fast. Best with --top-p 1")
        ->type_name("TAU[:ETA]");
    command
        .add_option(
            "--samplers", texts.order,
            "The order of the samplers, by name with commas between; those left out follow as usual. Usual: " + orderText(kSamplerOrder))
        ->type_name("ORDER");
}

CLI::Option* addBeamOptions(CLI::App& command, BeamSearch& beams) {
    CLI::Option* width = command
                             .add_option("--beams", beams.width,
                                         "Beam search: follow N beginnings at once and write the text that is most likely as a whole. The "
                                         "samplers and the seed have no say; 5 is usual, 1 = off")
                             ->check(CLI::Range(std::int64_t{1}, kWidestBeam))
                             ->capture_default_str();
    command
        .add_option("--length-penalty", beams.lengthPenalty,
                    "With --beams: a text's log probability is divided by its length to this power; above 0 favours long texts")
        ->capture_default_str()
        ->needs(width);
    command.add_flag("--early-stopping", beams.earlyStopping, "With --beams: stop as soon as N texts have ended")->needs(width);
    return width;
}

void readSamplers(const SamplerTexts& texts, SamplerSettings& samplers) {
    if (!texts.dry.empty()) readNumbers("--dry", texts.dry, {"dryMultiplier", "dryBase", "dryAllowed", "dryRange"}, samplers);
    if (!texts.xtc.empty()) readNumbers("--xtc", texts.xtc, {"xtcProbability", "xtcThreshold"}, samplers);
    if (!texts.mirostat.empty()) readNumbers("--mirostat", texts.mirostat, {"mirostatTau", "mirostatEta"}, samplers);
    if (texts.order.empty()) return;
    const auto order = orderFrom(texts.order);
    if (!order) throw Error{"--samplers names something twice or unknown: " + texts.order, {}, "There are " + orderText(kSamplerOrder)};
    samplers.order = *order;
}

nlohmann::ordered_json samplersJson(const SamplerSettings& samplers) {
    nlohmann::ordered_json chain = nlohmann::ordered_json::array();
    for (const SamplerStage stage : samplers.order) {
        if (!isOn(samplers, stage)) continue;
        nlohmann::ordered_json one{{"stage", name(stage)}};
        for (const SamplerParameter& p : samplerParameters()) {
            if (p.stage != stage) continue;
            if (p.whole)
                one[withUnderscores(p.key)] = samplers.*p.count;
            else
                one[withUnderscores(p.key)] = samplers.*p.real;
        }
        if (stage == SamplerStage::Dry) one["dry_breakers"] = samplers.dryBreakers;
        chain.push_back(std::move(one));
    }
    return chain;
}

}  // namespace loom::cli
