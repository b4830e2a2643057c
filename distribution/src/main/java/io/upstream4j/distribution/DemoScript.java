package io.upstream4j.distribution;

import java.util.List;
import java.util.function.Consumer;

/** The schedule of the demo: which backend fails in which second of a round. */
final class DemoScript {
  private static final int ROUND = 12;

  private final List<DemoBackend> backends;
  private final Consumer<String> say;

  DemoScript(List<DemoBackend> backends, Consumer<String> say) {
    this.backends = backends;
    this.say = say;
  }

  /** Plays the step of a second, from 1. */
  void play(int second) {
    DemoBackend killed = backends.get(1);
    DemoBackend leaving = backends.get(2);
    switch (second % ROUND) {
      case 2 -> {
        say.accept("backend " + killed.name() + " is killed; requests on it go to another");
        killed.die();
      }
      case 5 -> {
        say.accept("backend " + killed.name() + " is started again");
        killed.comeBack();
      }
      case 7 -> {
        say.accept("backend " + leaving.name() + " answers 503 to health checks");
        leaving.reportUnwell();
      }
      case 10 -> {
        say.accept("backend " + leaving.name() + " answers 200 to health checks again");
        leaving.reportWell();
      }
      default -> {
        // No step, so that the effect of the last one is visible.
      }
    }
  }
}
