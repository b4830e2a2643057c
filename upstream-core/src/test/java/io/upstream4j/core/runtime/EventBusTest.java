package io.upstream4j.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.backends.BackendState.Health;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.BackendEjected;
import io.upstream4j.core.event.UpstreamEvent.BackendFailing;
import io.upstream4j.core.event.UpstreamEvent.BackendUnhealthy;
import io.upstream4j.core.event.UpstreamEvent.ConfigRefused;
import io.upstream4j.core.event.UpstreamEvent.DiscoveryFailed;
import io.upstream4j.core.event.UpstreamEvent.EventsDropped;
import io.upstream4j.core.event.UpstreamEvent.PluginFailed;
import io.upstream4j.core.event.UpstreamEvent.SettingIgnored;
import io.upstream4j.core.event.UpstreamEvent.UpstreamDown;
import io.upstream4j.core.event.UpstreamEvent.UpstreamRecovered;
import io.upstream4j.core.event.UpstreamEvent.WithReason;
import io.upstream4j.core.event.UpstreamListener;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventBusTest {
  private final Workers threads = Workers.events(2);
  private final Held held = new Held();

  /** A listener that is slow until it is let go. */
  private static final class Held implements UpstreamListener {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);
    final BlockingQueue<UpstreamEvent> heard = new LinkedBlockingQueue<>();

    @Override
    public void onEvent(UpstreamEvent event) {
      entered.countDown();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      heard.add(event);
    }
  }

  @AfterEach
  void end() {
    held.goOn.countDown();
    threads.shutdown();
    threads.join(System.nanoTime() + 10_000_000_000L);
  }

  private static UpstreamEvent event(int number) {
    return new UpstreamDown("u" + number);
  }

  private static List<UpstreamEvent> events(int from, int to) {
    return IntStream.range(from, to).mapToObj(EventBusTest::event).toList();
  }

  private static List<UpstreamEvent> take(BlockingQueue<UpstreamEvent> from, int count)
      throws InterruptedException {
    List<UpstreamEvent> taken = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      UpstreamEvent event = from.poll(30, TimeUnit.SECONDS);
      assertThat(event).as("event %d of %d", i, count).isNotNull();
      taken.add(event);
    }
    return taken;
  }

  private void holdUp(EventBus bus) throws InterruptedException {
    bus.publish(event(0));
    assertThat(held.entered.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void longEventsTakeNoMoreRoomThanIsTheirs() throws InterruptedException {
    EventBus bus = new EventBus(List.of(held), threads);
    holdUp(bus);
    String problems = "x".repeat(400_000);
    int room = (int) (EventBus.WAITING_BYTES / (2 * problems.length() + 100));
    for (int i = 0; i < 100; i++) {
      bus.publish(new ConfigRefused(problems));
    }
    assertThat(bus.dropped()).isEqualTo(100 - room);
    held.goOn.countDown();

    List<UpstreamEvent> heard = take(held.heard, 2 + room);
    assertThat(heard.get(1)).isEqualTo(new EventsDropped(100 - room));
    bus.publish(event(7));
    assertThat(take(held.heard, 1)).containsExactly(event(7));
  }

  @Test
  void theReasonOfAnEventHasABound() {
    String novel = "begin" + "x".repeat(64_000) + "end";
    Endpoint backend = new Endpoint("a", 1);
    for (WithReason event :
        List.of(
            new BackendUnhealthy("u", backend, novel),
            new BackendFailing("u", backend, 1, novel),
            new BackendEjected("u", backend, Duration.ZERO, novel),
            new DiscoveryFailed("u", novel),
            new SettingIgnored("u", novel),
            new PluginFailed("p", novel))) {
      assertThat(event.reason()).startsWith("beginx").endsWith("xend").hasSizeLessThan(1_010);
    }
    Health health = new Health(false, Optional.of(novel), Instant.EPOCH);
    assertThat(health.reason().orElseThrow()).hasSizeLessThan(1_010);
  }

  @Test
  void aListenerThatThrowsNeitherStopsTheOthersNorLaterEvents() {
    List<UpstreamEvent> heard = new ArrayList<>();
    List<UpstreamEvent> thrownOn = new ArrayList<>();
    EventBus bus =
        new EventBus(
            List.of(
                event -> {
                  thrownOn.add(event);
                  throw new StackOverflowError("meant by the test: a listener that fails");
                },
                heard::add),
            Runnable::run);
    bus.publish(new UpstreamDown("a"));
    bus.publish(new UpstreamRecovered("a"));
    assertThat(heard).containsExactly(new UpstreamDown("a"), new UpstreamRecovered("a"));
    assertThat(thrownOn).isEqualTo(heard);
    assertThat(bus.dropped()).isZero();
  }

  @Test
  void aSlowListenerDoesNotDelayTheOthers() throws Exception {
    BlockingQueue<UpstreamEvent> heard = new LinkedBlockingQueue<>();
    EventBus bus = new EventBus(List.of(held, heard::add), threads);
    holdUp(bus);
    for (int i = 1; i < 100; i++) {
      bus.publish(event(i));
    }
    assertThat(take(heard, 100)).isEqualTo(events(0, 100));
    assertThat(held.heard).isEmpty();
    held.goOn.countDown();
    assertThat(take(held.heard, 100)).isEqualTo(events(0, 100));
    assertThat(bus.dropped()).isZero();
  }

  @Test
  void ofMoreEventsThanMayWaitTheOldestAreDroppedCountedAndToldInTheirPlace() throws Exception {
    EventBus bus = new EventBus(List.of(held), threads);
    holdUp(bus);
    int last = EventBus.WAITING + 7;
    for (int i = 1; i <= last; i++) {
      bus.publish(event(i));
    }
    assertThat(bus.dropped()).isEqualTo(7);
    held.goOn.countDown();
    List<UpstreamEvent> expected = new ArrayList<>(List.of(event(0), new EventsDropped(7)));
    expected.addAll(events(8, last + 1));
    assertThat(take(held.heard, expected.size())).isEqualTo(expected);
    bus.publish(event(last + 1));
    assertThat(take(held.heard, 1)).containsExactly(event(last + 1));
    assertThat(bus.dropped()).isEqualTo(7);
  }

  @Test
  void theEndWaitsForWhatWasPublished() throws Exception {
    EventBus bus = new EventBus(List.of(held), threads);
    holdUp(bus);
    for (int i = 1; i < 100; i++) {
      bus.publish(event(i));
    }
    threads.shutdown();
    held.goOn.countDown();
    threads.join(System.nanoTime() + 10_000_000_000L);
    assertThat(held.heard).containsExactlyElementsOf(events(0, 100));
  }

  @Test
  void theEndCountsWhatAListenerThatHoldsItUpDoesNotHear() throws Exception {
    EventBus bus = new EventBus(List.of(held), threads);
    holdUp(bus);
    bus.publish(event(1));
    bus.publish(event(2));
    bus.close();
    assertThat(bus.dropped()).isEqualTo(2);
    held.goOn.countDown();
    threads.shutdown();
    threads.join(System.nanoTime() + 10_000_000_000L);
    assertThat(held.heard).containsExactly(event(0));
  }
}
