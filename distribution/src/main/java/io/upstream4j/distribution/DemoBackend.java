package io.upstream4j.distribution;

import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A small HTTP server that can be made to fail. It answers every request with its name, and {@code
 * /healthz} with its health.
 *
 * <p>Not thread-safe. Runs on a given event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive at exceptionCaught
final class DemoBackend {
  private static final String LOOPBACK = "127.0.0.1";
  private static final int REBIND_MILLIS = 100;

  private final String name;
  private final EventLoop loop;
  private final ChannelGroup connections;
  private volatile boolean well = true;
  private volatile @Nullable Channel listener;
  private int port;

  DemoBackend(String name, EventLoop loop) {
    this.name = name;
    this.loop = loop;
    this.connections = new DefaultChannelGroup(loop);
  }

  String name() {
    return name;
  }

  /** Returns {@code host:port}, once started. */
  String address() {
    return LOOPBACK + ":" + port;
  }

  /** Starts listening on a free port. */
  void start() {
    Channel bound = server().bind(LOOPBACK, 0).syncUninterruptibly().channel();
    port = ((InetSocketAddress) bound.localAddress()).getPort();
    listener = bound;
  }

  /** Closes all connections and stops listening, like a killed process. */
  void die() {
    Channel bound = listener;
    if (bound != null) {
      listener = null;
      bound.close().syncUninterruptibly();
    }
    connections.close().syncUninterruptibly();
  }

  /** Starts listening on the same port again. */
  void comeBack() {
    server()
        .bind(LOOPBACK, port)
        .addListener(
            (io.netty.channel.ChannelFuture bound) -> {
              if (bound.isSuccess()) {
                listener = bound.channel();
              } else if (!loop.isShuttingDown()) {
                // Another program's connection may use the port for a moment.
                loop.schedule(this::comeBack, REBIND_MILLIS, TimeUnit.MILLISECONDS);
              }
            });
  }

  /** Answers 503 to health checks but continues to serve, like a server that is about to stop. */
  void reportUnwell() {
    well = false;
  }

  void reportWell() {
    well = true;
  }

  private ServerBootstrap server() {
    return new ServerBootstrap()
        .group(loop)
        .channel(NioServerSocketChannel.class)
        .childHandler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {
                connections.add(channel);
                channel
                    .pipeline()
                    .addLast(
                        new HttpServerCodec(), new HttpServerKeepAliveHandler(), new Answers());
              }
            });
  }

  private final class Answers extends SimpleChannelInboundHandler<HttpObject> {
    private String path = "";

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
      if (part instanceof HttpRequest request) {
        path = request.uri();
      }
      if (part instanceof LastHttpContent) {
        context.writeAndFlush(answer(context));
      }
    }

    private DefaultFullHttpResponse answer(ChannelHandlerContext context) {
      boolean sick = path.equals("/healthz") && !well;
      ByteBuf text =
          ByteBufUtil.writeUtf8(
              context.alloc(),
              sick ? "backend " + name + " is unwell\n" : "hello from backend " + name + "\n");
      DefaultFullHttpResponse response =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1,
              sick ? HttpResponseStatus.SERVICE_UNAVAILABLE : HttpResponseStatus.OK,
              text);
      response
          .headers()
          .set(CONTENT_TYPE, "text/plain; charset=utf-8")
          .set(CONTENT_LENGTH, text.readableBytes())
          .set("x-backend", name);
      return response;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
