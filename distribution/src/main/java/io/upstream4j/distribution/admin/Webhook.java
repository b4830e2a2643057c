package io.upstream4j.distribution.admin;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.VisibleText;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.EventsDropped;
import io.upstream4j.core.event.UpstreamEvent.OfBackend;
import io.upstream4j.core.event.UpstreamEvent.OfUpstream;
import io.upstream4j.core.event.UpstreamListener;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Posts events to a URL in order, one request each, on a thread of its own.
 *
 * <p>How it works: up to a thousand events are queued, which takes 5 MB. Further events are counted
 * and logged, and the receiver is told how many it missed. If the receiver cannot be reached or
 * answers with 408, 425, 429 or 5xx, the request is retried without limit, after pauses of 1 s, 2
 * s, 4 s and so on up to 30 s, less up to 20 %. After any other status outside 2xx, the event is
 * dropped and logged, because a retry would fail in the same way.
 */
public final class Webhook implements UpstreamListener, AutoCloseable {
  /** The greatest number of queued events. */
  static final int CAPACITY = 1_000;

  /** The greatest length of an event's text in characters. */
  private static final int MAX_TEXT = 2_000;

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final double PAUSE_JITTER = 0.2;
  private static final Duration CONNECT = Duration.ofSeconds(5);

  /** The time limit of a whole response, so that a slow receiver does not block the queue. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final int OK = 200;
  private static final int REDIRECT = 300;
  private static final int SERVER_ERROR = 500;
  private static final Set<Integer> PASSING = Set.of(408, 425, 429);

  /** The kind of the event that reports dropped events. */
  private static final String DROPPED = new EventsDropped(1).kind();

  /** An event as it is posted. */
  record Message(
      Instant time,
      String kind,
      @Nullable String upstream,
      @Nullable String backend,
      String text) {}

  /** Waits for a time, or until the wait is cancelled; does not hold the lock. */
  @FunctionalInterface
  interface Pause {
    void await(Object lock, Duration time, BooleanSupplier ended) throws InterruptedException;
  }

  private final WebhookFormat format;
  private final Set<String> kinds;
  private final Function<UpstreamEvent, String> words;
  private final Consumer<String> log;
  private final Pause pause;
  private final InstantSource clock;
  private final Duration patience;
  private final LongAdder undelivered = new LongAdder();
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final Thread thread;
  private volatile WebhookTarget target;
  private volatile boolean closed;
  private final Object lock = new Object();
  // Guarded by the lock:
  private final Queue<Message> waiting = new ArrayDeque<>();
  private long dropped; // since the last queued event

  /**
   * Creates a webhook and starts its thread.
   *
   * @param kinds the kinds of events to post, of {@link UpstreamEvent#kinds}
   * @param words describes an event in one line
   * @param log receives a message when the receiver fails, when it works again, and when events
   *     begin to be dropped; called by the webhook's thread and by the threads that report events
   */
  public Webhook(
      WebhookTarget target,
      WebhookFormat format,
      Set<String> kinds,
      Function<UpstreamEvent, String> words,
      Consumer<String> log) {
    this(target, format, kinds, words, log, Webhook::await, InstantSource.system(), PATIENCE);
  }

  Webhook(
      WebhookTarget target,
      WebhookFormat format,
      Set<String> kinds,
      Function<UpstreamEvent, String> words,
      Consumer<String> log,
      Pause pause,
      InstantSource clock,
      Duration patience) {
    this.target = requireNonNull(target, "target");
    this.format = requireNonNull(format, "format");
    this.kinds = Set.copyOf(kinds);
    this.words = requireNonNull(words, "words");
    this.log = requireNonNull(log, "log");
    this.pause = pause;
    this.clock = clock;
    this.patience = patience;
    this.thread = new Thread(this::run, "upstream4j-webhook");
    thread.setDaemon(true);
    thread.start();
  }

  /** Sets the target of queued and future events. */
  public void target(WebhookTarget target) {
    synchronized (lock) {
      this.target = requireNonNull(target, "target");
      lock.notifyAll();
    }
  }

