package io.upstream4j.testkit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.api.spi.Scheduler;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests that the contract accepts a correct discovery and detects each flaw. */
class DiscoveryContractTest {
  private enum Flaw {
    ASKS_WHEN_MADE,
    ANSWERS_EMPTY_ON_FAILURE,
    ANSWERS_AFTER_THE_CLOSE,
    FORGETS_ITS_TIMER,
    ANSWERS_TWICE_THE_SAME_ENDPOINT
  }

  @Test
  void aRightDiscoveryPasses() {
    assertThatCode(
            () -> {
              contract().nothingIsAskedBeforeTheStart();
              contract().theStartLeadsToAnAnswer();
              contract().aRefreshAsksAgain();
              contract().nothingHappensAfterTheClose();
              contract().aCloseBeforeTheAnswerIsTheEnd();
              contract().aFailureIsReportedAndTheDiscoveryGoesOn();
              contract().aFailureTakesNoBackendsAway();
              contract().eachStartIsOnItsOwn();
            })
        .doesNotThrowAnyException();
  }

  @Test
  void aDiscoveryThatAsksBeforeTheStartIsFound() {
    assertThatThrownBy(contract(Flaw.ASKS_WHEN_MADE)::nothingIsAskedBeforeTheStart)
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void aDiscoveryThatNamesAnEndpointTwiceIsFound() {
    assertThatThrownBy(contract(Flaw.ANSWERS_TWICE_THE_SAME_ENDPOINT)::theStartLeadsToAnAnswer)
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void aDiscoveryThatEmptiesTheSetOnAFailureIsFound() {
    assertThatThrownBy(contract(Flaw.ANSWERS_EMPTY_ON_FAILURE)::aFailureTakesNoBackendsAway)
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void aDiscoveryThatGoesOnAfterTheCloseIsFound() {
    assertThatThrownBy(contract(Flaw.ANSWERS_AFTER_THE_CLOSE)::nothingHappensAfterTheClose)
        .isInstanceOf(AssertionError.class);
    assertThatThrownBy(contract(Flaw.ANSWERS_AFTER_THE_CLOSE)::aCloseBeforeTheAnswerIsTheEnd)
        .isInstanceOf(AssertionError.class);
    assertThatThrownBy(contract(Flaw.FORGETS_ITS_TIMER)::nothingHappensAfterTheClose)
        .isInstanceOf(AssertionError.class);
  }

  private static DiscoveryContract contract(Flaw... flaws) {
    return new Contract(flaws.length == 0 ? EnumSet.noneOf(Flaw.class) : Set.of(flaws));
  }

  private static final class Contract implements DiscoveryContract {
    private final Set<Flaw> flaws;
    private boolean broken;
    private int asked;

    Contract(Set<Flaw> flaws) {
      this.flaws = flaws;
    }

    @Override
    public DiscoveryProvider plugin() {
      return new DiscoveryProvider() {
        @Override
        public String type() {
          return "made_up";
        }

        @Override
        public Discovery create(Options options, PluginContext context) {
          throw new IllegalStateException("not asked for by the contract");
        }
      };
    }

    @Override
    public Discovery discovery(FakePluginContext context) {
      if (flaws.contains(Flaw.ASKS_WHEN_MADE)) {
        asked++;
      }
      return listener -> new Watch(context, listener);
    }

    @Override
    public void breakSource() {
      broken = true;
    }

    @Override
    public void mendSource() {
      broken = false;
    }

    @Override
    public int timesAsked() {
      return asked;
    }

    private final class Watch implements Discovery.Subscription {
      private final FakePluginContext context;
      private final Discovery.Listener listener;
      private Scheduler.Task next;
      private boolean closed;

      Watch(FakePluginContext context, Discovery.Listener listener) {
        this.context = context;
        this.listener = listener;
        next = context.scheduler().schedule(Duration.ZERO, this::ask);
      }

      private void ask() {
        if (closed && !flaws.contains(Flaw.ANSWERS_AFTER_THE_CLOSE)) {
          return;
        }
        asked++;
        Backend backend = Backend.of("10.0.0.1", 80);
        if (!broken) {
          listener.found(
              flaws.contains(Flaw.ANSWERS_TWICE_THE_SAME_ENDPOINT)
                  ? List.of(backend, backend)
                  : List.of(backend));
        } else if (flaws.contains(Flaw.ANSWERS_EMPTY_ON_FAILURE)) {
          listener.found(List.of());
          listener.failed(new IOException("broken"));
        } else {
          listener.failed(new IOException("broken"));
        }
        Duration pause =
            flaws.contains(Flaw.FORGETS_ITS_TIMER) ? Duration.ofDays(1) : Duration.ofSeconds(5);
        next = context.scheduler().schedule(pause, this::ask);
      }

      @Override
      public void refresh() {
        if (!closed) {
          next.cancel();
          next = context.scheduler().schedule(Duration.ZERO, this::ask);
        }
      }

      @Override
      public void close() {
        closed = true;
        if (!flaws.contains(Flaw.ANSWERS_AFTER_THE_CLOSE)
            && !flaws.contains(Flaw.FORGETS_ITS_TIMER)) {
          next.cancel();
        }
      }
    }
  }
}
