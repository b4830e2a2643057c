package io.upstream4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/**
 * The contract of discoveries. A test class implements this interface with a source that it can
 * make fail and recover, and inherits the tests.
 */
public interface DiscoveryContract extends PluginContract {
  @Override
  DiscoveryProvider plugin();

  /** Returns a discovery that uses the source, which has at least one backend. */
  Discovery discovery(FakePluginContext context);

  /** Makes every query of the source fail from now on. */
  void breakSource();

  /** Makes the source answer again. */
  void mendSource();

  /** Returns how often the source was queried, successfully or not. */
  int timesAsked();

  /** Creating a discovery queries nothing and starts nothing. */
  @Test
  default void nothingIsAskedBeforeTheStart() {
    FakePluginContext context = new FakePluginContext();
    discovery(context);
    assertThat(context.scheduler().pending()).as("scheduled tasks").isZero();
    assertThat(context.blocking().pending()).as("blocking tasks").isZero();
    assertThat(timesAsked()).as("times asked").isZero();
  }

  /** Starting a discovery leads to an answer that contains each endpoint once. */
  @Test
  default void theStartLeadsToAnAnswer() {
    FakePluginContext context = new FakePluginContext();
    RecordingListener listener = new RecordingListener();
    try (Discovery.Subscription subscription = discovery(context).start(listener)) {
      assertThat(subscription).as("subscription").isNotNull();
      await(context, listener, "an answer", () -> !listener.found().isEmpty());
      assertThat(listener.last()).isNotEmpty();
      assertThat(listener.last()).extracting(Backend::endpoint).doesNotHaveDuplicates();
      assertThat(listener.failures()).isEmpty();
    }
  }

  /** A refresh queries the source again, and an unchanged source gives the same backends. */
  @Test
  default void aRefreshAsksAgain() {
    FakePluginContext context = new FakePluginContext();
    RecordingListener listener = new RecordingListener();
    try (Discovery.Subscription subscription = discovery(context).start(listener)) {
      await(context, listener, "an answer", () -> !listener.found().isEmpty());
      List<Backend> before = listener.last();
      int asked = timesAsked();
      subscription.refresh();
      await(context, listener, "another question", () -> timesAsked() > asked);
      context.runReady();
      assertThat(listener.last()).containsExactlyInAnyOrderElementsOf(before);
    }
  }

  /** After close there are no queries, answers or timers, and a second close has no effect. */
  @Test
  default void nothingHappensAfterTheClose() {
    FakePluginContext context = new FakePluginContext();
    RecordingListener listener = new RecordingListener();
    Discovery.Subscription subscription = discovery(context).start(listener);
    await(context, listener, "an answer", () -> !listener.found().isEmpty());
    subscription.close();
    subscription.close();
    context.runReady();
    int heard = listener.heard();
    int asked = timesAsked();
    subscription.refresh();
    context.advance(Duration.ofMinutes(10));
    assertThat(listener.heard()).as("answers and failures").isEqualTo(heard);
    assertThat(timesAsked()).as("times asked").isEqualTo(asked);
    assertThat(context.scheduler().pending()).as("scheduled tasks").isZero();
  }

  /** A close before the first answer also ends the discovery. */
  @Test
  default void aCloseBeforeTheAnswerIsTheEnd() {
    FakePluginContext context = new FakePluginContext();
    RecordingListener listener = new RecordingListener();
    Discovery.Subscription subscription = discovery(context).start(listener);
    subscription.close();
    int heard = listener.heard();
    context.advance(Duration.ofMinutes(10));
    assertThat(listener.heard()).as("answers and failures").isEqualTo(heard);
    assertThat(context.scheduler().pending()).as("scheduled tasks").isZero();
  }

  /**
   * If the source fails at the start, the failure is reported with a reason, and the source is
   * queried until it answers.
   */
  @Test
  default void aFailureIsReportedAndTheDiscoveryGoesOn() {
    breakSource();
    FakePluginContext context = new FakePluginContext();
    RecordingListener listener = new RecordingListener();
    try (Discovery.Subscription subscription = discovery(context).start(listener)) {
      assertThat(subscription).as("subscription").isNotNull();
      await(context, listener, "a failure", () -> !listener.failures().isEmpty());
      assertThat(listener.failures().get(0)).message().isNotBlank();
      context.advance(Duration.ofHours(1));
      mendSource();
      awaitHowLongEver(context, listener, "an answer", () -> !listener.found().isEmpty());
      assertThat(listener.last()).isNotEmpty();
    }
  }

  /** A later failure of the source does not remove backends. */
  @Test
  default void aFailureTakesNoBackendsAway() {
    FakePluginContext context = new FakePluginContext();
    RecordingListener listener = new RecordingListener();
    try (Discovery.Subscription subscription = discovery(context).start(listener)) {
      await(context, listener, "an answer", () -> !listener.found().isEmpty());
      List<Backend> before = listener.last();
      breakSource();
      subscription.refresh();
      await(context, listener, "a failure", () -> !listener.failures().isEmpty());
      assertThat(listener.last()).containsExactlyInAnyOrderElementsOf(before);
    }
  }

  /** Each start of a discovery is independent. */
  @Test
  default void eachStartIsOnItsOwn() {
    FakePluginContext context = new FakePluginContext();
    Discovery discovery = discovery(context);
    RecordingListener first = new RecordingListener();
    RecordingListener second = new RecordingListener();
    Discovery.Subscription closed = discovery.start(first);
    try (Discovery.Subscription open = discovery.start(second)) {
      assertThat(open).as("subscription").isNotNull();
      closed.close();
      await(context, second, "an answer", () -> !second.found().isEmpty());
      assertThat(second.last()).isNotEmpty();
    }
  }

  private static void await(
      FakePluginContext context, RecordingListener listener, String what, BooleanSupplier met) {
    listener.await(
        what,
        Duration.ofSeconds(30),
        () -> {
          context.runReady();
          return met.getAsBoolean();
        });
  }

  private static void awaitHowLongEver(
      FakePluginContext context, RecordingListener listener, String what, BooleanSupplier met) {
    listener.await(
        what,
        Duration.ofSeconds(30),
        () -> {
          context.advance(Duration.ofSeconds(10));
          return met.getAsBoolean();
        });
  }
}
