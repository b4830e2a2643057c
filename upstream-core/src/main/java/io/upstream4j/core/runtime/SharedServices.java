package io.upstream4j.core.runtime;

import io.upstream4j.api.spi.Scheduler;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.function.DoubleSupplier;

/**
 * What all upstreams of one program share.
 *
 * @param loop the only writer of their state
 * @param blocking for calls that block
 * @param pluginThreads for plug-ins that are not part of this library
 * @param events takes what listeners hear
 * @param connections the connector
 * @param peers who uses which
 * @param quota how many backends there may be
 * @param sendings the requests that programs have sent whole
 * @param clock for times that people read
 * @param random from 0 (inclusive) to 1 (exclusive)
 */
public record SharedServices(
    Scheduler loop,
    Executor blocking,
    PluginThreads pluginThreads,
    EventBus events,
    Connections connections,
    PeerUse peers,
    BackendQuota quota,
    OpenSends sendings,
    InstantSource clock,
    DoubleSupplier random) {}
