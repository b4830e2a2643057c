package io.upstream4j.distribution.access;

import io.upstream4j.distribution.gateway.AccessRecord;

/** Records for tests of the access log. */
final class AccessRecords {
  static final long STARTED = 1_700_000_000_123L;

  private AccessRecords() {}

  static AccessRecord get(String target) {
    return new AccessRecord(
        STARTED,
        1_234_567,
        "192.0.2.7",
        "GET",
        target,
        "HTTP/1.1",
        "shop.test",
        200,
        42,
        true,
        "api",
        "10.0.0.1:8080",
        2,
        "connection refused \"x\"",
        "http://shop.test/\"a",
        "curl/8\\\n1",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  }

  static AccessRecord unread() {
    return new AccessRecord(
        STARTED, 0, "::1", null, null, null, null, 400, 0, true, null, null, 0, null, null, null,
        null);
  }
}
