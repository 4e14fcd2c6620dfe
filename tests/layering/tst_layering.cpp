// SPDX-License-Identifier: GPL-3.0-or-later
// Layering: which folder may include what (ARCHITECTURE.md, "Targets and what each may see"), and what the built files link.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

struct Rule {
    std::string folder;              ///< the longest matching folder counts
    std::vector<std::string> never;  ///< regular expressions on the included path
};

const std::string kTorch = "^(torch/|ATen/|c10/|caffe2/)";
const std::string kQt = "^Q[A-Z]";
const std::string kWidgets =
    "^Q(Widget|Application|MainWindow|Dialog|MessageBox|PushButton|Label|Style|Layout|[A-Z][a-z]+Layout|.*View$|.*Widget$)";
const std::string kImgui = "imgui";
const std::string kPlot = "qcustomplot";
const std::string kNetwork = "^(curl|openssl)/|^Qt?Network|sys/socket";
const std::string kEngine = "^core/engine/";
const std::string kLab = "^core/lab/";
const std::string kGui = "^(widgets|app)/";

const std::vector<Rule>& rules() {
    static const std::vector<Rule> all{
        {"core/data", {kTorch, kQt, kImgui, kPlot, kNetwork, kEngine, kLab, kGui, "^nlohmann", "^pcre2"}},
        {"core/engine", {kTorch, kQt, kImgui, kPlot, kNetwork, kLab, kGui}},
        {"core/engine/download", {kTorch, kQt, kImgui, kPlot, kLab, kGui}},
        {"core/lab", {kNetwork, kQt, kImgui, kPlot, kGui, "^torch/torch.h"}},
        {"app/cli", {kNetwork, kTorch, kQt, kImgui, kPlot, kLab, "^widgets/"}},
        {"app/session", {kNetwork, kTorch, kWidgets, kImgui, kPlot, kLab, "^widgets/"}},
        {"app", {kNetwork, kTorch, kImgui, kPlot, kEngine, kLab}},
        {"widgets/itemmodels", {kNetwork, kTorch, kWidgets, kImgui, kPlot, kEngine, kLab, "^app/"}},
        {"widgets/plot", {kNetwork, kTorch, kImgui, kEngine, kLab, "^app/"}},
        {"widgets/overlay", {kNetwork, kTorch, kPlot, kEngine, kLab, "^app/"}},
        {"widgets", {kNetwork, kTorch, kImgui, kPlot, kEngine, kLab, "^app/"}},
    };
    return all;
}

const Rule* ruleFor(const std::string& file) {
    const Rule* best = nullptr;
    for (const Rule& rule : rules()) {
        const bool inside = file.starts_with(rule.folder + "/");
        if (inside && (best == nullptr || rule.folder.size() > best->folder.size())) best = &rule;
    }
    return best;
}

std::vector<std::string> sources() {
    std::vector<std::string> files;
    const fs::path root = LOOM_SOURCE_DIR;
    for (const char* folder : {"core", "widgets", "app"}) {
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            const std::string extension = entry.path().extension().string();
            if (extension == ".h" || extension == ".cpp" || extension == ".cu") files.push_back(fs::relative(entry.path(), root).string());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<std::string> lines(const std::string& file) {
    std::ifstream stream(fs::path(LOOM_SOURCE_DIR) / file);
    std::vector<std::string> all;
    for (std::string line; std::getline(stream, line);) all.push_back(line);
    return all;
}

/// "FILE includes X, which FOLDER must not see" for every broken rule.
std::vector<std::string> violations(const std::string& file, const std::vector<std::string>& text) {
    static const std::regex include(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
    std::vector<std::string> found;
    const Rule* rule = ruleFor(file);
    if (rule == nullptr) return {file + " lies in no folder that has a rule"};
    for (const std::string& line : text) {
        std::smatch match;
        if (!std::regex_search(line, match, include)) continue;
        const std::string included = match[1];
        for (const std::string& never : rule->never) {
            if (std::regex_search(included, std::regex(never)))
                found.push_back(file + " includes " + included + ", which " + rule->folder + " must not see");
        }
    }
    return found;
}

std::string output(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::string text;
    std::array<char, 4096> part{};
    while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe.get())) text.append(part.data(), count);
    return text;
}

std::string needed(const std::string& file) {
    // Only these lines: an address among the others may hold any letters, "c10" too.
    const std::string text = output("readelf -d '" LOOM_BINARY_DIR "/" + file + "' | grep NEEDED");
    EXPECT_NE(text.find("NEEDED"), std::string::npos) << file << " could not be read";
    return text;
}

}  // namespace

