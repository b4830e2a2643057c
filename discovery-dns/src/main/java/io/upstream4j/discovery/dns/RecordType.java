package io.upstream4j.discovery.dns;

import org.xbill.DNS.Type;

/** Which records of a name are the backends. */
enum RecordType {
  /** {@link #SRV} for {@code _service._proto.name}, else both kinds of addresses. */
  AUTO,
  /** IPv4 addresses. */
  A,
  /** IPv6 addresses. */
  AAAA,
  /** Targets with ports, priorities and weights (RFC 2782). */
  SRV;

  /** The types of the addresses to look up, IPv4 first; for SRV, of its targets. */
  int[] addressTypes(boolean ipv4Only) {
    return switch (this) {
      case A -> new int[] {Type.A};
      case AAAA -> new int[] {Type.AAAA};
      case AUTO, SRV -> ipv4Only ? new int[] {Type.A} : new int[] {Type.A, Type.AAAA};
    };
  }
}