  @Override
  public void onEvent(UpstreamEvent event) {
    String kind = event.kind();
    if (!kinds.contains(kind)) {
      return;
    }
    Message message =
        new Message(
            clock.instant(),
            kind,
            event instanceof OfUpstream it ? it.upstream() : null,
            event instanceof OfBackend it ? it.endpoint().toString() : null,
            VisibleText.shortened(words.apply(event), MAX_TEXT));
    boolean first;
    synchronized (lock) {
      boolean full = waiting.size() >= CAPACITY - 1; // one place is reserved for EventsDropped
      if (!full) {
        if (dropped > 0) {
          waiting.add(missed());
        }
        waiting.add(message);
        lock.notifyAll();
        return;
      }
      first = dropped++ == 0;
    }
    undelivered.increment();
    if (first) {
      log.accept("webhook " + target + ": " + CAPACITY + " events wait, and more are dropped");
    }
  }

  /** Returns the number of events that the receiver refused or that exceeded the queue. */
  public long undelivered() {
    return undelivered.sum();
  }

  private Message missed() {
    EventsDropped event = new EventsDropped(dropped);
    dropped = 0;
    return new Message(clock.instant(), DROPPED, null, null, words.apply(event));
  }

  private void run() {
    try {
      while (!closed) {
        deliver(next());
      }
    } catch (InterruptedException e) {
      // Closed; queued events are dropped.
    }
  }

  private Message next() throws InterruptedException {
    synchronized (lock) {
      while (waiting.isEmpty() && dropped == 0) {
        lock.wait();
      }
      Message message = waiting.poll();
      return message == null ? missed() : message;
    }
  }

  private void deliver(Message message) throws InterruptedException {
    byte[] body = format.body(message);
    for (int failures = 0; !closed; failures++) {
      WebhookTarget to = target;
      String problem;
      try {
        int status = post(to, body);
        if (status >= OK && status < REDIRECT) {
          if (failures > 0) {
            log.accept("webhook " + to + " works again");
          }
          return;
        }
        problem = "answered " + status;
        if (status < SERVER_ERROR && !PASSING.contains(status)) {
          undelivered.increment();
          log.accept(
              "webhook " + to + " " + problem + ", which is not asked again: " + message.text());
          return;
        }
      } catch (IOException | RuntimeException e) { // the thread must not end silently
        problem = e.toString();
      }
      if (failures == 0) {
        log.accept("webhook " + to + ": " + problem + "; events wait, and it is asked again");
      }
      synchronized (lock) {
        pause.await(lock, pauseAfter(failures), () -> closed || !to.equals(target));
      }
    }
  }

  private static void await(Object lock, Duration time, BooleanSupplier ended)
      throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    long left = time.toMillis();
    while (left > 0 && !ended.getAsBoolean()) {
      lock.wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
  }

  private static Duration pauseAfter(int failures) {
    long doubled = FIRST_PAUSE.toMillis() << Math.min(failures, 10);
    double less = PAUSE_JITTER * ThreadLocalRandom.current().nextDouble();
    return Duration.ofMillis((long) (Math.min(doubled, LONGEST_PAUSE.toMillis()) * (1 - less)));
  }

  private int post(WebhookTarget to, byte[] body) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(to.url())
            .header("Content-Type", "application/json; charset=utf-8")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    to.headers().forEach(request::setHeader);
    CompletableFuture<HttpResponse<Void>> answer =
        client.sendAsync(request.build(), HttpResponse.BodyHandlers.discarding());
    try {
      return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS).statusCode();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
    } catch (TimeoutException e) {
      throw new HttpTimeoutException("no whole answer within " + patience.toMillis() + " ms");
    } finally {
      answer.cancel(true); // closes the connection of a slow response
    }
  }

  /** Stops the thread and drops queued events. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    synchronized (lock) {
      lock.notifyAll();
    }
  }
}
