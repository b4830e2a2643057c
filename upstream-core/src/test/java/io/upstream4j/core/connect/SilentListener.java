package io.upstream4j.core.connect;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/** A listener whose queue is full: whoever connects to it gets no answer. */
final class SilentListener implements AutoCloseable {
  private static final int TRIES = 8;

  private final ServerSocket listener = new ServerSocket();
  private final List<Socket> fillers = new ArrayList<>();

  SilentListener(InetSocketAddress address) throws IOException {
    listener.bind(address, 1);
    while (fillers.size() < TRIES) {
      Socket filler = new Socket();
      fillers.add(filler);
      try {
        filler.connect(listener.getLocalSocketAddress(), 200);
      } catch (SocketTimeoutException e) {
        return;
      }
    }
    throw new AssertionError("the queue is not full after " + TRIES);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** From now on there is room: who still tries is let in. */
  void makeRoom() throws IOException {
    listener.accept().close();
    listener.accept().close();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket filler : fillers) {
      filler.close();
    }
  }
}
