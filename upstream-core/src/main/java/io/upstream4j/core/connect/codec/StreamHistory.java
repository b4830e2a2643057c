package io.upstream4j.core.connect.codec;

import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;

/**
 * The last {@value #REMEMBERED} streams that a client opened. Netty keeps only those that are open,
 * so it cannot tell HEADERS of a stream that has ended from HEADERS of a number that was left out
 * (RFC 9113, 5.1 and 5.1.1), and takes a second head of a request for trailers.
 *
 * <p>Frames of a stream that this side has reset may have been on their way, and are no error.
 * Those of a stream that the client has reset are an error of that stream alone.
 */
final class StreamHistory extends Http2ConnectionAdapter {
  private static final int REMEMBERED = 1_024;
  private static final int WORD_BITS = 64;

  private final Http2Connection connection;
  private final long[] opened = new long[REMEMBERED / WORD_BITS];
  private final long[] ended = new long[REMEMBERED / WORD_BITS]; // by both sides, in good order
  private final long[] givenUp = new long[REMEMBERED / WORD_BITS]; // by the client
  private int newest;
  private int beingReset;

  StreamHistory(Http2Connection connection) {
    this.connection = connection;
    connection.addListener(this);
  }

  /** The client resets a stream. */
  void reset(int id) {
    beingReset = id;
  }

  @Override
  public void onStreamClosed(Http2Stream stream) {
    int id = stream.id();
    if (!stream.isResetSent() && newest - id < 2 * REMEMBERED) {
      set(id == beingReset ? givenUp : ended, id, true);
    }
  }

  /** HEADERS of a stream are read; fails when they may not come now. */
  void headers(int id) throws Http2Exception {
    if (id > newest) {
      open(id);
      return;
    }
    Http2Stream stream = connection.stream(id);
    if (stream != null) {
      if (stream.state() == Http2Stream.State.HALF_CLOSED_REMOTE && !stream.isResetSent()) {
        throw Http2Exception.streamError(
            id, Http2Error.STREAM_CLOSED, "HEADERS after the end of stream %d", id);
      }
    } else if (newest - id >= 2 * REMEMBERED || isSet(ended, id)) {
      throw Http2Exception.connectionError(
          Http2Error.STREAM_CLOSED, "HEADERS of stream %d, which has ended", id);
    } else if (!isSet(opened, id)) {
      throw Http2Exception.connectionError(
          Http2Error.PROTOCOL_ERROR, "stream %d after stream %d", id, newest);
    }
  }

  /** Whether a stream is closed that this side reset. */
  boolean wasReset(int id) {
    return newest - id < 2 * REMEMBERED
        && id <= newest
        && connection.stream(id) == null
        && isSet(opened, id)
        && !isSet(ended, id)
        && !isSet(givenUp, id);
  }

  private void open(int id) {
    int oldest = Math.max(newest + 2, id - 2 * (REMEMBERED - 1));
    for (int leftOut = oldest; leftOut < id; leftOut += 2) {
      set(opened, leftOut, false);
      set(ended, leftOut, false);
      set(givenUp, leftOut, false);
    }
    set(opened, id, true);
    set(ended, id, false);
    set(givenUp, id, false);
    newest = id;
  }

  private static void set(long[] bits, int id, boolean value) {
    int index = id / 2 % REMEMBERED;
    long bit = 1L << index % WORD_BITS;
    if (value) {
      bits[index / WORD_BITS] |= bit;
    } else {
      bits[index / WORD_BITS] &= ~bit;
    }
  }

  private static boolean isSet(long[] bits, int id) {
    int index = id / 2 % REMEMBERED;
    return (bits[index / WORD_BITS] & 1L << index % WORD_BITS) != 0;
  }
}
