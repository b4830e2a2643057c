#!/usr/bin/env bash
# What a pick costs, with JMH: builds, measures for about a minute and writes the table into
# benchmarks/README.md. Meant for an otherwise idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."

mvn -q -Pbenchmarks -pl benchmarks -am -Dmaven.test.skip=true package

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$java" -cp "benchmarks/target/classes:benchmarks/target/lib/*" \
  io.upstream4j.benchmarks.PickReport >"$work/table"

cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
jdk=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.runtime.version = //p')
{
  echo
  echo "${cpu:-$(uname -m)}, $(nproc) CPUs, JDK $jdk:"
  echo
  cat "$work/table"
  echo
} >"$work/section"

awk -v section="$work/section" '
  /<!-- pick: end -->/ { inside = 0 }
  !inside { print }
  /<!-- pick: begin -->/ { inside = 1; while ((getline line < section) > 0) print line }
' benchmarks/README.md >"$work/readme"
cp "$work/readme" benchmarks/README.md
cat "$work/section"