TEST(Layering, NoFolderSeesWhatItMustNot) {
    const auto files = sources();
    ASSERT_GT(files.size(), 20U);
    for (const std::string& file : files) {
        for (const std::string& violation : violations(file, lines(file))) ADD_FAILURE() << violation;
    }
}

TEST(Layering, TheCheckFindsABrokenRule) {
    EXPECT_EQ(violations("widgets/cache/x.cpp", {"#include \"core/engine/api/engine.h\""}).size(), 1U);
    EXPECT_EQ(violations("core/engine/x.cpp", {"#include <ATen/ops/mm.h>"}).size(), 1U);
    EXPECT_EQ(violations("core/data/x.h", {"#include <QString>"}).size(), 1U);
    EXPECT_EQ(violations("widgets/itemmodels/x.cpp", {"#include <QTreeView>"}).size(), 1U);
    EXPECT_EQ(violations("widgets/plot/x.cpp", {"#include <qcustomplot.h>"}).size(), 0U);
    EXPECT_EQ(violations("core/engine/stories/x.cpp", {"#include <curl/curl.h>"}).size(), 1U);
    EXPECT_EQ(violations("core/engine/download/x.cpp", {"#include <curl/curl.h>"}).size(), 0U);
    EXPECT_EQ(violations("widgets/train/x.cpp", {"#include <QNetworkAccessManager>"}).size(), 1U);
    EXPECT_EQ(violations("elsewhere/x.cpp", {}).size(), 1U);
}

TEST(Layering, EveryFileSaysItsLicenceAndStaysShort) {
    for (const std::string& file : sources()) {
        const auto text = lines(file);
        ASSERT_FALSE(text.empty()) << file;
        EXPECT_EQ(text.front(), "// SPDX-License-Identifier: GPL-3.0-or-later") << file;
        EXPECT_LE(text.size(), file.ends_with(".h") ? 250U : 500U) << file << " has outgrown its name";
    }
}

TEST(Layering, NothingBuiltLinksWhatItMustNot) {
    for (const char* file : {"libloom_data.so", "libloom_engine.so", "latentloom-cli"}) {
        const std::string libraries = needed(file);
        EXPECT_EQ(libraries.find("torch"), std::string::npos) << file;
        EXPECT_EQ(libraries.find("c10"), std::string::npos) << file;
        EXPECT_EQ(libraries.find("Qt6"), std::string::npos) << file;
        EXPECT_EQ(libraries.find("curl"), std::string::npos) << file << " must run without a network library";
    }
    EXPECT_EQ(needed("libloom_engine.so").find("sentencepiece"), std::string::npos) << "two versions of Protocol Buffers must not meet";
    const std::string lab = needed("libloom_lab.so");
    EXPECT_NE(lab.find("torch"), std::string::npos);
    EXPECT_EQ(lab.find("Qt6"), std::string::npos);
    if (fs::exists(LOOM_BINARY_DIR "/latentloom")) {
        const std::string window = needed("latentloom");
        EXPECT_EQ(window.find("torch"), std::string::npos);
        EXPECT_EQ(window.find("curl"), std::string::npos);
        EXPECT_EQ(window.find("Network"), std::string::npos);
    }
}
