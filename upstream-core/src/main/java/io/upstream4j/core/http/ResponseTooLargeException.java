package io.upstream4j.core.http;

import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.UpstreamException;

/** Thrown when the body of a response is longer than {@link UpstreamRequest#maxBodyBytes}. */
public final class ResponseTooLargeException extends UpstreamException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. */
  public ResponseTooLargeException(HttpPeer peer, UpstreamRequest request) {
    super(
        "upstream \""
            + peer.upstream()
            + "\", "
            + peer
            + ": the body of the response to "
            + request
            + " has more than the "
            + request.maxBodyBytes()
            + " bytes that the request allows");
  }
}
