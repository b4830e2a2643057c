package io.upstream4j.distribution.gateway;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One client connection that speaks HTTP/2; each of its streams is an {@link Http2Request}.
 * Confined to its event loop.
 *
 * <p>What a client may cost is bounded, by Netty's codec where it does so: resets, empty frames,
 * CONTINUATION frames, answers to PING and SETTINGS that nobody reads, and too many of these in a
 * second end the connection with ENHANCE_YOUR_CALM. Resets are too many when they outnumber the
 * answers: a proxy brings those of all its clients that lose interest over one connection.
 */
final class Http2Client extends LoopClient {
  static final int MAX_STREAMS = 100;
  private static final int WINDOW_BYTES = 65_535;
  private static final int MAX_RESETS = 200;
  private static final int RESETS_WINDOW_SECONDS = 30;
  private static final int MAX_UNREAD_CONTROL_FRAMES = 1_000;
  private static final int MAX_CONTROL_FRAMES_PER_SECOND = 100;
  private static final int NO_LIMIT = -1;

  private final Gateway gateway;
  private final LoopClients clients;
  private final Channel channel;
  private final Http2FrameCodec codec;
  private final Set<Http2Request> requests = new LinkedHashSet<>();
  private int idleSince;
  private int controlSince;
  private int controlFrames;
  private boolean flushDue;
  private int resetsSince;
  private int resets; // beyond one for each answer

  private Http2Client(Gateway gateway, LoopClients clients, Channel channel) {
    this.gateway = gateway;
    this.clients = clients;
    this.channel = channel;
    this.codec =
        Http2FrameCodecBuilder.forServer()
            .validateHeaders(true)
            .decoderEnforceMaxRstFramesPerWindow(0, 0) // counted here, beside the answers
            .encoderEnforceMaxQueuedControlFrames(MAX_UNREAD_CONTROL_FRAMES)
            .initialSettings(
                Http2Settings.defaultSettings()
                    .maxConcurrentStreams(MAX_STREAMS)
                    .initialWindowSize(WINDOW_BYTES)
                    .connectProtocolEnabled(true) // WebSockets: RFC 8441
                    .maxHeaderListSize(RequestDecoder.MAX_HEAD_BYTES))
            .gracefulShutdownTimeoutMillis(NO_LIMIT) // the gateway's own applies
            .build();
  }

  /** Takes over a connection whose bytes begin with the preface, which was not consumed. */
  static void takeOver(Gateway gateway, LoopClients clients, Channel channel, Client address) {
    Http2Client client = new Http2Client(gateway, clients, channel);
    channel.config().setAutoRead(true); // bodies are held back stream by stream
    channel
        .pipeline()
        .addLast(
            client.codec,
            new Http2MultiplexHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel stream) {
                    stream.config().setAutoRead(false);
                    stream
                        .pipeline()
                        .addLast(new Http2Request(gateway, clients, client, stream, address));
                  }
                }),
            client);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) throws Http2Exception {
    idleSince = clients.now();
    clients.add(this);
    // So that streams whose backends are slow do not use up the connection's window and stall the
    // rest: what may wait is bounded by the window of each stream.
    codec
        .connection()
        .local()
        .flowController()
        .incrementWindowSize(
            codec.connection().connectionStream(), WINDOW_BYTES * (MAX_STREAMS - 1));
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    clients.remove(this);
    gateway.closed();
  }

  /** A frame of the connection, such as PING or SETTINGS, with which the codec has dealt. */
  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ReferenceCountUtil.release(message);
    int now = clients.now();
    if (now != controlSince) {
      controlSince = now;
      controlFrames = 0;
    }
    if (++controlFrames > MAX_CONTROL_FRAMES_PER_SECOND) {
      calmDown();
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // channelInactive tells
  private void calmDown() {
    channel.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.ENHANCE_YOUR_CALM));
    closeNow();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    closeNow();
  }

  /**
   * Sends what was written, with what other streams write before the loop's turn ends: a backend's
   * answers to many of them may come in one read.
   */
  void flushSoon() {
    if (!flushDue) {
      flushDue = true;
      channel.eventLoop().execute(this::flush);
    }
  }

  private void flush() {
    flushDue = false;
    channel.flush();
  }

  /** The head of an answer is on its way. */
  void answered() {
    resets--;
  }

  /** The client has lost interest in a request. */
  void wasReset() {
    int now = clients.now();
    if (now - resetsSince > RESETS_WINDOW_SECONDS) {
      resetsSince = now;
      resets = 0;
    }
    if (++resets > MAX_RESETS) {
      calmDown();
    }
  }

  void began(Http2Request request) {
    requests.add(request);
    clients.busy(this);
  }

  void ended(Http2Request request) {
    requests.remove(request);
    idleSince = clients.now();
    if (requests.isEmpty()) {
      clients.idle(this);
    }
  }

  @Override
  void onTick(int now) {
    if (requests.isEmpty()) {
      if (now - idleSince > gateway.timeouts().idle()) {
        closeIfIdle();
      }
      return;
    }
    List<Http2Request> current = new ArrayList<>(requests); // one that expires leaves
    for (Http2Request request : current) {
      request.onTick(now);
    }
  }

  /** Says GOAWAY; the codec closes the connection once its streams are at their ends. */
  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // channelInactive tells
  void closeIfIdle() {
    channel.close();
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // channelInactive tells
  void closeNow() {
    ChannelHandlerContext ctx = channel.pipeline().context(codec);
    if (ctx != null) {
      ctx.close(); // past the codec, which would wait for the streams
    }
  }
}
