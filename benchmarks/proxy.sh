#!/usr/bin/env bash
# The gateway beside nginx as a proxy: same machine, same two nginx backends, turn by turn.
# Needs nginx, wrk and curl, and the image: mvn -pl distribution -am package
#
# usage: benchmarks/proxy.sh [rounds] [seconds per run] [connections]
set -eu
PATH=$PATH:/usr/sbin:/sbin
rounds=${1:-3} seconds=${2:-8} connections=${3:-64}
here=$(cd "$(dirname "$0")" && pwd)
# Besides requests per second it prints what a request costs each proxy in CPU time, which says more
# than throughput on a machine that is busy with other things too.
upstream=${UPSTREAM:-$here/../distribution/target/upstream/bin/upstream}
base=18080
for tool in nginx wrk curl "$upstream"; do
  command -v "$tool" >/dev/null || { echo "proxy.sh: not found: $tool" >&2; exit 2; }
done

taken() { # whether something listens on one of the five ports after $1
  for i in 1 2 3 4 5; do
    (exec 3<>"/dev/tcp/127.0.0.1/$(($1 + i))") 2>/dev/null && return 0
  done
  return 1
}
while taken "$base"; do base=$((base + 10)); done

work=$(mktemp -d)
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

# A small page, as many answers of a service are.
nginx_conf() { # name, worker processes, body of http
  mkdir -p "$work/$1"
  cat >"$work/$1.conf" <<CONF
daemon off; worker_processes $2; pid $work/$1.pid; error_log $work/$1.log crit;
worker_rlimit_nofile 65536;
events { worker_connections 16384; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s;
  client_body_temp_path $work/$1; proxy_temp_path $work/$1; fastcgi_temp_path $work/$1;
  uwsgi_temp_path $work/$1; scgi_temp_path $work/$1;
  $3
}
CONF
  nginx -p "$work" -e "$work/$1.log" -c "$work/$1.conf" &
  pids+=($!)
}
page=$(printf 'x%.0s' $(seq 1 1024))
for i in 1 2; do
  nginx_conf "backend$i" 1 "server { listen 127.0.0.1:$((base + i)) backlog=4096 reuseport;
    location / { default_type text/plain; return 200 \"$page\"; } }"
done
nginx_conf proxy 2 "upstream api { server 127.0.0.1:$((base + 1)); server 127.0.0.1:$((base + 2));
    keepalive 256; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:$((base + 3)) backlog=4096 reuseport;
    location / { proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection \"\";
      proxy_set_header Host \$http_host;
      proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto \$scheme;
      proxy_set_header X-Forwarded-Host \$http_host; } }"

proxy=${pids[-1]}

cat >"$work/upstreams.yaml" <<YAML
upstreams:
  api:
    addrs: ["127.0.0.1:$((base + 1))", "127.0.0.1:$((base + 2))"]
YAML
"$upstream" serve --config "$work/upstreams.yaml" --listen "127.0.0.1:$((base + 4))" \
  --admin "127.0.0.1:$((base + 5))" >"$work/gateway.log" 2>&1 &
pids+=($!)
gateway=$!

for port in 1 2 3 4; do
  curl -s -o /dev/null --retry 100 --retry-delay 0 --retry-all-errors --max-time 20 \
    "http://127.0.0.1:$((base + port))/" || { cat "$work"/*.log >&2; exit 1; }
done

cpu() { # pid: ticks that it and its children used
  for pid in "$1" $(pgrep -P "$1" || true); do cat "/proc/$pid/stat"; done |
    awk '{ used += $14 + $15 } END { print used }'
}
load() { # port, seconds, pid: requests per second, and microseconds of CPU for each
  before=$(cpu "$3")
  wrk -t2 -c"$connections" -d"$2s" "http://127.0.0.1:$((base + $1))/" >"$work/wrk"
  grep -E 'Non-2xx|Socket errors' "$work/wrk" >&2 || true
  awk -v used="$(($(cpu "$3") - before))" -v tick="$(getconf CLK_TCK)" '
    /requests in/ { n = $1 } /Requests\/sec/ { rate = $2 }
    END { printf "%.0f %.1f\n", rate, used * 1000000 / tick / n }' "$work/wrk"
}

echo "warm-up"
load 4 10 "$gateway" >/dev/null
load 3 2 "$proxy" >/dev/null
row='%-6s %10s %10s %7s   %10s %10s %7s\n'
# shellcheck disable=SC2059
printf "$row" round nginx/s gateway/s ratio 'nginx us' 'gateway us' ratio
for round in $(seq 1 "$rounds"); do
  nginx_load=$(load 3 "$seconds" "$proxy")
  gateway_load=$(load 4 "$seconds" "$gateway")
  echo "$round $nginx_load $gateway_load" >>"$work/rounds"
  tail -n 1 "$work/rounds" | awk -v row="$row" '{
    printf row, $1, $2, $4, sprintf("%.2f", $4 / $2), $3, $5, sprintf("%.2f", $3 / $5) }'
done
awk '{ rate += $4 / $2; cost += $3 / $5 } END {
  printf "mean ratio of throughput %.2f, of requests per CPU second %.2f\n", rate / NR, cost / NR
}' "$work/rounds"
curl -s "http://127.0.0.1:$((base + 5))/upstreams" | tr -d ' ",' | awk -F: '
  $1 == "opened" { opened += $2 } $1 == "reused" { reused += $2 }
  END { printf "connections opened %d, reused %d times (%.4f %%)\n", opened, reused, 100 * reused / (opened + reused) }'
awk '/VmRSS/ { printf "gateway RSS: %d MiB\n", $2 / 1024 }' "/proc/$gateway/status" 2>/dev/null || true
