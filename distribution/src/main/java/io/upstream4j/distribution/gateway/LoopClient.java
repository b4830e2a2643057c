package io.upstream4j.distribution.gateway;

import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/** A client connection in {@link LoopClients}. Confined to its event loop. */
abstract class LoopClient extends ChannelInboundHandlerAdapter {
  static final int KEPT = -1;

  /** Used by {@link LoopClients}: the current list and the links in it. */
  LoopClients.@Nullable ClientList list;

  @Nullable LoopClient next;

  @Nullable LoopClient previous;

  /** Used by {@link LoopClients}: when the connection became idle, in seconds of its clock. */
  int idleFrom;

  /** Used by {@link LoopClients}: whether the connection has ever been busy. */
  boolean used;

  /** Used by {@link LoopClients}: when it was told to close for another one, or {@link #KEPT}. */
  int evictedSince = KEPT;

  /** Called once a second. */
  abstract void onTick(int now);

  /** Stops taking requests, and closes the connection when none is in progress. */
  abstract void closeIfIdle();

  /** Closes the connection at once, aborting any request in progress. */
  abstract void closeNow();
}
