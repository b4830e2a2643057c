/**
 * The {@code docker} discovery: the containers of an engine that have a label.
 *
 * <p>Reading order: {@link io.upstream4j.discovery.docker.DockerProvider} reads the options, {@code
 * DockerWatch} follows an {@code Engine}, and {@code Placement} turns a {@code Container} into a
 * backend. Only {@code EngineClient} and the readers depend on docker-java.
 *
 * <p>The package is not in a module, because docker-java is not either; it is loaded as a plug-in
 * with its own class loader.
 */
@NullMarked
package io.upstream4j.discovery.docker;

import org.jspecify.annotations.NullMarked;
