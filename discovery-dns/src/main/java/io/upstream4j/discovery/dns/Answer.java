package io.upstream4j.discovery.dns;

import java.util.List;
import org.xbill.DNS.Record;

/**
 * What the name servers say to one question.
 *
 * @param kind whether there are records
 * @param records of the type asked for, at the end of the aliases; empty unless found
 * @param additional what the server added unasked
 * @param ttlSeconds the shortest time to live on the way, aliases included; of an empty answer, how
 *     long it holds (RFC 2308)
 */
record Answer(Kind kind, List<Record> records, List<Record> additional, long ttlSeconds) {
  enum Kind {
    /** There are records. */
    FOUND,
    /** The name exists, without records of the type. */
    NO_DATA,
    /** The name does not exist. */
    NO_NAME
  }

  Answer {
    records = List.copyOf(records);
    additional = List.copyOf(additional);
  }

  static Answer found(List<Record> records, List<Record> additional, long ttlSeconds) {
    return new Answer(Kind.FOUND, records, additional, ttlSeconds);
  }

  static Answer empty(Kind kind, long ttlSeconds) {
    return new Answer(kind, List.of(), List.of(), ttlSeconds);
  }
}
