package io.upstream4j.discovery.dns;

import java.io.IOException;

/** Thrown when the name servers answered that there are no such records. */
final class EmptyAnswerException extends IOException {
  private static final long serialVersionUID = 1L;

  EmptyAnswerException(String message) {
    super(message);
  }
}
