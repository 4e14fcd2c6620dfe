#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Trains the demo pair, both twins side by side on one thread each, and puts the finished checkpoints into models/.
# Can be stopped at any time and started again: it goes on where the runs stopped.
#
#   models/train/train_pair.sh STORIES-FOLDER [RUNS-FOLDER]
#
# STORIES-FOLDER holds train.txt and valid.txt, stories separated by <|endoftext|>. RUNS-FOLDER (default: in the cache folder) keeps the
# runs and their logs. LATENTLOOM_CLI names another program than ./run --cli. Takes about an hour and a half on two idle cores.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
tokenizer
pair demo-mha demo-mla
for twin in demo-mha demo-mla; do
    mkdir -p "$here/models/$twin"
    for file in config.json generation_config.json latentloom.json model.safetensors tokenizer.json tokenizer_config.json training.json; do
        cp "$runs/$twin/$file" "$here/models/$twin/$file"
    done
done
echo "The pair is in models/demo-mha and models/demo-mla."
