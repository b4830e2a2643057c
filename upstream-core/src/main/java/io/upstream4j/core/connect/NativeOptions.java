package io.upstream4j.core.connect;

import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.uring.IoUringChannelOption;
import org.jspecify.annotations.Nullable;

/**
 * Options of sockets that a native transport has names of its own for.
 *
 * @param bindWithoutPort leaves the choice of the local port to connect, which may take one that is
 *     in use towards another peer; null where the port is chosen before
 */
record NativeOptions(
    ChannelOption<Integer> keepAliveIdle,
    ChannelOption<Integer> keepAliveInterval,
    ChannelOption<Integer> keepAliveProbes,
    ChannelOption<Integer> userTimeout,
    @Nullable ChannelOption<Boolean> bindWithoutPort) {

  static NativeOptions epoll() {
    return new NativeOptions(
        EpollChannelOption.TCP_KEEPIDLE,
        EpollChannelOption.TCP_KEEPINTVL,
        EpollChannelOption.TCP_KEEPCNT,
        EpollChannelOption.TCP_USER_TIMEOUT,
        EpollChannelOption.IP_BIND_ADDRESS_NO_PORT);
  }

  static NativeOptions ioUring() {
    return new NativeOptions(
        IoUringChannelOption.TCP_KEEPIDLE,
        IoUringChannelOption.TCP_KEEPINTVL,
        IoUringChannelOption.TCP_KEEPCNT,
        IoUringChannelOption.TCP_USER_TIMEOUT,
        null);
  }
}
