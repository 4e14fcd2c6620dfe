// SPDX-License-Identifier: GPL-3.0-or-later
// latentloom-cli: everything that the engine can do, without a window.
#include <algorithm>
#include <csignal>
#include <iostream>
#include <stop_token>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "core/data/utf8.h"

namespace {

std::stop_source g_stop;  // the only thing a signal handler may touch; requesting a stop without callbacks is one atomic operation

void onInterrupt(int) {
    if (!g_stop.request_stop()) std::_Exit(loom::cli::kCancelled);  // a second Ctrl-C ends at once
}

constexpr const char* kIntro =
    "LatentLoom on the command line: write stories with a small language model and see what its attention keeps in memory.\n"
    "\n"
    "MODEL is a Hugging Face folder (config.json, *.safetensors, tokenizer.json) of the Llama, DeepSeek-V2, DeepSeek-V3, GPT-2,\n"
    "GPT-Neo or GPT-NeoX family, a llama2.c .bin file or nanoGPT's ckpt.pt, with its tokenizer beside it, or a GGUF file (llama,\n"
    "deepseek2; F32, F16, BF16, Q8_0).";
constexpr const char* kExamples =
    "Examples:\n"
    "  latentloom-cli generate stories260K.bin --prompt \"Once upon a time\" --max-tokens 100 --temperature 0.8 --seed 1\n"
    "  latentloom-cli inspect my-model/ --json\n"
    "  latentloom-cli memory --preset deepseek-v3 --context 32768 --dtype bf16\n"
    "  latentloom-cli tokenize my-model/ --text \"Once upon a time\"\n"
    "  latentloom-cli tokenizer train --data stories.txt --vocab 4096 --out my-tokenizer/\n"
    "  latentloom-cli stories maker --show 2\n"
    "  latentloom-cli train --data stories.txt --config small.json --out my-model/\n"
    "  latentloom-cli runs export my-model/ other-model/ --html report.html\n"
    "  latentloom-cli convert ckpt.pt --out my-model/\n"
    "  latentloom-cli logits my-model/ --tokens 1,2,3 --out logits.safetensors\n"
    "\n"
    "Exit codes: 0 done, 1 error, 2 wrong usage, 130 cancelled.";

/// What was typed after the program's name, last first as the parser wants it. "--name=" becomes "--name" and an empty text: the parser
/// would take the argument that follows instead.
std::vector<std::string> arguments(int argc, char** argv) {
    std::vector<std::string> words;
    for (int i = 1; i < argc; ++i) {
        std::string word = argv[i];
        const bool emptyText = word.size() > 3 && word.starts_with("--") && word.find('=') == word.size() - 1;
        if (emptyText) word.pop_back();
        words.push_back(std::move(word));
        if (emptyText) words.emplace_back();
    }
    std::reverse(words.begin(), words.end());
    return words;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace loom::cli;
    std::signal(SIGINT, onInterrupt);
    std::signal(SIGTERM, onInterrupt);

    Context context;
    context.stop = g_stop.get_token();
    CLI::App program(kIntro, "latentloom-cli");
    program.footer(kExamples);
    program.require_subcommand(1);
    program.set_version_flag("--version", std::string("LatentLoom " LATENTLOOM_VERSION));
    const std::vector<Registration> commands{
        addGenerate(program, context),       addLogits(program, context),  addInspect(program, context), addTokenize(program, context),
        addTokenizerTrain(program, context), addEval(program, context),    addTrain(program, context),   addStories(program, context),
        addPaths(program, context),          addMemory(program, context),  addCompare(program, context), addLook(program, context),
        addScore(program, context),          addConvert(program, context), addBench(program, context),   addRuns(program, context)};
    try {
        program.parse(arguments(argc, argv));
    } catch (const CLI::ParseError& error) {
        const int code = program.exit(error, std::cout, std::cerr);
        return code == 0 ? kOk : kUsage;
    }
    for (const Registration& command : commands) {
        if (!command.app->parsed()) continue;
        const auto code = loom::guarded([&] { return command.body(context); });
        if (code) return *code;
        if (context.stop.stop_requested()) return kCancelled;
        std::string message = loom::repairedUtf8(code.error().message());
        std::replace_if(
            message.begin(), message.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; },
            ' ');  // one line, whatever a file is called
        std::cerr << "error: " << message << '\n';
        return kFailed;
    }
    return kUsage;
}
