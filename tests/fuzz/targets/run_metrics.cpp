// SPDX-License-Identifier: GPL-3.0-or-later
// metrics.jsonl, which a kill may cut anywhere.
#include "core/engine/train/run_folder.h"
#include "tests/fuzz/fuzz_target.h"

namespace loom::fuzz {

void run_metrics(std::string_view input) {
    file("run.json", R"({"format_version":1,"config":{},"data":"d","data_hash":"0"})");
    file("metrics.jsonl", input);
    refusable([&] {
        const RunFolder run = RunFolder::open(folder());
        const auto points = run.takeMetrics(1000);
        for (std::size_t i = 0; i < points.size(); ++i) {
            require(points[i].step >= 1 && points[i].step <= 1000);
            require(i == 0 || points[i - 1].step < points[i].step);
        }
        require(run.takeMetrics(1000).size() == points.size());  // what was kept is read again
    });
}

}  // namespace loom::fuzz
