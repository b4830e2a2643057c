package io.upstream4j.core.runtime;

/**
 * What a plug-in made for one upstream.
 *
 * @param <T> what it is
 * @param made the product; to be called through its lane, but for picks
 * @param lane where its calls run
 */
public record PluginProduct<T>(T made, PluginLane lane) {}
