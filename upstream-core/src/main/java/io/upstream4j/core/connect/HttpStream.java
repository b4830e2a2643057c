package io.upstream4j.core.connect;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.upstream4j.core.connect.memory.MemoryAccount;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import org.jspecify.annotations.Nullable;

/**
 * One exchange with a peer: a request and its response, on a connection that nobody else uses for
 * its time (HTTP/1.1), or a stream of one that others share (HTTP/2).
 *
 * <p>Messages are Netty's, for both versions of HTTP: one {@link HttpRequest}, any number of {@link
 * HttpContent}, the last a {@link io.netty.handler.codec.http.LastHttpContent}; a {@code
 * FullHttpRequest} is all three. What is written is released by the stream.
 *
 * <p>Once the request is written and the response read to their ends the connection returns to the
 * pool by itself; there is nothing to close. A caller that loses interest before calls {@link
 * #cancel}.
 *
 * <p>Methods may be called by any thread, and take effect in the order of the calls of one thread.
 * On {@link #eventLoop} they take effect at once.
 */
public interface HttpStream {
  /** The peer at the other end. */
  HttpPeer peer();

  /** The loop that calls the handler. */
  EventLoop eventLoop();

  /** Whether the connection has served a request before. */
  boolean isReused();

  /** Whether the connection speaks HTTP/2, rather than HTTP/1.1. */
  boolean isHttp2();

  /**
   * Starts the exchange. Called once, first.
   *
   * @param head the request's head, which may be a {@code FullHttpRequest}
   * @param handler called on {@link #eventLoop}
   */
  void begin(HttpRequest head, Handler handler);

  /** Writes a part of the request's body, without flushing. */
  void write(HttpContent part);

  /** Sends what was written. */
  void flush();

  /**
   * Whether the peer takes the request's body as fast as it is written. When not, {@link
   * Handler#onWritable} tells when to go on; what is written until then is kept in memory.
   */
  boolean isWritable();

  /**
   * Asks for more of the response. Each call brings any number of {@link Handler#onPart} and then
   * one {@link Handler#onReadComplete}. Nothing is read from the network without being asked for.
   */
  void read();

  /** Abandons the exchange; its connection or stream is closed. No more calls of the handler. */
  void cancel();

  /** What happens to a stream. Called on its event loop, and must not block. */
  interface Handler {
    /**
     * A part of the response. When the peer grants an {@code Upgrade} that the request asked for,
     * that is its {@code 101}; what is written and what comes after that are bytes of the other
     * protocol. A {@code LastHttpContent} that is written then ends that direction alone: the peer
     * is told (FIN, and TLS's close_notify), and what it still sends is read. The end that it tells
     * is the end of the connection.
     *
     * <p>Otherwise: a {@code HttpResponse} (any number of 1xx first, but no {@code 100} unless the
     * request asked for it), any number of {@code HttpContent}, and at the end a {@code
     * LastHttpContent}, after which nothing more is called. The handler releases it.
     */
    void onPart(HttpObject part);

    /** What one {@link HttpStream#read} brought is complete. Not called after the last part. */
    void onReadComplete();

    /** The peer takes more of the request's body. */
    void onWritable();

    /** The exchange broke off; nothing more is called. */
    void onFailure(PeerException cause);

    /**
     * Charged for the bytes of this exchange that wait in memory: of the request, for a peer that
     * does not take them, and of the response, for a handler that does not ask for them. Null, as
     * by default, when nobody counts; each is bounded for itself all the same.
     */
    default @Nullable MemoryAccount account() {
      return null;
    }
  }
}
