#!/usr/bin/env bash
# The gateway beside nginx as a proxy: same machine, same two nginx backends, turn by turn.
# Needs nginx, wrk and curl, and the image: mvn -pl distribution -am package
#
# usage: benchmarks/proxy.sh [rounds] [seconds per run] [connections]
set -eu
PATH=$PATH:/usr/sbin:/sbin
rounds=${1:-3} seconds=${2:-8} connections=${3:-64}
here=$(cd "$(dirname "$0")" && pwd)
upstream=${UPSTREAM:-$here/../distribution/target/upstream/bin/upstream}
base=${BASE_PORT:-18080}
for tool in nginx wrk curl "$upstream"; do
  command -v "$tool" >/dev/null || { echo "proxy.sh: not found: $tool" >&2; exit 2; }
done

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

load() { # port, seconds: requests per second
  wrk -t2 -c"$connections" -d"$2s" "http://127.0.0.1:$((base + $1))/" >"$work/wrk"
  grep -E 'Non-2xx|Socket errors' "$work/wrk" >&2 || true
  awk '/Requests\/sec/ { print $2 }' "$work/wrk"
}

echo "warm-up"
load 4 10 >/dev/null; load 3 2 >/dev/null
printf '%-6s %12s %12s %8s\n' round nginx/s gateway/s ratio
sum=0
for round in $(seq 1 "$rounds"); do
  n=$(load 3 "$seconds")
  g=$(load 4 "$seconds")
  printf '%-6s %12.0f %12.0f %8.2f\n' "$round" "$n" "$g" "$(echo "$g $n" | awk '{print $1 / $2}')"
  sum=$(echo "$sum $g $n" | awk '{print $1 + $2 / $3}')
done
echo "mean ratio: $(echo "$sum $rounds" | awk '{printf "%.2f", $1 / $2}')"
curl -s "http://127.0.0.1:$((base + 5))/upstreams" | tr -d ' ",' | awk -F: '
  $1 == "opened" { opened += $2 } $1 == "reused" { reused += $2 }
  END { printf "connections opened %d, reused %d times (%.4f %%)\n", opened, reused, 100 * reused / (opened + reused) }'
awk '/VmRSS/ { printf "gateway RSS: %d MiB\n", $2 / 1024 }' "/proc/$gateway/status" 2>/dev/null || true
