#!/usr/bin/env bash
# Compares the gateway with another proxy on the same machine with the same two nginx backends.
# Needs nginx, wrk, curl and openssl, for h2 also h2load and haproxy, and the image:
# mvn -pl distribution -am package
#
# usage: benchmarks/proxy.sh [h1|tls|h2] [rounds] [seconds per run] [connections]
#
# SERVE_OPTIONS: additional options of the gateway, such as --transport io_uring.
#
#   h1   clear text on both sides; compares with nginx
#   tls  HTTP/1.1 over TLS from clients, clear text to the backends; compares with nginx
#   h2   HTTP/2 over TLS on both sides, 10 streams per connection; compares with HAProxy, because nginx
#        does not support HTTP/2 to backends
set -eu
PATH=$PATH:/usr/sbin:/sbin
mode=${1:-h1} rounds=${2:-3} seconds=${3:-8} connections=${4:-64}
here=$(cd "$(dirname "$0")" && pwd)
# Prints requests per second and the CPU time per request of each proxy, which is more meaningful than
# the throughput on a machine with other load.
upstream=${UPSTREAM:-$here/../distribution/target/upstream/bin/upstream}
tools=(nginx wrk curl openssl "$upstream")
case $mode in
  h1 | tls) peer=nginx ;;
  h2) peer=haproxy tools+=(h2load haproxy) ;;
  *) sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2 ;;
esac
base=18080
for tool in "${tools[@]}"; do
  command -v "$tool" >/dev/null || { echo "proxy.sh: not found: $tool" >&2; exit 2; }
done

taken() { # succeeds when one of the six ports after $1 is in use
  for i in 1 2 3 4 5 6; do
    (exec 3<>"/dev/tcp/127.0.0.1/$(($1 + i))") 2>/dev/null && return 0
  done
  return 1
}
while taken "$base"; do base=$((base + 10)); done
# 1 and 2: the backends; 3: the other proxy; 4: the gateway; 5: its admin address; 6: its clear-text
# address if 4 uses TLS.

work=$(mktemp -d)
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
  -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
cat "$work/cert.pem" "$work/key.pem" >"$work/both.pem"
certificate="ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem;"

# A small page, like many responses of services.
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
ssl='' over='' scheme=http to_backends=''
if [ "$mode" = h2 ]; then
  ssl='ssl http2' over=$certificate
  to_backends='
    sni: localhost
    alpn: H2
    tls: { ca: '$work/cert.pem' }'
fi
for i in 1 2; do
  nginx_conf "backend$i" 1 "server { listen 127.0.0.1:$((base + i)) $ssl backlog=4096 reuseport; $over
    location / { default_type text/plain; return 200 \"$page\"; } }"
done
[ "$mode" = h1 ] || scheme=https
if [ "$peer" = nginx ]; then
  [ "$mode" = h1 ] || ssl=ssl over=$certificate
  nginx_conf proxy 2 "upstream api { server 127.0.0.1:$((base + 1)); server 127.0.0.1:$((base + 2));
    keepalive 256; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:$((base + 3)) $ssl backlog=4096 reuseport; $over
    location / { proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection \"\";
      proxy_set_header Host \$http_host;
      proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto \$scheme;
      proxy_set_header X-Forwarded-Host \$http_host; } }"
else
  cat >"$work/haproxy.cfg" <<CONF
global
  nbthread 2
  maxconn 4096
defaults
  mode http
  option forwardfor
  timeout connect 5s
  timeout client 300s
  timeout server 300s
frontend front
  bind 127.0.0.1:$((base + 3)) ssl crt $work/both.pem alpn h2
  http-request set-header X-Forwarded-Proto https
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  default_backend back
backend back
  http-reuse always
  server one 127.0.0.1:$((base + 1)) ssl ca-file $work/cert.pem sni str(localhost) alpn h2
  server two 127.0.0.1:$((base + 2)) ssl ca-file $work/cert.pem sni str(localhost) alpn h2
CONF
  haproxy -q -db -f "$work/haproxy.cfg" &
  pids+=($!)
fi
proxy=${pids[-1]}

cat >"$work/upstreams.yaml" <<YAML
upstreams:
  api:
    addrs: ["127.0.0.1:$((base + 1))", "127.0.0.1:$((base + 2))"]$to_backends
YAML
if [ "$mode" = h1 ]; then
  listen=(--listen "127.0.0.1:$((base + 4))")
else
  listen=(--listen "127.0.0.1:$((base + 6))" --tls-listen "127.0.0.1:$((base + 4))"
    --tls-cert "$work/cert.pem" --tls-key "$work/key.pem")
fi
# shellcheck disable=SC2086
"$upstream" serve --config "$work/upstreams.yaml" "${listen[@]}" ${SERVE_OPTIONS:-} \
  --admin "127.0.0.1:$((base + 5))" >"$work/gateway.log" 2>&1 &
pids+=($!)
gateway=$!

for port in 3 4; do
  curl -sk -o /dev/null --retry 100 --retry-delay 0 --retry-all-errors --max-time 20 \
    "$scheme://127.0.0.1:$((base + port))/" || { cat "$work"/*.log >&2; exit 1; }
done

cpu() { # pid: prints the ticks used by the process and its children
  for pid in "$1" $(pgrep -P "$1" || true); do cat "/proc/$pid/stat"; done |
    awk '{ used += $14 + $15 } END { print used }'
}
send() { # port, seconds: prints requests, and requests per second
  local url="$scheme://127.0.0.1:$((base + $1))/"
  if [ "$mode" = h2 ]; then
    # A number of requests, because with a duration h2load 1.52 does not always terminate.
    h2load -t2 -c"$connections" -m10 -n"$(($2 * 15000))" "$url" >"$work/load"
    awk -F'[ ,]+' '/^requests:/ { n = $2; bad = $10 + $12 + $14 } /^finished in/ { rate = $4 }
      /^status codes:/ { bad += $5 + $7 + $9 }
      END { if (bad) print bad " failed" > "/dev/stderr"; print n, rate }' "$work/load"
  else
    wrk -t2 -c"$connections" -d"$2s" "$url" >"$work/load"
    grep -E 'Non-2xx|Socket errors' "$work/load" >&2 || true
    awk '/requests in/ { n = $1 } /Requests\/sec/ { rate = $2 } END { print n, rate }' "$work/load"
  fi
}
load() { # port, seconds, pid: prints requests per second, and microseconds of CPU per request
  local before sent
  before=$(cpu "$3")
  sent=$(send "$1" "$2")
  awk -v used="$(($(cpu "$3") - before))" -v tick="$(getconf CLK_TCK)" '
    { printf "%.0f %.1f\n", $2, used * 1000000 / tick / $1 }' <<<"$sent"
}

echo "warm-up"
# Warms up, because ciphers of the JDK are slow until they are compiled.
if [ "$mode" = h1 ]; then load 4 10 "$gateway" >/dev/null; else load 4 30 "$gateway" >/dev/null; fi
load 3 2 "$proxy" >/dev/null
row='%-6s %10s %10s %7s   %10s %10s %7s\n'
# shellcheck disable=SC2059
printf "$row" round "$peer/s" gateway/s ratio "$peer us" 'gateway us' ratio
for round in $(seq 1 "$rounds"); do
  peer_load=$(load 3 "$seconds" "$proxy")
  gateway_load=$(load 4 "$seconds" "$gateway")
  echo "$round $peer_load $gateway_load" >>"$work/rounds"
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
