package io.upstream4j.distribution.gateway;

import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/** One client connection, as {@link LoopClients} sees it. Confined to its event loop. */
abstract class LoopClient extends ChannelInboundHandlerAdapter {
  static final int KEPT = -1;

  /** For {@link LoopClients}: the list it is in, and its links there. */
  LoopClients.@Nullable ClientList list;

  @Nullable LoopClient next;

  @Nullable LoopClient previous;

  /** For {@link LoopClients}, in seconds of its clock. */
  int idleFrom;

  /** For {@link LoopClients}: whether it has sent anything. */
  boolean used;

  /** For {@link LoopClients}: when it was told to close for another, or {@link #KEPT}. */
  int evictedSince = KEPT;

  /** Called once a second. */
  abstract void onTick(int now);

  /** Takes no more requests, and closes the connection once none is under way. */
  abstract void closeIfIdle();

  /** Closes the connection at once, with whatever is under way. */
  abstract void closeNow();
}
