// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/write/sampler_words.h"

#include <algorithm>

#include <QCoreApplication>

#include "widgets/common/number_format.h"

namespace loom::ui {

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(Samplers)
};

}  // namespace

QString stageName(SamplerStage stage) {
    switch (stage) {
        case SamplerStage::Repetition: return Words::tr("Repetition");
        case SamplerStage::Dry: return Words::tr("DRY");
        case SamplerStage::Temperature: return Words::tr("Temperature");
        case SamplerStage::TopNSigma: return Words::tr("Top-nσ");
        case SamplerStage::TopK: return Words::tr("Top-k");
        case SamplerStage::Typical: return Words::tr("Typical");
        case SamplerStage::TopP: return Words::tr("Top-p");
        case SamplerStage::MinP: return Words::tr("Min-p");
        case SamplerStage::Xtc: return Words::tr("XTC");
        case SamplerStage::Mirostat: return Words::tr("Mirostat");
    }
    return {};
}

QString stageHelp(SamplerStage stage) {
    switch (stage) {
        case SamplerStage::Repetition:
            return Words::tr("Makes words that were used already less likely, each once. 1 changes nothing; 1.1 is gentle.");
        case SamplerStage::Dry:
            return Words::tr("Makes words less likely that would prolong a repeat, the more the longer it is. 0.8 is usual.");
        case SamplerStage::Temperature:
            return Words::tr(
                "How daring the choice is. 0 always takes the likeliest word, 1 follows the network's own odds, more is wilder.");
        case SamplerStage::TopNSigma:
            return Words::tr("Keeps words whose logit is within n standard deviations of the best. Heat does not let more through.");
        case SamplerStage::TopK: return Words::tr("Choose among the k likeliest words only. Off looks at all of them.");
        case SamplerStage::Typical:
            return Words::tr("Keeps words about as surprising as is usual at this place, up to this probability. The likeliest may go.");
        case SamplerStage::TopP:
            return Words::tr("Choose among the fewest words that together have this probability. 1 keeps all of them.");
        case SamplerStage::MinP: return Words::tr("Drops words that are less likely than this share of the likeliest one. Off drops none.");
        case SamplerStage::Xtc:
            return Words::tr("Now and then drops the likeliest words, so that a likely one nobody expects is taken. This is how often.");
        case SamplerStage::Mirostat:
            return Words::tr("Holds the surprise of the text near this many bits a word. It learns from every word; best without Top-p.");
    }
    return {};
}

ParameterWords parameterWords(const SamplerParameter& parameter) {
    if (parameter.key == "dryBase") return {Words::tr("Grows by"), Words::tr("For each token that the repeat is longer")};
    if (parameter.key == "dryAllowed") return {Words::tr("Allowed"), Words::tr("Repeats of up to so many tokens cost nothing")};
    if (parameter.key == "dryRange") return {Words::tr("Looks back"), Words::tr("So many tokens; 0 looks at the whole story")};
    if (parameter.key == "xtcThreshold")
        return {Words::tr("Threshold"), Words::tr("Words at least so likely are dropped, all but the least likely of them")};
    if (parameter.key == "mirostatEta") return {Words::tr("Rate"), Words::tr("How fast the surprise is brought to its target")};
    return {stageName(parameter.stage), stageHelp(parameter.stage)};
}

QString presetName(const SamplerPreset& preset) {
    if (preset.name == "precise") return Words::tr("Precise");
    if (preset.name == "balanced") return Words::tr("Balanced");
    if (preset.name == "creative") return Words::tr("Creative");
    if (preset.name == "wild") return Words::tr("Wild");
    return Words::tr("Greedy");
}

ParameterRange parameterRange(const SamplerParameter& parameter) {
    const std::string_view key = parameter.key;
    if (key == "repetitionPenalty") return {1, 3, 2, 0.01, 2, true};
    if (key == "dryMultiplier") return {0, 10, 2, 0.05, 2, true};
    if (key == "dryBase") return {1, 4, 4, 0.05, 2, false};
    if (key == "dryAllowed") return {0, 99, 20, 1, 0, false};
    if (key == "dryRange") return {0, 99'999, 2000, 1, 0, false};
    if (key == "temperature") return {0, 5, 2, 0.01, 2, false};
    if (key == "topNSigma") return {0, 10, 4, 0.05, 2, true};
    if (key == "topK") return {0, 99'999, 200, 1, 0, true};
    if (key == "typicalP" || key == "topP") return {0.01, 1, 1, 0.01, 2, false};
    if (key == "xtcThreshold") return {0, 0.5, 0.5, 0.01, 2, false};
    if (key == "mirostatTau") return {0, 20, 10, 0.1, 1, true};
    if (key == "mirostatEta") return {0.01, 1, 1, 0.01, 2, false};
    return {0, 1, 1, 0.01, 2, true};  // min-p, XTC's probability
}

QString traceText(const StageTrace& trace) {
    if (trace.tokensAfter == trace.tokensBefore && trace.moved > 0) {
        //: a sampler gave this share of the probability to other words
        return Words::tr("moves %1").arg(formatPercent(static_cast<double>(trace.moved)));
    }
    //: how many words were still possible after a sampler, and how much of the probability they had
    return Words::tr("%1 left, %2").arg(formatCount(trace.tokensAfter), formatPercent(static_cast<double>(trace.kept)));
}

}  // namespace loom::ui
