package io.upstream4j.core.connect;

import io.netty.handler.codec.http.HttpResponse;
import io.upstream4j.core.connect.codec.HeadCost;

/**
 * Counts the interim responses (1xx) to one request: a server that sends them without end would
 * never come to its answer, and each costs memory while the caller does not take it.
 */
final class Interims {
  private static final int MAX_NUMBER = 100;
  private static final int MAX_BYTES = 128 * 1024;

  static final String TOO_MANY =
      "more than " + MAX_NUMBER + " interim responses (1xx), or " + MAX_BYTES + " bytes of them";

  private int number;
  private long bytes;

  /** Whether one more may come. */
  boolean admits(HttpResponse interim) {
    number++;
    bytes += HeadCost.of(interim.headers());
    return number <= MAX_NUMBER && bytes <= MAX_BYTES;
  }
}
