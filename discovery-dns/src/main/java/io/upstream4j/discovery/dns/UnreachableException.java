package io.upstream4j.discovery.dns;

import java.io.IOException;

/** Thrown when no name server answered in time; further questions would take as long. */
final class UnreachableException extends IOException {
  private static final long serialVersionUID = 1L;

  UnreachableException(String message) {
    super(message);
  }
}
