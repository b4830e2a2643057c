package io.upstream4j.core.connect;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.nio.NioChannelOption;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.SocketOptions;
import java.io.IOException;
import java.lang.System.Logger;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes sockets with the options of a peer. What the platform lacks is logged, once each. */
final class Sockets {
  private static final Logger LOG = System.getLogger(Sockets.class.getName());

  // A read takes what is there, but at most this many buffers of up to 64 KiB before the caller is
  // asked whether it wants more: so a connection has at most 256 KiB under way.
  private static final int BUFFERS_PER_READ = 4;
  private static final int LEAST_BUFFER = 512;
  private static final int FIRST_BUFFER = 4_096;
  private static final int GREATEST_BUFFER = 65_536;

  /** Explicit congestion notification has the lower bits of the byte (RFC 3168, 5). */
  private static final int TOS_BELOW_DSCP = 2;

  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(64 * 1024, 128 * 1024);

  private final Transport transport;
  private final @Nullable NativeOptions nativeOptions;
  private final Map<String, SocketOption<?>> nioOptions;
  private final Set<String> missing = ConcurrentHashMap.newKeySet();

  Sockets(Transport transport) {
    this.transport = transport;
    this.nativeOptions = transport.nativeOptions();
    this.nioOptions = nativeOptions == null ? nioOptions() : Map.of();
  }

  /** What TCP offers through NIO: the keep-alive options are there only with jdk.net. */
  private static Map<String, SocketOption<?>> nioOptions() {
    Map<String, SocketOption<?>> options = new HashMap<>();
    try (SocketChannel channel = SocketChannel.open()) {
      for (SocketOption<?> option : channel.supportedOptions()) {
        options.put(option.name(), option);
      }
    } catch (IOException e) {
      LOG.log(Logger.Level.WARNING, "the socket options of this platform are not known", e);
    }
    return options;
  }

  /** Prepares a TCP socket on a loop. */
  Bootstrap prepare(EventLoop loop, PeerOptions options, ChannelHandler initializer) {
    Bootstrap bootstrap =
        any(loop, options, initializer)
            .channelFactory(transport.channels())
            .option(ChannelOption.TCP_NODELAY, true);
    apply(bootstrap, options.socket());
    return bootstrap;
  }

  /** Prepares a Unix domain socket on a loop; none of the options of sockets are for these. */
  Bootstrap prepareDomain(EventLoop loop, PeerOptions options, ChannelHandler initializer) {
    return any(loop, options, initializer).channelFactory(transport.domainChannels());
  }

  SocketAddress domainAddress(String path) {
    return transport.domainAddress(path);
  }

  private static Bootstrap any(EventLoop loop, PeerOptions options, ChannelHandler initializer) {
    AdaptiveRecvByteBufAllocator reads =
        new AdaptiveRecvByteBufAllocator(LEAST_BUFFER, FIRST_BUFFER, GREATEST_BUFFER);
    reads.maxMessagesPerRead(BUFFERS_PER_READ);
    return new Bootstrap()
        .group(loop)
        .disableResolver()
        .handler(initializer)
        .option(ChannelOption.AUTO_READ, false)
        // A failed write does not close the socket: an answer may be there to be read.
        .option(ChannelOption.AUTO_CLOSE, false)
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
        .option(ChannelOption.RECVBUF_ALLOCATOR, reads)
        .option(
            ChannelOption.CONNECT_TIMEOUT_MILLIS,
            (int)
                Math.min(
                    Integer.MAX_VALUE, Math.max(1, options.timeouts().connection().toMillis())));
  }

  private void apply(Bootstrap bootstrap, SocketOptions socket) {
    if (socket.keepAliveIdle().isPresent()
        || socket.keepAliveInterval().isPresent()
        || socket.keepAliveProbes().isPresent()) {
      bootstrap.option(ChannelOption.SO_KEEPALIVE, true);
    }
    set(
        bootstrap,
        "tcp_idle",
        socket.keepAliveIdle().map(Sockets::seconds).orElse(null),
        NativeOptions::keepAliveIdle,
        "TCP_KEEPIDLE");
    set(
        bootstrap,
        "tcp_interval",
        socket.keepAliveInterval().map(Sockets::seconds).orElse(null),
        NativeOptions::keepAliveInterval,
        "TCP_KEEPINTERVAL");
    set(
        bootstrap,
        "tcp_probe_count",
        socket.keepAliveProbes().orElse(null),
        NativeOptions::keepAliveProbes,
        "TCP_KEEPCOUNT");
    set(
        bootstrap,
        "tcp_user_timeout",
        socket.userTimeout().map(Sockets::millis).orElse(null),
        NativeOptions::userTimeout,
        "TCP_USER_TIMEOUT");
    set(
        bootstrap,
        "tcp_fast_open",
        socket.fastOpen() ? Boolean.TRUE : null,
        any -> ChannelOption.TCP_FASTOPEN_CONNECT,
        "TCP_FASTOPEN_CONNECT");
    socket
        .dscp()
        .ifPresent(value -> bootstrap.option(ChannelOption.IP_TOS, value << TOS_BELOW_DSCP));
    socket.bindTo().ifPresent(address -> bindTo(bootstrap, address));
    socket
        .receiveBufferBytes()
        .ifPresent(bytes -> bootstrap.option(ChannelOption.SO_RCVBUF, bytes));
  }

  private void bindTo(Bootstrap bootstrap, InetAddress address) {
    bootstrap.localAddress(address, 0);
    if (nativeOptions != null && nativeOptions.bindWithoutPort() != null) {
      bootstrap.option(nativeOptions.bindWithoutPort(), true);
    }
  }

  private static Integer seconds(Duration duration) {
    return Math.toIntExact(Math.max(1, duration.toSeconds()));
  }

  private static Integer millis(Duration duration) {
    return Math.toIntExact(duration.toMillis());
  }

  @SuppressWarnings(
      "unchecked") // the options of that name take the values that the native ones take
  private <T> void set(
      Bootstrap bootstrap,
      String name,
      @Nullable T value,
      Function<NativeOptions, ChannelOption<T>> nativeOption,
      String nioName) {
    if (value == null) {
      return;
    }
    SocketOption<?> nioOption = nioOptions.get(nioName);
    if (nativeOptions != null) {
      bootstrap.option(nativeOption.apply(nativeOptions), value);
    } else if (nioOption != null) {
      bootstrap.option(NioChannelOption.of((SocketOption<T>) nioOption), value);
    } else if (missing.add(name)) {
      LOG.log(
          Logger.Level.WARNING,
          name
              + ": no effect, as "
              + nioName
              + " is not offered by NIO here (expected: Linux with netty-transport-native-epoll,"
              + " or the module jdk.net for the keep-alive options)");
    }
  }
}
