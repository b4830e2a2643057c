/**
 * The {@code static} discovery: backends that stand in the configuration, by address or by name.
 *
 * <p>{@link io.upstream4j.discovery.fixed.StaticProvider} reads {@code Entry}s; {@code
 * StaticDiscovery} answers at once when all are addresses; else a {@code NameWatch} looks names up.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.discovery.fixed;
