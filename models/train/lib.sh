# SPDX-License-Identifier: GPL-3.0-or-later
# What the training scripts share. Sourced, not run.
#   stories, runs   folders of the data and of the runs
#   cli ARGS…       the command line program: $LATENTLOOM_CLI, or ./run --cli
#   one NAME        trains models/train/NAME.json as run NAME on one thread, or goes on with it
#   pair A B        two of them side by side; Ctrl-C stops both with a checkpoint
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
stories=${1:?"usage: $0 STORIES-FOLDER [RUNS-FOLDER]"}
runs=${2:-${LATENTLOOM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/latentloom}/runs}
mkdir -p "$runs"

cli() { if [ -n "${LATENTLOOM_CLI:-}" ]; then "$LATENTLOOM_CLI" "$@"; else "$here/run" --cli "$@"; fi; }
tokenizer() { [ -f "$runs/tokenizer/tokenizer.json" ] || cli tokenizer train --data "$stories/train.txt" --vocab 4096 --out "$runs/tokenizer"; }
one() {
    if [ -f "$runs/$1/run.json" ]; then
        cli train --resume "$runs/$1" --data "$stories/train.txt" --valid "$stories/valid.txt" --threads 1
    else
        cli train --config "$here/models/train/$1.json" --data "$stories/train.txt" --valid "$stories/valid.txt" --keep-duplicates \
            --tokenizer "$runs/tokenizer" --out "$runs/$1" --threads 1
    fi 2>>"$runs/$1.log"
}
pair() {
    one "$1" & local first=$!
    one "$2" & local second=$!
    trap 'pkill -TERM -P $first; pkill -TERM -P $second; wait; exit 130' INT TERM
    local bad=0
    wait $first || bad=1
    wait $second || bad=1
    trap - INT TERM
    return $bad
}
