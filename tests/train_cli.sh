#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# eve-train as a user runs it, on the words of the licence: a vocabulary, a model from random weights, resuming after a kill, a score;
# and, where it was built with MPI, two processes against one with twice the batch.
#   train_cli.sh EVE_TRAIN SOURCE_DIR [MPIRUN]
set -euo pipefail
train=$1 source=$2 mpirun=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() { echo "FAILED: $*" >&2; exit 1; }

tr -d '"\\\t' <"$source/LICENSE" | grep -E '.{20}' | awk '{ printf "{\"prompt\": \"%s\", \"answer\": \"%s\"}\n", substr($0, 1, 16), substr($0, 17) }' >rows.jsonl
echo '{"n_layer": 2, "n_embd": 32, "n_head": 2, "head_dim": 16, "block_size": 128, "num_experts": 4, "top_k": 2, "expert_intermediate_size": 32,
  "shared_expert_intermediate_size": 32, "head": "lm"}' >shape.json
"$train" vocab --size 400 -o words.spm "$source/LICENSE"
fit() { "$@" --quiet --new shape.json --vocab words.spm --task base --data rows.jsonl --epochs 6 --optimizer adamw --lr 1e-3 --math f32 --threads 1 --seed 3; }

fit "$train" fit --batch 16 -o straight.gguf --log straight.log
losses() { sed -n 's/.*"loss":\([0-9.]*\).*"aux".*/\1/p' "$1"; }
first=$(losses straight.log | head -1) last=$(losses straight.log | tail -1)
awk "BEGIN { exit !($last < $first - 0.3) }" || fail "the loss did not fall: $first to $last"
"$train" eval --model straight.gguf --data rows.jsonl | grep -q '"loss":' || fail "eval prints no loss"

# exec: what is killed is the program, not the shell that waits for it.
fit exec "$train" fit --batch 16 -o resumed.gguf --log resumed.log --checkpoint-seconds 0 --resume &
sleep 0.4
kill -9 $! 2>/dev/null || true
wait $! 2>/dev/null || true
fit "$train" fit --batch 16 -o resumed.gguf --log resumed.log --checkpoint-seconds 0 --resume
[ "$(losses resumed.log | sort -u)" = "$(losses straight.log | sort -u)" ] || fail "a resumed run has another curve"
cmp straight.gguf resumed.gguf || fail "a resumed run ends with other weights"

echo '{"sources": [{"name": "licence", "files": ["LICENSE.txt"]}, {"name": "rows", "files": ["rows.jsonl"], "passes": 0.5}]}' >plan.json
cp "$source/LICENSE" LICENSE.txt
"$train" prepare plan.json --quiet --vocab words.spm --seed 5 -o words.tokens >summary
[ "$(grep -c '"mixed_tokens":[1-9]' summary)" = 3 ] || fail "prepare prints $(cat summary)"
corpus() { "$train" fit --quiet --new shape.json --vocab words.spm --task base --corpus words.tokens --dev words.tokens --length 32 --batch-tokens 512 --steps 12 \
  --optimizer adamw --lr 1e-2 --math f32 --threads 1 --seed 3 "$@"; }
corpus -o whole.gguf --log whole.log
corpus -o parts.gguf --log parts.log --minutes 0.0001
[ "$(losses parts.log | wc -l)" = 1 ] || fail "a run did not stop at its time"
corpus -o parts.gguf --log parts.log --resume
[ "$(losses parts.log)" = "$(losses whole.log)" ] && cmp whole.gguf parts.gguf || fail "a run in two stretches is another run"
grep -q '"dev":{"licence":{.*"bits_per_byte":.*"experts":\[\[' whole.log || fail "no score of the token file in the log"
"$train" eval --model whole.gguf --data words.tokens --length 32 | grep -q '"corpus":{"licence"' || fail "eval does not score a token file"
corpus -o annealed.gguf --log annealed.log --anneal words.tokens --anneal-steps 3
[ "$(losses annealed.log | head -9)" = "$(losses whole.log | head -9)" ] || fail "the steps before the last corpus are other ones"
[ "$(losses annealed.log)" != "$(losses whole.log)" ] || fail "the last corpus was not used"

# A tagger and a classifier on the trunk of a base, with weights of their own for the head.
printf '{"text": "call %s now", "spans": [{"start": 5, "end": 8, "label": "PERSON"}], "label": "%s"}\n' Ann a Bob b Eve a Joe b >heads.jsonl
for head in tag label; do
  "$train" fit --quiet --base whole.gguf --head $head --task pii --data heads.jsonl --epochs 30 --batch 4 --lr 1e-2 --math f32 --threads 1 -o $head.gguf --log $head.log
  first=$(losses $head.log | head -1) last=$(losses $head.log | tail -1)
  awk "BEGIN { exit !($last < $first / 2) }" || fail "a $head head on a base does not learn: $first to $last"
done
printf '{"text": " a b ", "spans": [{"start": %s, "label": "PERSON"}], "label": "a"}\n' '0, "end": 1' '2, "end": 3' '4, "end": 5' >blanks.jsonl
"$train" fit --base whole.gguf --head tag --task pii --data blanks.jsonl --epochs 1 --batch 4 --math f32 --threads 1 -o blanks.gguf 2>notes
grep -q ' 1 spans inside tokens' notes || fail "a span of a blank inside a token is not counted"
"$train" eval --model tag.gguf --data heads.jsonl | grep -q '"f1":1' || fail "a tagger on a base does not find what it was shown"

status=0
"$train" fit --quiet --new shape.json --vocab words.spm --task base --data /dev/null -o x.gguf 2>errors || status=$?
[ $status = 2 ] && grep -q 'no training examples' errors || fail "no data: status $status, $(cat errors)"
echo '{"prompt": "x"}' >bad.jsonl
"$train" fit --quiet --new shape.json --vocab words.spm --task base --data rows.jsonl --data bad.jsonl -o x.gguf 2>errors && fail "a bad row was taken"
grep -q 'bad.jsonl:1' errors || fail "the bad row is not named: $(cat errors)"
[ ! -e x.gguf ] || fail "a failed run left a model"

if [ -n "$mpirun" ]; then
  fit "$mpirun" --allow-run-as-root --oversubscribe -np 2 "$train" fit --batch 8 -o two.gguf --log two.log
  paste <(losses straight.log) <(losses two.log) | awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > 2e-4 * $1) { print "step " NR ": " $0; exit 1 } n++ } END { exit n < 5 }' ||
    fail "two processes with half the batch have another curve"
fi
echo "eve-train: all claims hold"
