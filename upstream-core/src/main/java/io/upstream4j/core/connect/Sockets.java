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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes sockets with the options of a peer, those that the platform has. */
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

  /**
   * A setting that not every platform has.
   *
   * @param name in the configuration
   * @param value empty when it is not given
   * @param nioName what the JDK calls it
   */
  private record Setting<T>(
      String name,
      Function<SocketOptions, Optional<T>> value,
      Function<NativeOptions, ChannelOption<T>> nativeOption,
      String nioName) {}

  private static final List<Setting<?>> SETTINGS =
      List.of(
          new Setting<>(
              "tcp_idle",
              socket -> socket.keepAliveIdle().map(Sockets::seconds),
              NativeOptions::keepAliveIdle,
              "TCP_KEEPIDLE"),
          new Setting<>(
              "tcp_interval",
              socket -> socket.keepAliveInterval().map(Sockets::seconds),
              NativeOptions::keepAliveInterval,
              "TCP_KEEPINTERVAL"),
          new Setting<>(
              "tcp_probe_count",
              SocketOptions::keepAliveProbes,
              NativeOptions::keepAliveProbes,
              "TCP_KEEPCOUNT"),
          new Setting<>(
              "tcp_user_timeout",
              socket -> socket.userTimeout().map(Sockets::millis),
              NativeOptions::userTimeout,
              "TCP_USER_TIMEOUT"),
          new Setting<>(
              "tcp_fast_open",
              socket -> socket.fastOpen() ? Optional.of(true) : Optional.empty(),
              any -> ChannelOption.TCP_FASTOPEN_CONNECT,
              "TCP_FASTOPEN_CONNECT"));

  private final Transport transport;
  private final @Nullable NativeOptions nativeOptions;
  private final Map<String, SocketOption<?>> nioOptions;

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
    for (Setting<?> setting : SETTINGS) {
      set(bootstrap, setting, socket);
    }
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
  private <T> void set(Bootstrap bootstrap, Setting<T> setting, SocketOptions socket) {
    T value = setting.value().apply(socket).orElse(null);
    SocketOption<?> nioOption = nioOptions.get(setting.nioName());
    if (value != null && nativeOptions != null) {
      bootstrap.option(setting.nativeOption().apply(nativeOptions), value);
    } else if (value != null && nioOption != null) {
      bootstrap.option(NioChannelOption.of((SocketOption<T>) nioOption), value);
    }
  }

  /** In words, which of these have no effect. */
  List<String> ignored(SocketOptions socket) {
    List<String> reasons = new ArrayList<>();
    for (Setting<?> setting : SETTINGS) {
      if (setting.value().apply(socket).isPresent()
          && nativeOptions == null
          && !nioOptions.containsKey(setting.nioName())) {
        reasons.add(
            setting.name()
                + " has no effect, as "
                + setting.nioName()
                + " is not offered by NIO here (expected: Linux with"
                + " netty-transport-native-epoll, or the module jdk.net for the keep-alive"
                + " options)");
      }
    }
    return reasons;
  }
}
