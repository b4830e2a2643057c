package io.upstream4j.distribution.gateway;

import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/** One client connection, as {@link LoopClients} sees it. Confined to its event loop. */
abstract class LoopClient extends ChannelInboundHandlerAdapter {
  /** Links of {@link LoopClients}. */
  @Nullable LoopClient next;

  @Nullable LoopClient previous;

  /** Called once a second. */
  abstract void onTick(int now);

  /** Takes no more requests, and closes the connection once none is under way. */
  abstract void closeIfIdle();

  /** Closes the connection at once, with whatever is under way. */
  abstract void closeNow();
}
