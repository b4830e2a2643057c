package io.upstream4j.discovery.docker;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallbackTemplate;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.EventType;
import com.github.dockerjava.api.model.Network;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Queries an engine with docker-java. */
final class EngineClient implements Engine {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  // An engine that pauses a container with a health check may not answer for 30 seconds.
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(45);

  /** The events that may change the set of backends; others, such as exec_start, are ignored. */
  private static final String[] EVENTS = {
    "start",
    "die",
    "kill",
    "pause",
    "unpause",
    "rename",
    "update",
    "health_status",
    "connect",
    "disconnect"
  };

  /** Matches the mount of /etc/hostname in a container. */
  private static final Pattern OWN_ID =
      Pattern.compile("/containers/([0-9a-f]{64})/hostname /etc/hostname ");

  /** The default name of the swarm's ingress network. */
  private static final String INGRESS = "ingress";

  private final String host;
  private final DockerClient questions;
  private final DockerClient events;
  private volatile boolean closed;
  private volatile @Nullable Subscription subscription;

  private EngineClient(String host, DockerClient questions, DockerClient events) {
    this.host = host;
    this.questions = questions;
    this.events = events;
  }

  /**
   * Creates a client that connects on its first call.
   *
   * @param certificates the folder with the TLS files; empty for clear text
   */
  static EngineClient of(EngineHost host, Optional<Path> certificates) {
    TlsFiles tls = certificates.map(TlsFiles::new).orElse(null);
    try {
      return new EngineClient(
          host.toString(), client(host, tls, ANSWER_LIMIT), client(host, tls, null));
    } catch (RuntimeException e) {
      throw new IllegalStateException(message(host.toString(), e), e);
    }
  }

  private static DockerClient client(
      EngineHost host, @Nullable TlsFiles tls, @Nullable Duration answerLimit) {
    DefaultDockerClientConfig config =
        new DefaultDockerClientConfig.Builder()
            .withDockerHost(host.toString())
            .withDockerTlsVerify(false)
            .build();
    ZerodepDockerHttpClient.Builder http =
        new ZerodepDockerHttpClient.Builder()
            .dockerHost(host.uri())
            .connectionTimeout(CONNECT_LIMIT);
    if (tls != null) {
      http.sslConfig(tls);
    }
    if (answerLimit != null) {
      http.responseTimeout(answerLimit);
    }
    return DockerClientImpl.getInstance(config, http.build());
  }

