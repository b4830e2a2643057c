package io.upstream4j.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.BackendHealthy;
import io.upstream4j.core.event.UpstreamEvent.BackendUnhealthy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the {@code grpc} health check against the health service of grpc-java. */
class GrpcHealthTest {
  private final HealthStatusManager service = new HealthStatusManager();
  private final BlockingQueue<UpstreamEvent> events = new LinkedBlockingQueue<>();
  private volatile boolean hanging;
  private Server server;
  private Upstreams upstreams;

  private NettyServerBuilder server() {
    return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .addService(service.getHealthService())
        .intercept(
            new ServerInterceptor() {
              @Override
              public <Q, A> ServerCall.Listener<Q> interceptCall(
                  ServerCall<Q, A> call, io.grpc.Metadata headers, ServerCallHandler<Q, A> next) {
                return hanging ? new ServerCall.Listener<>() {} : next.startCall(call, headers);
              }
            });
  }

  private void check(NettyServerBuilder builder, String health, String more) throws IOException {
    server = builder.build().start();
    upstreams =
        Upstreams.builder()
            .listener(events::add)
            .load(
                "grpc.yaml",
                """
                upstreams:
                  api:
                    addrs: ["127.0.0.1:%d"]
                    health_check: "%s"
                %s
                """
                    .formatted(server.getPort(), health, more));
  }

  private void check(String health) throws IOException {
    check(server(), health, "");
  }

  @AfterEach
  void stop() {
    upstreams.close();
    server.shutdownNow();
  }

  private <E extends UpstreamEvent> E next(Class<E> type) throws InterruptedException {
    while (true) {
      UpstreamEvent event = Objects.requireNonNull(events.poll(20, TimeUnit.SECONDS), "no event");
      if (type.isInstance(event)) {
        return type.cast(event);
      }
    }
  }

  private boolean isHealthy() {
    return upstreams.get("api").stats().backends().get(0).healthy();
  }

  @Test
  void aServerThatServesIsHealthyAndFlapsAsItSays() throws Exception {
    check("grpc://api?check_frequency=50ms&connection_timeout=10s&read_timeout=10s&failure=1");
    assertThat(upstreams.awaitReady(Duration.ofSeconds(20))).isTrue();
    assertThat(isHealthy()).isTrue();
    for (int i = 0; i < 3; i++) {
      service.setStatus("", ServingStatus.NOT_SERVING);
      assertThat(next(BackendUnhealthy.class).reason())
          .isEqualTo("NOT_SERVING (expected: SERVING)");
      service.setStatus("", ServingStatus.SERVING);
      next(BackendHealthy.class);
    }
  }

  @Test
  void aServiceIsAskedForByItsName() throws Exception {
    service.setStatus("search", ServingStatus.SERVING);
    check(
        "grpc://api?service=search&check_frequency=50ms&connection_timeout=10s&read_timeout=10s&failure=1");
    assertThat(upstreams.awaitReady(Duration.ofSeconds(20))).isTrue();
    assertThat(isHealthy()).isTrue();
    service.setStatus("search", ServingStatus.UNKNOWN);
    assertThat(next(BackendUnhealthy.class).reason()).isEqualTo("UNKNOWN (expected: SERVING)");
    service.clearStatus("search");
    service.setStatus("search", ServingStatus.SERVING);
    next(BackendHealthy.class);
  }

  @Test
  void aServiceThatTheServerDoesNotKnowIsUnhealthy() throws Exception {
    check("grpc://api?service=serach&failure=1");
    assertThat(next(BackendUnhealthy.class).reason()).startsWith("NOT_FOUND");
  }

  @Test
  void aServerThatHangsIsUnhealthyAndComesBack() throws Exception {
    hanging = true;
    check("grpc://api?check_frequency=100ms&connection_timeout=10s&read_timeout=200ms&failure=2");
    assertThat(next(BackendUnhealthy.class).reason()).endsWith("no response bytes within 200ms");
    hanging = false;
    next(BackendHealthy.class);
  }

  @Test
  void aServerWithoutTheServiceIsUnhealthy() throws Exception {
    check(
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
        "grpc://api?failure=1",
        "");
    assertThat(next(BackendUnhealthy.class).reason()).startsWith("UNIMPLEMENTED");
  }

  @Test
  void itIsAskedOverTlsWhenTheTrafficIsEncrypted(@TempDir Path folder) throws Exception {
    Path key = folder.resolve("key.pem");
    Path certificate = folder.resolve("certificate.pem");
    Process openssl =
        new ProcessBuilder(
                ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
                        + " -subj /CN=grpc.test -keyout "
                        + key
                        + " -out "
                        + certificate)
                    .split(" ", -1))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(openssl.waitFor()).as("openssl's status").isZero();
    NettyServerBuilder encrypted =
        server().useTransportSecurity(certificate.toFile(), key.toFile());
    check(
        encrypted,
        "grpc://api?check_frequency=50ms&connection_timeout=10s&read_timeout=10s&failure=1",
        "    sni: grpc.test\n    verify_cert: false");
    assertThat(upstreams.awaitReady(Duration.ofSeconds(20))).isTrue();
    assertThat(isHealthy()).isTrue();
    service.setStatus("", ServingStatus.NOT_SERVING);
    assertThat(next(BackendUnhealthy.class).reason()).isEqualTo("NOT_SERVING (expected: SERVING)");
  }
}
