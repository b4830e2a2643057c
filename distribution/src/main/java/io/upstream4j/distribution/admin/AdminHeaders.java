package io.upstream4j.distribution.admin;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.TooLongHttpHeaderException;

/**
 * The header fields of a request, limited in number because a field takes more memory than its
 * bytes.
 */
final class AdminHeaders extends DefaultHttpHeaders {
  /** The greatest number of fields of a request. */
  static final int MAX_FIELDS = 200;

  /** Creates limited header fields. */
  static final HttpHeadersFactory FACTORY =
      new HttpHeadersFactory() {
        @Override
        public HttpHeaders newHeaders() {
          return new AdminHeaders();
        }

        @Override
        public HttpHeaders newEmptyHeaders() {
          return new AdminHeaders();
        }
      };

  @Override
  public HttpHeaders add(CharSequence name, Object value) {
    check();
    return super.add(name, value);
  }

  @Override
  public HttpHeaders add(String name, Object value) {
    check();
    return super.add(name, value);
  }

  private void check() {
    if (size() >= MAX_FIELDS) {
      throw new TooLongHttpHeaderException("more than " + MAX_FIELDS + " fields");
    }
  }
}
