package io.upstream4j.discovery.dns;

import java.io.IOException;

/** No name server answered in time; asking another question now would only take as long. */
final class UnreachableException extends IOException {
  private static final long serialVersionUID = 1L;

  UnreachableException(String message) {
    super(message);
  }
}
