/**
 * The {@code docker} discovery: the containers of an engine that bear a label.
 *
 * <p>The way through it: {@link io.upstream4j.discovery.docker.DockerProvider} reads the options,
 * {@code DockerWatch} keeps up with an {@code Engine}, {@code Placement} makes a backend of a
 * {@code Container}. {@code EngineClient} alone knows docker-java.
 *
 * <p>The package is in no module: docker-java is in none either, and is loaded as a plug-in with a
 * class loader of its own.
 */
@NullMarked
package io.upstream4j.discovery.docker;

import org.jspecify.annotations.NullMarked;
