package io.upstream4j.distribution.admin;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Sends an answer whose body comes in pieces: the worker makes one, the connection's event loop
 * sends it, and the next one is made once the connection takes more. A body that is one piece is
 * sent with its length. Confined to that loop but for the making.
 *
 * <p>In memory are at most what the connection may hold before it is full ({@link
 * Admin#MAX_UNSENT_BYTES}) and one piece above that: some hundred kilobytes, however large the body
 * is and however slowly it is read.
 */
final class PieceSender {
  /** What is made at a time: one unit of the body above this at most. */
  static final int PIECE_BYTES = 32 * 1024;

  /** Hears how it ended. Called on the connection's loop. */
  interface End {
    /** All was written. */
    void sent();

    /** Nothing was written, so that another answer may be. */
    void failed(Throwable cause);
  }

  private static final Logger LOG = System.getLogger(PieceSender.class.getName());

  private final ChannelHandlerContext context;
  private final Executor worker;
  private final Answer answer;
  private final Pieces pieces;
  private final HttpVersion version;
  private final End end;
  private boolean making;
  private boolean begun;
  private boolean ended;

  /**
   * Creates a sender that has sent nothing yet.
   *
   * @param worker may reject
   * @param version of the request
   * @param end not told when the connection ends before
   */
  PieceSender(
      ChannelHandlerContext context, Executor worker, Answer answer, HttpVersion version, End end) {
    this.context = context;
    this.worker = worker;
    this.answer = answer;
    this.pieces = requireNonNull(answer.pieces(), "pieces");
    this.version = version;
    this.end = end;
  }

  /** Has the next piece made, unless one is, or the connection takes no more for now. */
  void proceed() {
    assert context.executor().inEventLoop();
    if (making || ended || !context.channel().isWritable() || !context.channel().isActive()) {
      return;
    }
    making = true;
    try {
      worker.execute(this::make);
    } catch (RejectedExecutionException e) {
      fail(e);
    }
  }

  private void make() {
    ByteBuf piece = context.alloc().buffer(PIECE_BYTES);
    boolean more = true;
    try (ByteBufOutputStream out = new ByteBufOutputStream(piece)) {
      while (more && piece.readableBytes() < PIECE_BYTES) {
        more = pieces.next(out);
      }
    } catch (IOException | RuntimeException e) {
      piece.release();
      onLoop(() -> fail(e), null);
      return;
    }
    boolean last = !more;
    onLoop(() -> send(piece, last), piece);
  }

  private void onLoop(Runnable step, @Nullable ByteBuf piece) {
    try {
      context.executor().execute(step);
    } catch (RejectedExecutionException e) { // the loop has ended, and its connections with it
      if (piece != null) {
        piece.release();
      }
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // a failure closes the connection
  private void send(ByteBuf piece, boolean last) {
    making = false;
    ended = last;
    if (!begun && last) {
      context.write(answer.whole(piece));
    } else {
      if (!begun) {
        context.write(answer.head(version));
      }
      context.write(new DefaultHttpContent(piece)); // of a connection that has ended: released
      if (last) {
        context.write(LastHttpContent.EMPTY_LAST_CONTENT);
      }
    }
    begun = true;
    context.flush();
    if (last) {
      end.sent();
    } else {
      proceed();
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the end
  private void fail(Exception cause) {
    ended = true;
    if (!begun) {
      end.failed(cause);
    } else if (context.channel().isActive()) { // only its end tells that something is missing
      LOG.log(Level.ERROR, "an admin response failed", cause);
      context.close();
    }
  }
}
