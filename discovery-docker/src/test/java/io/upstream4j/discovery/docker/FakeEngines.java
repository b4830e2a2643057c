package io.upstream4j.discovery.docker;

import io.upstream4j.discovery.docker.Container.Port;
import io.upstream4j.discovery.docker.Container.Published;
import io.upstream4j.discovery.docker.Container.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** A scripted engine, and connections to it. */
final class FakeEngines {
  final List<Container> containers = new ArrayList<>();
  final List<Connection> open = new ArrayList<>();
  boolean broken;
  int asked;
  Runnable duringList = () -> {};

  /** Returns a container in the network {@code bridge} that exposes port 80. */
  static Container container(String name, String address, Map<String, String> labels) {
    return new Container(
        "id-" + name,
        name,
        labels,
        Status.SERVING,
        false,
        Optional.empty(),
        Map.of("bridge", address),
        List.of(port(80)));
  }

  static Port port(int number) {
    return new Port(number, Optional.empty());
  }

  static Port port(int number, String address, int published) {
    return new Port(number, Optional.of(new Published(address, published)));
  }

  static Container waiting(Container of) {
    return new Container(
        of.id(),
        of.name(),
        of.labels(),
        Status.WAITING,
        of.onHost(),
        of.networkOf(),
        of.networks(),
        of.ports());
  }

  /** Returns a container that uses the network of another one. */
  static Container inNetworkOf(Container owner, String name, Map<String, String> labels) {
    return new Container(
        "id-" + name,
        name,
        labels,
        Status.SERVING,
        false,
        Optional.of(owner.id()),
        Map.of(),
        List.of());
  }

  Engine connect() {
    return new Connection();
  }

  void tell(Engine.Kind kind, String name) {
    List.copyOf(open).forEach(each -> each.onEvent.accept(new Engine.Event("id-" + name, kind)));
  }

  void cutOff() {
    List.copyOf(open).forEach(each -> each.onEnd.accept(new IOException("engine is gone")));
  }

  final class Connection implements Engine {
    private Consumer<Event> onEvent = event -> {};
    private Consumer<Exception> onEnd = cause -> {};

    private void ask() throws IOException {
      asked++;
      if (broken) {
        throw new IOException("engine does not answer");
      }
    }

    @Override
    public void watch(Consumer<Event> eventListener, Consumer<Exception> endListener)
        throws IOException {
      ask();
      onEvent = eventListener;
      onEnd = endListener;
      open.add(this);
    }

    @Override
    public List<Container> list() throws IOException {
      ask();
      List<Container> now = List.copyOf(containers);
      duringList.run();
      return NetworkOwners.resolved(now);
    }

    @Override
    public Surroundings surroundings() {
      return Surroundings.NONE;
    }

    @Override
    public void close() {
      open.remove(this);
    }
  }
}
