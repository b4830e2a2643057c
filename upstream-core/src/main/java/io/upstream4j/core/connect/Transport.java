package io.upstream4j.core.connect;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.IdentityHashMap;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The event loops and the kinds of channel that run on them: epoll where it loads, else NIO. */
final class Transport {
  private final boolean epoll;
  private final LoopThreads threads = new LoopThreads();
  private final MultiThreadIoEventLoopGroup group;
  private final EventLoop[] loops;
  // Read-only once made, so that threads may share it.
  private final IdentityHashMap<EventLoop, Integer> indexes = new IdentityHashMap<>();

  private Transport(int threads, boolean epoll) {
    this.epoll = epoll;
    IoHandlerFactory handlers = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    this.group = new MultiThreadIoEventLoopGroup(threads, this.threads, handlers);
    this.loops = new EventLoop[threads];
    int next = 0;
    for (EventExecutor loop : group) {
      loops[next] = (EventLoop) loop;
      indexes.put(loops[next], next);
      next++;
    }
  }

  static Transport start(int threads) {
    return new Transport(threads, load());
  }

  /** Whether there is epoll; which is known once its native library was loaded, or was not. */
  static boolean load() {
    return Epoll.isAvailable();
  }

  /** For tests of what NIO does differently. */
  static Transport startNio(int threads) {
    return new Transport(threads, false);
  }

  String name() {
    return epoll ? "epoll" : "nio";
  }

  boolean isEpoll() {
    return epoll;
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
   * Ends the loops and waits for their threads, which outlive the group's own word by an instant.
   *
   * @return whether the calling thread was interrupted meanwhile
   */
  boolean end() {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    boolean interrupted = Thread.interrupted();
    for (Thread thread : threads.threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    return interrupted;
  }

  ChannelFactory<Channel> channels() {
    return epoll ? EpollSocketChannel::new : NioSocketChannel::new;
  }

  /** Channels to Unix domain sockets. */
  ChannelFactory<Channel> domainChannels() {
    return epoll ? EpollDomainSocketChannel::new : NioDomainSocketChannel::new;
  }

  /** The address of a Unix domain socket, for {@link #domainChannels}. */
  SocketAddress domainAddress(String path) {
    return epoll ? new DomainSocketAddress(path) : UnixDomainSocketAddress.of(path);
  }

  Class<? extends ServerChannel> serverChannelType() {
    return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  private static final class LoopThreads implements ThreadFactory {
    private final AtomicInteger made = new AtomicInteger();
    private final Queue<Thread> threads = new ConcurrentLinkedQueue<>();

    @Override
    public Thread newThread(Runnable task) {
      Thread thread = new FastThreadLocalThread(task, "upstream4j-loop-" + made.incrementAndGet());
      thread.setDaemon(true);
      threads.add(thread);
      return thread;
    }
  }
}
