package io.upstream4j.testkit;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.ProbeBytes;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.api.spi.ProbeReply;
import io.upstream4j.api.spi.ProbeRequest;
import io.upstream4j.api.spi.ProbeResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Answers probes as a test specifies, and records them. By default it answers 200 without a body.
 * Thread-safe.
 */
public final class FakeProbeClient implements ProbeClient {
  /**
   * A recorded request.
   *
   * @param backend the backend to which it was sent
   * @param request the request
   */
  public record Sent(Backend backend, ProbeRequest request) {}

  /** Answers probes. */
  @FunctionalInterface
  public interface Script {
    /** Returns the answer of a backend to a request; a failed stage when it cannot be reached. */
    CompletionStage<ProbeResponse> answer(Backend backend, ProbeRequest request);
  }

  private static final ProbeRequest CONNECT =
      new ProbeRequest("CONNECT", "/", Map.of(), ProbeRequest.Security.AS_TRAFFIC, 0);

  private final List<Sent> sent = new CopyOnWriteArrayList<>();
  private final List<Backend> connected = new CopyOnWriteArrayList<>();
  private final List<ByteBuffer> said = new CopyOnWriteArrayList<>();
  private volatile Script script = (backend, request) -> response(200, "");

  /** Creates a client that answers 200. */
  public FakeProbeClient() {}

  /**
   * Uses a script from now on. It is also called for {@link #connect} and {@link #talk}, with a
   * request whose method is {@code CONNECT}. Any answer means that the connection was open; its
   * body is what the server sends before it closes the connection.
   */
  public FakeProbeClient answers(Script newScript) {
    script = newScript;
    return this;
  }

  /** Answers every request with this status and body from now on. */
  public FakeProbeClient answers(int status, String body) {
    return answers((backend, request) -> response(status, body));
  }

  /** Fails every request from now on. */
  public FakeProbeClient fails(Exception cause) {
    return answers((backend, request) -> CompletableFuture.failedFuture(cause));
  }

  /** Never answers from now on. */
  public FakeProbeClient staysSilent() {
    return answers((backend, request) -> new CompletableFuture<>());
  }

  /** Returns the requests sent, in order. */
  public List<Sent> sent() {
    return List.copyOf(sent);
  }

  /** Returns the backends to which a connection was opened, in order. */
  public List<Backend> connected() {
    return List.copyOf(connected);
  }

  /** Returns the bytes sent with {@link #talk}, in order. */
  public List<ByteBuffer> said() {
    return List.copyOf(said);
  }

  @Override
  public CompletionStage<Void> connect(Backend backend) {
    connected.add(backend);
    return script.answer(backend, CONNECT).thenAccept(response -> {});
  }

  @Override
  public CompletionStage<ProbeResponse> send(Backend backend, ProbeRequest request) {
    sent.add(new Sent(backend, request));
    return script.answer(backend, request);
  }

  @Override
  public CompletionStage<ProbeReply> talk(Backend backend, ProbeBytes bytes) {
    said.add(bytes.content());
    return script.answer(backend, CONNECT).thenApply(response -> reply(response.content(), bytes));
  }

  private static ProbeReply reply(ByteBuffer whole, ProbeBytes bytes) {
    ByteBuffer read = whole.slice(0, Math.min(whole.limit(), bytes.maxBytes()));
    boolean enough = read.hasRemaining() && bytes.isEnough().test(read.asReadOnlyBuffer());
    ProbeReply.End end =
        read.limit() < bytes.maxBytes() ? ProbeReply.End.CLOSED : ProbeReply.End.FULL;
    return new ProbeReply(read, enough ? ProbeReply.End.ENOUGH : end);
  }

  private static CompletionStage<ProbeResponse> response(int status, String body) {
    return CompletableFuture.completedFuture(new ProbeResponse(status, Map.of(), body));
  }
}
