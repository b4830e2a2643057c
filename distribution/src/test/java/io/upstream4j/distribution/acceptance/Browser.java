package io.upstream4j.distribution.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A page of a headless chromium, controlled with the <a
 * href="https://chromedevtools.github.io/devtools-protocol/">DevTools protocol</a>. Not
 * thread-safe.
 */
final class Browser implements AutoCloseable {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final int PATIENCE_SECONDS = 60;

  private final ObjectMapper json = new ObjectMapper();
  private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
  private final Process process;
  private final WebSocket socket;
  private int sequence;

  private Browser(Process process, URI page) {
    this.process = process;
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(page, new Receiver())
            .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
            .join();
  }

  /** Joins messages that arrive in parts. */
  private final class Receiver implements WebSocket.Listener {
    private final StringBuilder message = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(
        WebSocket webSocket, CharSequence part, boolean last) {
      message.append(part);
      if (last) {
        messages.add(message.toString());
        message.setLength(0);
      }
      webSocket.request(1);
      return null;
    }
  }

  static void assumeInstalled() {
    Command.assumeInstalled("chromium");
  }

  /** Starts the browser with an empty profile and access to this machine only. */
  static Browser start(Path folder) throws IOException {
    Path profile = Files.createDirectory(folder.resolve("profile"));
    ProcessBuilder builder =
        new ProcessBuilder(
                CHROMIUM.toString(),
                "--headless=new",
                "--no-sandbox", // the sandbox needs rights that root in a container lacks
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-proxy-server",
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("chromium.log").toFile());
    builder.environment().put("TMPDIR", folder.toString());
    Process process = builder.start();
    try {
      Path told = profile.resolve("DevToolsActivePort");
      Waiting.until(() -> !process.isAlive() || hasPort(told));
      assertThat(process.isAlive())
          .as(() -> "chromium: " + read(folder.resolve("chromium.log")))
          .isTrue();
      int port = Integer.parseInt(Files.readAllLines(told).get(0));
      return new Browser(process, page(port));
    } catch (IOException | RuntimeException | Error e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static boolean hasPort(Path told) {
    return Files.exists(told) && read(told).contains("\n");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static URI page(int port) throws IOException {
    JsonNode targets;
    try (InputStream list = URI.create("http://127.0.0.1:" + port + "/json").toURL().openStream()) {
      targets = new ObjectMapper().readTree(list);
    }
    for (JsonNode target : targets) {
      if (target.get("type").textValue().equals("page")) {
        return URI.create(target.get("webSocketDebuggerUrl").textValue());
      }
    }
    throw new IOException("no page in " + targets);
  }

  /** Opens an address in a window of the given size. */
  void open(URI address, int width, int height) throws IOException {
    call(
        "Emulation.setDeviceMetricsOverride",
        json.createObjectNode()
            .put("width", width)
            .put("height", height)
            .put("deviceScaleFactor", 1)
            .put("mobile", false));
    call("Page.navigate", json.createObjectNode().put("url", address.toString()));
  }

  /** Sets a media feature, such as {@code prefers-color-scheme: dark}. */
  void prefer(String feature, String value) throws IOException {
    ObjectNode media = json.createObjectNode();
    media.putArray("features").addObject().put("name", feature).put("value", value);
    call("Emulation.setEmulatedMedia", media);
  }

  /** Returns the value of an expression in the page; waits for a promise. */
  JsonNode eval(String expression) throws IOException {
    JsonNode result =
        call(
            "Runtime.evaluate",
            json.createObjectNode()
                .put("expression", expression)
                .put("returnByValue", true)
                .put("awaitPromise", true));
    assertThat(result.has("exceptionDetails")).as(result::toString).isFalse();
    return result.get("result").path("value");
  }

  /** Waits until an expression is true in the page. */
  void await(String expression) {
    Waiting.until(
        () -> {
          try {
            return eval("!!(" + expression + ")").booleanValue();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /** Clicks in the middle of an element. */
  void click(String selector) throws IOException {
    JsonNode box =
        eval(
            "(() => { const e = document.querySelector(%s); e.scrollIntoView({block: 'center'});"
                    .formatted(json.writeValueAsString(selector))
                + " const b = e.getBoundingClientRect();"
                + " return { x: b.x + b.width / 2, y: b.y + b.height / 2 }; })()");
    for (String type : List.of("mousePressed", "mouseReleased")) {
      call(
          "Input.dispatchMouseEvent",
          json.createObjectNode()
              .put("type", type)
              .put("x", box.get("x").doubleValue())
              .put("y", box.get("y").doubleValue())
              .put("button", "left")
              .put("clickCount", 1));
    }
  }

  /** Presses a key: {@code Tab} or {@code Enter}. */
  void press(String key) throws IOException {
    boolean enter = key.equals("Enter");
    ObjectNode event =
        json.createObjectNode()
            .put("key", key)
            .put("code", key)
            .put("windowsVirtualKeyCode", enter ? 13 : 9);
    if (enter) {
      event.put("text", "\r");
    }
    call("Input.dispatchKeyEvent", event.deepCopy().put("type", "keyDown"));
    event.remove("text");
    call("Input.dispatchKeyEvent", event.put("type", "keyUp"));
  }

  /** Returns the accessibility tree: role and name of each element that has both. */
  List<String> accessible() throws IOException {
    call("Accessibility.enable", json.createObjectNode());
    List<String> elements = new ArrayList<>();
    for (JsonNode node :
        call("Accessibility.getFullAXTree", json.createObjectNode()).get("nodes")) {
      if (!node.path("ignored").booleanValue()) {
        elements.add(node.at("/role/value").asText() + " " + node.at("/name/value").asText());
      }
    }
    return elements;
  }

  private JsonNode call(String method, ObjectNode parameters) throws IOException {
    int id = ++sequence;
    ObjectNode message = json.createObjectNode().put("id", id).put("method", method);
    message.set("params", parameters);
    socket.sendText(json.writeValueAsString(message), true).join();
    while (true) { // skip events
      JsonNode answer = json.readTree(receive());
      if (answer.path("id").asInt() == id) {
        assertThat(answer.has("error")).as(() -> method + ": " + answer).isFalse();
        return answer.get("result");
      }
    }
  }

  private String receive() throws IOException {
    try {
      String message = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (message == null) {
        throw new IOException("chromium says nothing");
      }
      return message;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    socket.abort();
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().onExit().orTimeout(30, TimeUnit.SECONDS).join();
  }
}
