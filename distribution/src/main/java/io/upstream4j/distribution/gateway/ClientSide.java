package io.upstream4j.distribution.gateway;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.upstream4j.core.connect.memory.MemoryAccount;
import org.jspecify.annotations.Nullable;

/**
 * The client of a {@link ProxyExchange}, independent of its version of HTTP. Confined to the
 * client's event loop.
 */
interface ClientSide {
  /** Returns the client's connection. */
  Channel channel();

  /** Returns the account charged for data that the gateway holds for the connection. */
  MemoryAccount account();

  /** Returns whether the client reads the response as fast as it is written. */
  boolean isWritable();

  /**
   * Called when bytes of the request's body were forwarded or dropped, so that the client may send
   * as many more.
   */
  void consumed(int bytes);

  Counters counters();

  /** Returns whether the gateway allows another request on the connection. */
  boolean staysOpen();

  /** Reads from the client, unless earlier data is still unprocessed. */
  void readIfWanted();

  /** Flushes what an exchange wrote: now, or at the end of the current read. */
  void flushContentSoon(ProxyExchange current);

  /** Writes the head of a response. */
  void writeHead(HttpResponse head, boolean answersHead);

  /**
   * Returns why a response is not valid for the client's request. Null when it is valid, and for
   * interim responses other than {@code 101}.
   */
  @Nullable String problem(HttpResponse head);

  /**
   * Sends the head that switches protocols. From then on, parts are the bytes of that protocol in
   * both directions.
   */
  void openTunnel(HttpResponse head);

  /** Writes a part of a response without flushing. */
  void write(HttpContent part);

  /** Flushes: now, or at the end of the current read. */
  void flush();

  /**
   * Called when the exchange has ended and its response was written.
   *
   * @param keepAlive whether another request may follow
   * @param requestComplete whether the whole request was read
   */
  void exchangeEnded(boolean keepAlive, boolean requestComplete);

  /**
   * Cuts off the response.
   *
   * @param reset whether the client would take a normal close for the end of the response
   */
  void breakOff(boolean reset);
}
