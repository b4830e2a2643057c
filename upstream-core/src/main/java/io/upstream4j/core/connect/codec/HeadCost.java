package io.upstream4j.core.connect.codec;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.Iterator;
import java.util.Map;

/** What a head costs in memory. */
public final class HeadCost {
  // Of one field: an entry of the table, two strings and their arrays.
  private static final int FIELD_BYTES = 120;
  // Of the table, the request or response, and what is kept beside it.
  private static final int HEAD_BYTES = 512;

  private HeadCost() {}

  /** An estimate in bytes, the objects included, within about a quarter. */
  public static long of(HttpHeaders headers) {
    long bytes = HEAD_BYTES;
    Iterator<Map.Entry<CharSequence, CharSequence>> fields = headers.iteratorCharSequence();
    while (fields.hasNext()) {
      Map.Entry<CharSequence, CharSequence> field = fields.next();
      bytes += FIELD_BYTES + field.getKey().length() + field.getValue().length();
    }
    return bytes;
  }
}
