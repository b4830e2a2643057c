#!/usr/bin/env bash
# Measures health checks of many backends: whether each is probed in time, the cost, and the events
# when some of them die and recover. One program serves all backends, at a loopback address each.
# Needs a JDK, and the image: mvn -pl distribution -am package
#
# usage: benchmarks/health.sh [backends] [of them dying] [seconds to measure] [health_check]
set -eu
backends=${1:-10000} dying=${2:-1000} seconds=${3:-60}
check=${4:-'{ tcp: {}, check_frequency: 10s }'}
here=$(cd "$(dirname "$0")" && pwd)
upstream=${UPSTREAM:-$here/../distribution/target/upstream/bin/upstream}
command -v "$upstream" >/dev/null || { echo "health.sh: not found: $upstream" >&2; exit 2; }

work=$(mktemp -d)
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

mkfifo "$work/orders" "$work/answers"
java -Xmx256m "$here/src/main/java/io/upstream4j/benchmarks/ProbedBackends.java" \
  <"$work/orders" >"$work/answers" &
pids+=($!)
exec 3>"$work/orders" 4<"$work/answers"
read -r -u 4 port mortal
order() {
  echo "$1" >&3
  read -r -u 4 answer
}

awk -v n="$backends" -v dying="$dying" -v port="$port" -v mortal="$mortal" -v check="$check" 'BEGIN {
  print "upstreams:\n  api:\n    health_check: " check "\n    addrs:"
  for (i = 0; i < n; i++)
    printf "      - \"127.%d.%d.%d:%d\"\n",
      1 + int(i / 62500), int(i / 250) % 250, i % 250 + 1, i < n - dying ? port : mortal
}' >"$work/upstreams.yaml"
"$upstream" serve --config "$work/upstreams.yaml" --listen 127.0.0.1:0 --admin 127.0.0.1:0 \
  >"$work/serve.log" 2>&1 &
pids+=($!)
serve=$!

cpu() { awk '{ print $14 + $15 }' "/proc/$serve/stat"; }
ticks=$(getconf CLK_TCK)
events() { grep -cE "$1" "$work/serve.log" || true; }
until_events() { # pattern, count, seconds: prints how long it took until there were that many
  local begun=$SECONDS
  while [ "$(events "$1")" -lt "$2" ]; do
    [ $((SECONDS - begun)) -lt "$3" ] || { echo "only $(events "$1") of $2: $1" >&2; break; }
    sleep 0.2
  done
  took=$((SECONDS - begun))
}
cost() { # what, ticks at the start, seconds
  awk -v used="$(($(cpu) - $2))" -v tick="$ticks" -v s="$3" -v what="$1" \
    'BEGIN { printf "%s: %.1f %% of a core\n", what, 100 * used / tick / s }'
}
memory() { awk -v what="$1" '/VmRSS/ { now = $2 } /VmHWM/ { most = $2 }
  END { printf "%s: RSS %d MiB, at most %d MiB\n", what, now / 1024, most / 1024 }' \
  "/proc/$serve/status"; }

sleep 25 # until probes are spread over the interval and the code is compiled
order reset
before=$(cpu)
sleep "$seconds"
cost "$backends backends" "$before" "$seconds"
order report
echo "$answer"
memory "$backends backends"
echo "events so far that are none of the beginning: $(events 'healthy|ejected|down')"

before=$(cpu) begun=$SECONDS
order close
until_events ' unhealthy: ' "$dying" 60
echo "$dying died: the last event came $took s later"
order open
until_events ' healthy$' "$dying" 60
echo "$dying recovered: the last event came $took s later"
sleep 15
cost "meanwhile" "$before" "$((SECONDS - begun))"
memory "at the end"
grep -E ' unhealthy: ' "$work/serve.log" >"$work/died" || true
grep -E ' healthy$' "$work/serve.log" >"$work/recovered" || true
for list in died recovered; do
  echo "$list: $(wc -l <"$work/$list") events, of $(awk '{ print $2 }' "$work/$list" | sort -u | grep -c ":$mortal$" || true)" \
    "backends that died, $(awk '{ print $2 }' "$work/$list" | grep -vc ":$mortal$" || true) of others"
done
