/**
 * Where upstreams run, and what all of them share.
 *
 * <p>In the order of reading: {@link io.upstream4j.core.runtime.ControlLoop}, the only writer of
 * their state; {@link io.upstream4j.core.runtime.Workers} and {@link
 * io.upstream4j.core.runtime.PluginThreads}, for calls that may block; {@link
 * io.upstream4j.core.runtime.PluginLane}, through which plug-ins are called; {@link
 * io.upstream4j.core.runtime.EventBus}; {@link io.upstream4j.core.runtime.Connections} and {@link
 * io.upstream4j.core.runtime.PeerUse}, which decide when connections are closed; {@link
 * io.upstream4j.core.runtime.SharedServices}, which holds all of these.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.runtime;
