package io.upstream4j.distribution.admin;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.TooLongHttpHeaderException;

/** Header fields of a request: as many as are allowed, as each takes more memory than bytes. */
final class AdminHeaders extends DefaultHttpHeaders {
  /** Of one request. */
  static final int MAX_FIELDS = 200;

  /** Makes them. */
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
