package io.upstream4j.core.probe;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.PluginContext;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Provides {@code tcp}: a backend works when a connection to it can be opened, as the upstream's
 * traffic would open it, so with TLS when that has TLS; and when it says over that connection what
 * it is expected to say, if anything is.
 */
public final class TcpChecker implements HealthChecker {
  private static final HealthCheck.Result HEALTHY = new HealthCheck.Healthy();

  private static final Option<ByteBuffer> SEND =
      bytes("send", "what is sent once the connection is open; nothing unless given");
  private static final Option<ByteBuffer> EXPECT =
      bytes(
          "expect", "what must stand in the first 4 KiB of the answer; none is read unless given");

  /** Creates the provider. */
  public TcpChecker() {}

  private static Option<ByteBuffer> bytes(String name, String help) {
    return Option.of(
            name, help, ByteText.EXPECTED, text -> ByteText.read(text, TcpTalk.MAX_ANSWER_BYTES))
        .optional();
  }

  @Override
  public String type() {
    return "tcp";
  }

  @Override
  public List<Option<?>> options() {
    return List.of(SEND, EXPECT);
  }

  @Override
  public HealthCheck create(Options options, PluginContext context) {
    Optional<ByteBuffer> send = options.find(SEND);
    Optional<ByteBuffer> expect = options.find(EXPECT);
    if (expect.isPresent()) {
      return new TcpTalk(
          context.probes(), send.orElseGet(() -> ByteBuffer.allocate(0)), expect.get());
    }
    if (send.isPresent()) {
      throw new IllegalArgumentException(
          "send without expect (expected: what the server answers to it, too)");
    }
    return backend -> context.probes().connect(backend).thenApply(opened -> HEALTHY);
  }
}
