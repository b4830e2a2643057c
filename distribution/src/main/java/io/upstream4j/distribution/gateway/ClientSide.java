package io.upstream4j.distribution.gateway;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.upstream4j.core.connect.MemoryAccount;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ProxyExchange} needs of the client that waits for it, whatever version of HTTP that
 * speaks. Confined to the client's event loop.
 */
interface ClientSide {
  /** The connection. */
  Channel channel();

  /** Charged for what the connection makes the gateway hold. */
  MemoryAccount account();

  /** Whether the client takes the response as fast as it is written. */
  boolean isWritable();

  /** Bytes of the request's body were passed on or dropped: the client may send as many more. */
  void consumed(int bytes);

  Counters counters();

  /** Whether the connection may serve another request, as far as the gateway is concerned. */
  boolean staysOpen();

  /** Reads from the client unless what came before has not been dealt with. */
  void readIfWanted();

  /** Has an exchange send what it wrote: now, or once all that has been read is dealt with. */
  void flushContentSoon(ProxyExchange current);

  /** Writes a response's head. */
  void writeHead(HttpResponse head, boolean answersHead);

  /**
   * What is wrong with a response, for what the client has asked for; null when nothing is, or it
   * is an interim one other than {@code 101}.
   */
  @Nullable String problem(HttpResponse head);

  /**
   * Sends the head that grants another protocol. From now on, parts are its bytes in both
   * directions.
   */
  void openTunnel(HttpResponse head);

  /** Writes a part of a response, without flushing. */
  void write(HttpContent part);

  /** Sends what was written: now, or once all that has been read is dealt with. */
  void flush();

  /**
   * The exchange under way is over, its response written.
   *
   * @param keepAlive whether another request may follow
   * @param requestComplete whether the request was read to its end
   */
  void exchangeEnded(boolean keepAlive, boolean requestComplete);

  /**
   * Cuts the response off.
   *
   * @param reset whether the client would take a mere close for the end of the response
   */
  void breakOff(boolean reset);
}