  @Override
  public void watch(Consumer<Event> onEvent, Consumer<Exception> onEnd) throws Exception {
    Subscription begun = new Subscription(onEvent, onEnd);
    subscription = begun;
    try {
      events
          .eventsCmd()
          .withEventTypeFilter(EventType.CONTAINER, EventType.NETWORK)
          .withEventFilter(EVENTS)
          .exec(begun);
      begun.started.get(ANSWER_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw failure(e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      throw failure(new IOException("no events within " + ANSWER_LIMIT.toSeconds() + " s", e));
    } catch (RuntimeException e) {
      throw failure(e);
    }
  }

  @Override
  public List<Container> list() throws Exception {
    try {
      List<com.github.dockerjava.api.model.Container> all = questions.listContainersCmd().exec();
      Set<String> ingress =
          all.stream().anyMatch(EngineClient::mayBeInIngress) ? ingress() : Set.of();
      return NetworkOwners.resolved(
          all.stream().map(each -> ContainerReader.read(each, ingress)).toList());
    } catch (RuntimeException e) {
      throw failure(e);
    }
  }

  /**
   * Returns whether a container is a task of a swarm service; only those can be in the ingress
   * network.
   */
  private static boolean mayBeInIngress(com.github.dockerjava.api.model.Container container) {
    Map<String, String> labels = container.getLabels();
    return ContainerReader.networkNames(container).contains(INGRESS)
        || (labels != null && labels.containsKey("com.docker.swarm.task.id"));
  }

  /** Returns the names of the swarm's ingress networks; the swarm has one, with any name. */
  private Set<String> ingress() {
    try {
      return questions.listNetworksCmd().exec().stream()
          .filter(network -> Boolean.TRUE.equals(network.getRawValues().get("Ingress")))
          .map(Network::getName)
          .collect(Collectors.toSet());
    } catch (DockerException e) { // for example behind a proxy that restricts the API
      return Set.of(INGRESS);
    }
  }

  /** Returns the signal that stops a container, or none when the engine does not report it. */
  private int stopSignal(String id) {
    try {
      // docker-java exposes the key only among the raw values.
      Object config = questions.inspectContainerCmd(id).exec().getRawValues().get("Config");
      Object signal = config instanceof Map<?, ?> keys ? keys.get("StopSignal") : null;
      return signal == null ? StopSignal.NONE : StopSignal.number(signal.toString());
    } catch (RuntimeException e) { // gone, which another event reports
      return StopSignal.NONE;
    }
  }

  @Override
  public Surroundings surroundings() throws Exception {
    Optional<String> id = ownId();
    if (id.isEmpty()) {
      return Surroundings.NONE;
    }
    try {
      Map<String, ContainerNetwork> own =
          questions.inspectContainerCmd(id.get()).exec().getNetworkSettings().getNetworks();
      return new Surroundings(
          own.keySet(),
          own.values().stream()
              .map(ContainerNetwork::getGateway)
              .filter(gateway -> gateway != null && !gateway.isEmpty())
              .sorted()
              .findFirst());
    } catch (NotFoundException e) {
      return Surroundings.NONE; // a container of another engine
    } catch (RuntimeException e) {
      throw failure(e);
    }
  }

  private static Optional<String> ownId() throws IOException {
    Path mounts = Path.of("/proc/self/mountinfo");
    if (!Files.isReadable(mounts)) {
      return Optional.empty();
    }
    Matcher own = OWN_ID.matcher(Files.readString(mounts));
    return own.find() ? Optional.of(own.group(1)) : Optional.empty();
  }

  private Exception failure(Throwable cause) {
    return new IOException(message(host, cause), cause);
  }

  /** Returns the cause in words, without docker-java's wrappers. */
  private static String message(String host, Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null && !(root instanceof TlsFiles.UnusableException)) {
      root = root.getCause();
    }
    String message = root.getMessage();
    return "engine " + host + ": " + (message == null ? root.toString() : message.strip());
  }

  @Override
  public void close() {
    closed = true;
    Subscription open = subscription;
    try {
      if (open != null) {
        open.close();
      }
      events.close();
      questions.close();
    } catch (IOException e) {
      throw new IllegalStateException(e); // neither close does I/O that could fail
    }
  }

  /** Receives events on a thread of docker-java. */
  private final class Subscription
      extends ResultCallbackTemplate<Subscription, com.github.dockerjava.api.model.Event> {
    private final Consumer<Engine.Event> onEvent;
    private final Consumer<Exception> onEnd;
    private final CompletableFuture<Void> started = new CompletableFuture<>();

    Subscription(Consumer<Engine.Event> onEvent, Consumer<Exception> onEnd) {
      this.onEvent = onEvent;
      this.onEnd = onEnd;
    }

    @Override
    public void onStart(Closeable stream) {
      super.onStart(stream);
      started.complete(null);
    }

    @Override
    public void onNext(com.github.dockerjava.api.model.Event event) {
      Engine.Event read = EventReader.read(event, EngineClient.this::stopSignal);
      if (read != null) {
        onEvent.accept(read);
      }
    }

    @Override
    public void onError(Throwable cause) {
      end(cause);
      super.onError(cause);
    }

    @Override
    public void onComplete() {
      end(new IOException("the engine ended the stream of events"));
      super.onComplete();
    }

    private void end(Throwable cause) {
      if (!started.completeExceptionally(cause) && !closed) {
        onEnd.accept(failure(cause));
      }
    }
  }
}
