package io.upstream4j.discovery.dns;

import java.util.List;
import org.xbill.DNS.Record;

/**
 * The answer of the name servers to one question.
 *
 * @param kind whether there are records
 * @param records the records of the requested type, after following aliases; empty unless found
 * @param additional the records that the server added
 * @param ttlSeconds the shortest time to live of the records and the aliases; for an empty answer,
 *     the time for which it may be cached (RFC 2308)
 */
record Answer(Kind kind, List<Record> records, List<Record> additional, long ttlSeconds) {
  enum Kind {
    /** There are records. */
    FOUND,
    /** The name exists, but has no records of the type. */
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
