/**
 * The {@code dns} discovery: backends by name, from address and SRV records.
 *
 * <p>{@link io.upstream4j.discovery.dns.DnsProvider} reads {@code Entry}s. A {@code DnsWatch} joins
 * what one {@code NameWatch} per entry knows, each asking at its own {@code Pace}. One look-up is a
 * {@code NameLookup}, whose {@code Questions} go to {@code Names}: the hosts file, the search list,
 * and {@code ServerQueries} to name servers over {@code Wire}. Messages and records are dnsjava's.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.discovery.dns;
