// SPDX-License-Identifier: GPL-3.0-or-later
// nanoGPT: GPT-2's network with plain matrices, the exact gelu and, if it says so, no biases at all.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/data/error.h"
#include "core/engine/checkpoint/gpt2_names.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/tensor_names.h"
#include "core/engine/checkpoint/torch_file.h"

namespace loom {
namespace {

const PickleDict* dictIn(const PickleValue* value) {
    PickleDict* const* dict = value == nullptr ? nullptr : std::get_if<PickleDict*>(value);
    return dict == nullptr ? nullptr : *dict;
}

class Arguments {
public:
    Arguments(const PickleDict& dict, const std::string& where) : m_dict(dict), m_where(where) {}

    [[nodiscard]] std::int64_t integer(std::string_view key) const {
        const PickleValue* value = m_dict.find(key);
        const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
        if (number == nullptr) fail("model_args has no whole number " + inQuotes(key));
        return *number;
    }
    [[nodiscard]] bool truth(std::string_view key, bool absent) const {
        const PickleValue* value = m_dict.find(key);
        if (value == nullptr) return absent;
        const auto* is = std::get_if<bool>(value);
        if (is == nullptr) fail("model_args: " + inQuotes(key) + " is neither True nor False");
        return *is;
    }

private:
    [[noreturn]] void fail(const std::string& what) const { throw Error{what, m_where, "The file is damaged or no checkpoint of nanoGPT"}; }
    const PickleDict& m_dict;
    const std::string& m_where;
};

ModelConfig configOf(const Arguments& arguments, const std::string& where) {
    constexpr std::int64_t kGpt2End = 50256;  // <|endoftext|> of the vocabulary that nanoGPT pads to 50304
    ModelConfig config;
    config.family = Family::NanoGpt;
    config.modelType = name(Family::NanoGpt);
    config.dModel = arguments.integer("n_embd");
    config.layers = arguments.integer("n_layer");
    config.attention.heads = config.attention.kvHeads = arguments.integer("n_head");
    config.context = arguments.integer("block_size");
    config.vocab = arguments.integer("vocab_size");
    config.ffnWidth = 4 * std::clamp<std::int64_t>(config.dModel, 1, 1 << 20);
    config.positions = Positions::Learned;
    config.norm = NormKind::Layer;
    config.mlp = MlpKind::Gelu;
    config.mlpBias = config.normBias = config.attention.bias = arguments.truth("bias", true);
    const std::int64_t heads = config.attention.heads;
    if (heads > 0 && config.dModel % heads != 0) {
        throw Error{"n_embd (" + std::to_string(config.dModel) + ") is no multiple of n_head (" + std::to_string(heads) + ")", where,
                    "The file is damaged; get it again"};
    }
    config.attention.headDim = heads > 0 ? config.dModel / heads : 0;  // else checkConfig names the key
    checkConfig(config, where);
    if (config.vocab > kGpt2End) config.eosTokens = {TokenId{kGpt2End}};
    return config;
}

}  // namespace

Checkpoint readNanoGpt(std::shared_ptr<const MappedFile> file) {
    const TorchFile torch = readTorchFile(std::move(file));
    const std::string where = pathText(torch.file->path());
    const PickleDict* root = dictIn(&torch.document.root);
    const PickleDict* model = root == nullptr ? nullptr : dictIn(root->find("model"));
    const PickleDict* arguments = root == nullptr ? nullptr : dictIn(root->find("model_args"));
    if (model == nullptr || arguments == nullptr) {
        throw Error{"This PyTorch file is no checkpoint of nanoGPT: it has no \"model\" and \"model_args\"", where,
                    "Weights of other programs open with their folder: choose the one that holds config.json"};
    }
    Checkpoint checkpoint;
    checkpoint.path = torch.file->path();
    checkpoint.config = configOf(Arguments(*arguments, where), where);
    FoundWeights found = torchWeights(torch, *model);
    renameTensors(found, {"transformer.", "h.", kGpt2Names, kGpt2LayerNames});
    splitProjections(found, checkpoint.config, QkvLayout::Rows);
    // Embedding and head are one parameter, which torch.save stores once under both names.
    const auto embedding = found.tensors.find("model.embed_tokens.weight");
    const auto head = found.tensors.find("lm_head.weight");
    checkpoint.config.tieEmbeddings = head == found.tensors.end() || (embedding != found.tensors.end() &&
                                                                      embedding->second.view.data.data() == head->second.view.data.data());
    takeWeights(checkpoint, std::move(found));
    return checkpoint;
}

}  // namespace loom
