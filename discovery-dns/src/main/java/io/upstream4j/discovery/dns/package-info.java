/**
 * The {@code dns} discovery: backends by name, from address and SRV records.
 *
 * <p>{@link io.upstream4j.discovery.dns.DnsProvider} reads {@code Entry}s. A {@code DnsWatch}
 * merges the results of one {@code NameWatch} per entry, each of which asks at its own {@code
 * Pace}. A {@code NameLookup} performs one look-up; its {@code Questions} are answered by {@code
 * Names}: the hosts file, the search list, and {@code ServerQueries} to name servers over {@code
 * Wire}. Messages and records are those of dnsjava.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.discovery.dns;
