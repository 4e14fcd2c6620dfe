#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Trains the paper's forms (arXiv 2506.09342) in small: MHA, the latent per head at H·r = D/2 and D/4 with rotary positions, and at D/2
# with learned positions; the same batches and steps for all. Prints held-out loss and bytes kept per token of each.
#
#   models/train/train_paper.sh STORIES-FOLDER [RUNS-FOLDER]
#
# Folders and stopping as in train_pair.sh. Takes about half an hour on two idle cores.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
tokenizer
pair paper-mha paper-mla-rope-2
pair paper-mla-rope-4 paper-mla-learned-2
for run in paper-mha paper-mla-rope-2 paper-mla-rope-4 paper-mla-learned-2; do
    echo "== $run"
    cli eval "$runs/$run" --data "$stories/valid.txt"
    cli inspect "$runs/$run" | grep -E '^(parameters|cache)'
done
