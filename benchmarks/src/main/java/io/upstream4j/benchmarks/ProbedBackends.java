package io.upstream4j.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Two listeners on all loopback addresses, for {@code benchmarks/health.sh}. Each address acts as a
 * server that accepts connections and records when.
 *
 * <p>Prints the two ports. Then each line of the input is a command, answered by one line: {@code
 * close} and {@code open} for the second port, {@code reset} to clear the records, and {@code
 * report} for the number of addresses that were connected to, the number of connections, and the
 * longest time between two connections to the same address.
 */
public final class ProbedBackends {
  private static final int BACKLOG = 4_096;

  private final Selector selector = Selector.open();
  private final Queue<String> orders = new ConcurrentLinkedQueue<>();
  private final Map<SocketAddress, Seen> seen = new HashMap<>();
  private final ByteBuffer ignored = ByteBuffer.allocateDirect(4_096);
  private ServerSocketChannel mortal;
  private final int mortalPort;

  /** The record of one address. */
  private static final class Seen {
    private int count;
    private long lastNanos;
    private long longestNanos;
  }

  private ProbedBackends() throws IOException {
    int port = port(listen(0));
    mortal = listen(0);
    mortalPort = port(mortal);
    System.out.println(port + " " + mortalPort);
  }

  /** Serves until the input ends. */
  public static void main(String[] args) throws IOException {
    ProbedBackends backends = new ProbedBackends();
    Thread reader = new Thread(backends::readOrders, "orders");
    reader.setDaemon(true);
    reader.start();
    backends.serve();
  }

  private ServerSocketChannel listen(int port) throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open();
    channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    channel.bind(new InetSocketAddress("0.0.0.0", port), BACKLOG);
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_ACCEPT);
    return channel;
  }

  private static int port(ServerSocketChannel channel) {
    return channel.socket().getLocalPort();
  }

  private void readOrders() {
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        order(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      order("end");
    }
  }

  private void order(String line) {
    orders.add(line);
    selector.wakeup();
  }

  private void serve() throws IOException {
    while (true) {
      selector.select();
      for (String order = orders.poll(); order != null; order = orders.poll()) {
        if (order.equals("end")) {
          return;
        }
        System.out.println(obey(order));
      }
      Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
      while (ready.hasNext()) {
        SelectionKey key = ready.next();
        ready.remove();
        if (key.isValid() && key.channel() instanceof ServerSocketChannel listener) {
          accept(listener);
        } else if (key.isValid()) {
          read((SocketChannel) key.channel());
        }
      }
    }
  }

  private String obey(String order) throws IOException {
    switch (order) {
      case "close" -> mortal.close();
      case "open" -> mortal = listen(mortalPort);
      case "reset" -> seen.clear();
      case "report" -> {
        return report();
      }
      default -> {
        return "no such order: " + order;
      }
    }
    return order;
  }

  private void accept(ServerSocketChannel listener) throws IOException {
    for (SocketChannel one = listener.accept(); one != null; one = listener.accept()) {
      long now = System.nanoTime();
      Seen address = seen.computeIfAbsent(one.getLocalAddress(), key -> new Seen());
      if (address.count++ > 0) {
        address.longestNanos = Math.max(address.longestNanos, now - address.lastNanos);
      }
      address.lastNanos = now;
      one.configureBlocking(false);
      one.register(selector, SelectionKey.OP_READ);
    }
  }

  private void read(SocketChannel channel) throws IOException {
    ignored.clear();
    int count;
    try {
      count = channel.read(ignored);
    } catch (IOException e) {
      count = -1; // reset by the peer
    }
    if (count < 0) {
      channel.close();
    }
  }

  private String report() {
    long now = System.nanoTime();
    double[] longest =
        seen.values().stream()
            .mapToDouble(one -> Math.max(one.longestNanos, now - one.lastNanos) / 1e9)
            .sorted()
            .toArray();
    if (longest.length == 0) {
      return "none";
    }
    return String.format(
        Locale.ROOT,
        "%d addresses, %d connections, longest time between two of one address: median %.2f s,"
            + " 99th percentile %.2f s, most %.2f s",
        longest.length,
        seen.values().stream().mapToInt(one -> one.count).sum(),
        longest[longest.length / 2],
        longest[Math.min(longest.length - 1, longest.length * 99 / 100)],
        Arrays.stream(longest).max().orElseThrow());
  }
}
