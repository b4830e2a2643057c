#!/usr/bin/env bash
# Measures the cost of a pick with JMH: builds, measures, and writes the tables into
# benchmarks/README.md. The whole pick takes one minute, and the comparison of strategies with those of
# other libraries seven. Use an otherwise idle machine.
#
# usage: benchmarks/pick.sh [pick|strategies]      (both without)
set -euo pipefail
cd "$(dirname "$0")/.."

mvn -q -Pbenchmarks -pl benchmarks -am -Dmaven.test.skip=true package

what=${1:-pick strategies}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
jdk=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.runtime.version = //p')

for part in $what; do
  case $part in
    pick) report=PickReport ;;
    strategies) report=StrategyReport ;;
    *) echo "pick.sh: $part (expected: pick or strategies)" >&2; exit 2 ;;
  esac
  load=$(cut -d ' ' -f 1 /proc/loadavg 2>/dev/null || echo unknown)
  "$java" -cp "benchmarks/target/classes:benchmarks/target/lib/*" \
    "io.upstream4j.benchmarks.$report" >"$work/table"
  {
    echo
    echo "${cpu:-$(uname -m)}, $(nproc) CPUs, JDK $jdk, load before the run $load:"
    echo
    cat "$work/table"
    echo
  } >"$work/section"
  awk -v section="$work/section" -v part="$part" '
    $0 == "<!-- " part ": end -->" { inside = 0 }
    !inside { print }
    $0 == "<!-- " part ": begin -->" {
      inside = 1; while ((getline line < section) > 0) print line }
  ' benchmarks/README.md >"$work/readme"
  cp "$work/readme" benchmarks/README.md
  cat "$work/section"
done
