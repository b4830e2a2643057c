package io.upstream4j.discovery.dns;

import org.xbill.DNS.Type;

/** The type of records from which backends are made. */
enum RecordType {
  /** {@link #SRV} for {@code _service._proto.name}, else addresses of both families. */
  AUTO,
  /** IPv4 addresses. */
  A,
  /** IPv6 addresses. */
  AAAA,
  /** SRV records, with targets, ports, priorities and weights (RFC 2782). */
  SRV;

  /** Returns the types of address records to look up, IPv4 first; for SRV, those of its targets. */
  int[] addressTypes(boolean ipv4Only) {
    return switch (this) {
      case A -> new int[] {Type.A};
      case AAAA -> new int[] {Type.AAAA};
      case AUTO, SRV -> ipv4Only ? new int[] {Type.A} : new int[] {Type.A, Type.AAAA};
    };
  }
}
