#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Trains the demo pair, both twins side by side on one thread each, and puts the finished checkpoints into models/.
# Can be stopped at any time and started again: it goes on where the runs stopped.
#
#   models/train/train_pair.sh STORIES-FOLDER [RUNS-FOLDER]
#
# STORIES-FOLDER holds train.txt and valid.txt, stories separated by <|endoftext|>. RUNS-FOLDER (default: in the cache folder) keeps the
# runs. LATENTLOOM_CLI names another program than ./run --cli. Takes about three hours on two cores.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
stories=${1:?usage: models/train/train_pair.sh STORIES-FOLDER [RUNS-FOLDER]}
runs=${2:-${LATENTLOOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/latentloom}/runs}
cli() { if [ -n "${LATENTLOOM_CLI:-}" ]; then "$LATENTLOOM_CLI" "$@"; else "$here/run" --cli "$@"; fi; }

mkdir -p "$runs"
[ -f "$runs/tokenizer/tokenizer.json" ] || cli tokenizer train --data "$stories/train.txt" --vocab 4096 --out "$runs/tokenizer"
one() {
    if [ -f "$runs/$1/run.json" ]; then
        cli train --resume "$runs/$1" --data "$stories/train.txt" --valid "$stories/valid.txt" --threads 1
    else
        cli train --config "$here/models/train/$1.json" --data "$stories/train.txt" --valid "$stories/valid.txt" \
            --tokenizer "$runs/tokenizer" --out "$runs/$1" --threads 1
    fi
}
one demo-mha 2>"$runs/demo-mha.log" & first=$!
one demo-mla 2>"$runs/demo-mla.log" & second=$!
trap 'kill -INT $first $second 2>/dev/null; wait' INT TERM
wait $first && wait $second

for twin in demo-mha demo-mla; do
    mkdir -p "$here/models/$twin"
    for file in config.json generation_config.json latentloom.json model.safetensors tokenizer.json tokenizer_config.json training.json; do
        cp "$runs/$twin/$file" "$here/models/$twin/$file"
    done
done
echo "The pair is in models/demo-mha and models/demo-mla."
