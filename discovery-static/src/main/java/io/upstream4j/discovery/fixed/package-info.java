/**
 * The {@code static} discovery: backends listed in the configuration, by address or by name.
 *
 * <p>{@link io.upstream4j.discovery.fixed.StaticProvider} reads {@code Entry}s. {@code
 * StaticDiscovery} reports at once when all are addresses; otherwise a {@code NameWatch} looks up
 * the names.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.discovery.fixed;
