package io.upstream4j.core.connect.codec;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Headers;

/**
 * The fields of one head or trailer section of HTTP/2, of which no more than a number are kept: one
 * byte on the wire may stand for a field of 4 KiB, and a field costs objects whatever its length.
 */
public final class BoundedFields extends DefaultHttp2Headers {
  private static final long serialVersionUID = 1L;

  private final int limit;
  private boolean exceeded;

  private BoundedFields(int limit, int sizeHint) {
    super(true, true, sizeHint);
    this.limit = limit;
  }

  @Override
  public Http2Headers add(CharSequence name, CharSequence value) {
    if (size() >= limit) {
      exceeded = true;
      return this;
    }
    return super.add(name, value);
  }

  /** Whether a section has more fields than are kept. */
  public static boolean isExceededIn(Http2Headers fields) {
    return fields instanceof BoundedFields bounded && bounded.exceeded;
  }

  /** Decodes sections into bounded fields. */
  static final class Decoder extends DefaultHttp2HeadersDecoder {
    private final int limit;

    Decoder(int limit, long maxBytes) {
      super(true, maxBytes);
      this.limit = limit;
    }

    @Override
    protected Http2Headers newHeaders() {
      return new BoundedFields(limit, numberOfHeadersGuess());
    }
  }
}
