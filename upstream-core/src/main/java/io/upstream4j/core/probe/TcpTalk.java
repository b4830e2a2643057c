package io.upstream4j.core.probe;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.ProbeBytes;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.api.spi.ProbeReply;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;

/** Sends bytes, if any, and waits until others have come. */
final class TcpTalk implements HealthCheck {
  static final int MAX_ANSWER_BYTES = 4_096;

  private static final int MAX_QUOTED_BYTES = 80;

  private final ProbeClient probes;
  private final ProbeBytes question;
  private final String expected;

  TcpTalk(ProbeClient probes, ByteBuffer send, ByteBuffer expect) {
    this.probes = probes;
    this.question =
        new ProbeBytes(send, MAX_ANSWER_BYTES, answer -> ByteText.contains(answer, expect));
    this.expected = " (expected: " + ByteText.quote(expect, MAX_QUOTED_BYTES) + ")";
  }

  @Override
  public CompletionStage<Result> probe(Backend backend) {
    return probes.talk(backend, question).thenApply(this::judge);
  }

  private Result judge(ProbeReply reply) {
    ByteBuffer came = reply.content();
    boolean closed = reply.end() == ProbeReply.End.CLOSED;
    if (reply.end() == ProbeReply.End.ENOUGH) {
      return new Healthy();
    }
    if (!came.hasRemaining()) {
      return new Unhealthy(
          (closed ? "closed the connection without an answer" : "no answer in time") + expected);
    }
    return new Unhealthy(
        "answered "
            + ByteText.quote(came, MAX_QUOTED_BYTES)
            + (closed ? " and closed the connection" : "")
            + expected);
  }
}
