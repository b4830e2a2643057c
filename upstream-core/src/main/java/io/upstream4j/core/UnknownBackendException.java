package io.upstream4j.core;

import io.upstream4j.api.option.Suggestion;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.backends.Generation;
import java.util.List;
import java.util.NoSuchElementException;

/** An upstream has no backend at that address. */
public final class UnknownBackendException extends NoSuchElementException {
  private static final long serialVersionUID = 1L;
  private static final int MOST_NAMED = 10;
  private static final int MOST_COMPARED = 1_000; // on the control loop

  private final transient Endpoint endpoint;

  UnknownBackendException(String upstream, Endpoint endpoint, Generation generation) {
    super(message(upstream, endpoint, generation));
    this.endpoint = endpoint;
  }

  /** The address that was asked for. */
  public Endpoint endpoint() {
    return endpoint;
  }

  private static String message(String upstream, Endpoint endpoint, Generation generation) {
    List<String> known =
        generation.snapshot().backends().stream()
            .limit(MOST_COMPARED)
            .map(backend -> backend.endpoint().toString())
            .toList();
    String named =
        known.size() <= MOST_NAMED
            ? String.join(", ", known)
            : String.join(", ", known.subList(0, MOST_NAMED))
                + " and "
                + (generation.size() - MOST_NAMED)
                + " more";
    return "upstream \""
        + upstream
        + "\": no backend "
        + endpoint
        + " (known: "
        + (known.isEmpty() ? "none" : named)
        + ")"
        + Suggestion.hint(endpoint.toString(), known);
  }
}
