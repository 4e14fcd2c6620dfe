// SPDX-License-Identifier: GPL-3.0-or-later
// TrainSetup: what a person asks for on the Train page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/device_kind.h"
#include "core/data/model_config.h"

namespace loom {

/// A network of one's own in the few numbers that tell it from another: RMSNorm, SwiGLU and rotary positions are the same for all.
struct OwnShape {
    Latent form = Latent::Joint;  ///< None: MHA; Joint: DeepSeek's; PerHead: a latent of keys and one of values for every head
    std::int64_t width = 192;     ///< D
    std::int64_t layers = 4;
    std::int64_t heads = 4;
    std::int64_t feedForward = 512;
    std::int64_t rank = 48;    ///< Joint: kv_lora_rank; PerHead: of each head's keys, and of its values; MHA: unused
    std::int64_t rotary = 24;  ///< Joint: qk_rope_head_dim; unused otherwise
    std::int64_t context = 256;
    std::int64_t vocab = 2048;
    bool operator==(const OwnShape&) const = default;
};
/// The network, of the family that expresses it.
[[nodiscard]] ModelConfig configOf(const OwnShape& shape);
/// Why there is no such network, as a sentence; empty = there is.
[[nodiscard]] std::string problemWith(const OwnShape& shape);

/// How a network of one's own is trained; everything else is as a configuration file without the key has it.
struct OwnTraining {
    std::int64_t batch = 8;
    std::int64_t steps = 600;
    double learningRate = 2e-3;
    std::string schedule = "cosine";  ///< or "linear", "constant"
    std::string precision = "f32";    ///< or "bf16", which is twice as fast where the processor has it and many times slower where not
    double dropout = 0.0;
    double average = 0.0;       ///< decay of a moving average of the weights; 0 = none is kept
    std::int64_t patience = 0;  ///< measurements without a lower validation loss after which it ends; 0 = never
    bool operator==(const OwnTraining&) const = default;
};

struct TrainSetup {
    std::string name;                  ///< of the run; empty = one is made up
    std::string stories;               ///< file or folder, UTF-8; empty = the story maker
    std::string separator = "auto";    ///< between the stories of a text file: a name() of Separator
    std::string field;                 ///< of JSON lines that holds the story; empty = it is found out
    std::int64_t made = 50'000;        ///< stories of the story maker
    double validShare = 0.02;          ///< of the stories that are held out, 0 … 0.5
    std::string tokenizer;             ///< file or folder; empty = one is learnt from the stories
    std::string preset = "2-minutes";  ///< empty = `shape` and `training`
    OwnShape shape;
    OwnTraining training;
    std::vector<std::string> twins;    ///< attention forms as core/data/attention_forms.h names them; empty = one network as it is
    std::string match = "parameters";  ///< what twins have in common: a name() of TwinMatch
    std::uint64_t seed = 1;
    DeviceKind device = DeviceKind::Cpu;
    bool operator==(const TrainSetup&) const = default;
};

/// A configuration that is known by name.
struct TrainChoice {
    std::string name, title, description;
    bool measured = false;  ///< its size depends on how fast this machine is
};

/// What the stories look like before a run, from their beginning.
struct DataLook {
    std::string format;        ///< "text, stories end with <|endoftext|>"
    std::int64_t files = 0;    ///< 0 = the story maker
    std::int64_t bytes = 0;    ///< of text; 0 = the story maker
    std::int64_t stories = 0;  ///< counted, or estimated where `exact` is false
    bool exact = true;
    std::vector<std::string> notes;  ///< what was left out and why, a sentence each
    std::string beginning;           ///< of the first story
};

}  // namespace loom
