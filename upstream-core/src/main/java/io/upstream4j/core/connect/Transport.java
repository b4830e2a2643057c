package io.upstream4j.core.connect;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The event loops and the kinds of channel that run on them. */
final class Transport {
  private static final int TCP_CLOSE_WAIT = 8; // of Linux's tcp_states.h
  private static final Logger LOG = System.getLogger(Transport.class.getName());

  /** How long the loops may take to end. */
  private static final int END_SECONDS = 3;

  /** How long those that were interrupted may. */
  private static final int INTERRUPTED_SECONDS = 1;

  private final TransportType type;
  private final LoopThreads threads = new LoopThreads();
  private final MultiThreadIoEventLoopGroup group;
  private final EventLoop[] loops;
  // Read-only once made, so that threads may share it.
  private final IdentityHashMap<EventLoop, Integer> indexes = new IdentityHashMap<>();

  private Transport(int threads, TransportType type) {
    this.type = type;
    IoHandlerFactory handlers =
        switch (type) {
          case EPOLL -> EpollIoHandler.newFactory();
          case IO_URING -> IoUringIoHandler.newFactory();
          case NIO -> NioIoHandler.newFactory();
        };
    this.group = new MultiThreadIoEventLoopGroup(threads, this.threads, handlers);
    this.loops = new EventLoop[threads];
    int next = 0;
    for (EventExecutor loop : group) {
      loops[next] = (EventLoop) loop;
      indexes.put(loops[next], next);
      next++;
    }
  }

  /**
   * Starts the loops.
   *
   * @throws IllegalArgumentException when this machine does not have the type
   */
  static Transport start(int threads, TransportType type) {
    type.unavailable()
        .ifPresent(
            reason -> {
              throw new IllegalArgumentException(
                  "transport: " + type + " is not to be had here: " + reason);
            });
    return new Transport(threads, type);
  }

  TransportType type() {
    return type;
  }

  MultiThreadIoEventLoopGroup group() {
    return group;
  }

  EventLoop[] loops() {
    return loops;
  }

  /** The position of a loop of this group. */
  int indexOf(EventLoop loop) {
    Integer index = indexes.get(loop);
    if (index == null) {
      throw new IllegalArgumentException(
          "preferred: " + loop + " (expected: one of the connector's eventLoops())");
    }
    return index;
  }

  /**
   * Ends the loops and waits for their threads, which outlive the group's own word by an instant. A
   * loop that a program's code blocks is interrupted after {@value #END_SECONDS} s, with a warning
   * that says what holds it; if it does not end then either, it is left behind.
   *
   * @return whether the calling thread was interrupted meanwhile
   */
  @SuppressWarnings("FutureReturnValueIgnored") // the threads are waited for instead
  boolean end() {
    group.shutdownGracefully(0, END_SECONDS, TimeUnit.SECONDS);
    boolean interrupted = threads.join(END_SECONDS);
    List<Thread> stuck = threads.alive();
    stuck.forEach(Transport::warnAndInterrupt);
    return threads.join(stuck.isEmpty() ? 0 : INTERRUPTED_SECONDS) || interrupted;
  }

  private static void warnAndInterrupt(Thread stuck) {
    String stack =
        Stream.of(stuck.getStackTrace())
            .map(frame -> System.lineSeparator() + "\tat " + frame)
            .collect(Collectors.joining());
    LOG.log(
        Level.WARNING,
        "{0} does not end, as code that must not block there blocks it; it is interrupted:{1}",
        stuck.getName(),
        stack);
    stuck.interrupt();
  }

  ChannelFactory<Channel> channels() {
    return switch (type) {
      case EPOLL -> EpollSocketChannel::new;
      case IO_URING -> IoUringSocketChannel::new;
      case NIO -> NioSocketChannel::new;
    };
  }

  /** Channels to Unix domain sockets. */
  ChannelFactory<Channel> domainChannels() {
    return switch (type) {
      case EPOLL -> EpollDomainSocketChannel::new;
      case IO_URING -> IoUringDomainSocketChannel::new;
      case NIO -> NioDomainSocketChannel::new;
    };
  }

  /** The address of a Unix domain socket, for {@link #domainChannels}. */
  SocketAddress domainAddress(String path) {
    return type == TransportType.NIO
        ? UnixDomainSocketAddress.of(path)
        : new DomainSocketAddress(path);
  }

  Class<? extends ServerChannel> serverChannelType() {
    return switch (type) {
      case EPOLL -> EpollServerSocketChannel.class;
      case IO_URING -> IoUringServerSocketChannel.class;
      case NIO -> NioServerSocketChannel.class;
    };
  }

  /**
   * Whether the peer has ended its side of a connection, be there still bytes to read before that.
   * Only epoll tells; false otherwise.
   */
  static boolean hasPeerEnded(Channel channel) {
    return channel instanceof EpollSocketChannel socket && socket.isOpen() && isInCloseWait(socket);
  }

  private static boolean isInCloseWait(EpollSocketChannel socket) {
    try {
      return socket.tcpInfo().state() == TCP_CLOSE_WAIT;
    } catch (RuntimeException e) {
      return false; // a socket that has just been closed
    }
  }

  /** The names of socket options; null for NIO, which has the JDK's. */
  @Nullable NativeOptions nativeOptions() {
    return switch (type) {
      case EPOLL -> NativeOptions.epoll();
      case IO_URING -> NativeOptions.ioUring();
      case NIO -> null;
    };
  }

  private static final class LoopThreads implements ThreadFactory {
    private final AtomicInteger made = new AtomicInteger();
    private final Queue<Thread> threads = new ConcurrentLinkedQueue<>();

    @Override
    public Thread newThread(Runnable task) {
      Thread thread = new LoopThread(task, "upstream4j-loop-" + made.incrementAndGet());
      thread.setDaemon(true);
      threads.add(thread);
      return thread;
    }

    List<Thread> alive() {
      return threads.stream().filter(Thread::isAlive).toList();
    }

    /** Waits for all; returns whether the calling thread was interrupted meanwhile. */
    boolean join(long seconds) {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
      boolean interrupted = false;
      for (Thread thread : threads) {
        long left = end - System.nanoTime();
        while (thread.isAlive() && left > 0) {
          try {
            TimeUnit.NANOSECONDS.timedJoin(thread, left);
          } catch (InterruptedException e) {
            interrupted = true;
          }
          left = end - System.nanoTime();
        }
      }
      return interrupted;
    }
  }

  /** The thread of an event loop of some connector. */
  static final class LoopThread extends FastThreadLocalThread {
    private LoopThread(Runnable task, String name) {
      super(task, name);
    }
  }
}
