package io.upstream4j.distribution.acceptance;

import static io.upstream4j.distribution.acceptance.Waiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the status page of the linked image in a browser. */
class StatusPageIT {
  private static final String ECHO_PORT = "location / { return 200 $server_port; }";
  private static final int WIDE = 1280;
  private static final int PHONE = 360;

  @TempDir Path folder;

  @BeforeAll
  static void serversAndBrowserAreThere() {
    Nginx.assumeInstalled();
    Browser.assumeInstalled();
  }

  private static String yaml(Nginx one, Nginx two) {
    return """
        upstreams:
          api:
            addrs: ["%s", "%s"]
            health_check: tcp://api?check_frequency=200ms&connection_timeout=10s&failure=1&success=1
        """
        .formatted(one.address(), two.address());
  }

  private static String row(Nginx server) {
    return "[data-upstream=api] [data-backend=\"" + server.address() + "\"]";
  }

  private static String button(Nginx server, String action) {
    return row(server) + " button[aria-label^=" + action + "]";
  }

  private static String state(Nginx server, String word) {
    return "document.querySelector('%s .state')?.textContent.includes('%s')"
        .formatted(row(server), word);
  }

  private static void awaitMore(Load load, Nginx server) {
    long before = load.answers(server.port());
    until(() -> load.answers(server.port()) > before + 200);
  }

  @Test
  void aBackendIsDrainedByItsButtonAndTheTrafficMoves() throws Exception {
    try (Nginx one = Nginx.start(folder.resolve("one"), ECHO_PORT);
        Nginx two = Nginx.start(folder.resolve("two"), ECHO_PORT);
        Image image = Image.serve(folder, yaml(one, two), "");
        Load load = Load.start(image.gateway(), 4);
        Browser browser = Browser.start(folder)) {
      browser.open(image.admin(), WIDE, 900);
      browser.await(state(one, "healthy") + " && " + state(two, "healthy"));
      awaitMore(load, one);

      browser.click(button(one, "Drain"));
      browser.await(state(one, "draining"));
      browser.await(
          "document.querySelector('%s [data-label=\"In flight\"]').textContent === '0'"
              .formatted(row(one)));
      awaitMore(load, two); // so that requests in progress were answered
      long drained = load.answers(one.port());
      awaitMore(load, two);
      assertThat(load.answers(one.port())).isEqualTo(drained);
      browser.await("document.querySelector('#events').textContent.includes('drain')");

      // With the keyboard: the pressed button is removed, and the focus moves on.
      browser.await(
          "document.activeElement === document.querySelector('%s')"
              .formatted(button(one, "Enable")));
      browser.press("Enter");
      browser.await(state(one, "healthy"));
      awaitMore(load, one);
      assertThat(load.failures()).isEmpty();
    }
  }

  @Test
  @SuppressWarnings("try") // the resource closed by hand is the failing one
  void everyRedMarkSaysWhy() throws Exception {
    try (Nginx one = Nginx.start(folder.resolve("one"), ECHO_PORT);
        Nginx two = Nginx.start(folder.resolve("two"), ECHO_PORT);
        Image image = Image.serve(folder, yaml(one, two), "");
        Browser browser = Browser.start(folder)) {
      browser.open(image.admin(), WIDE, 900);
      browser.await(state(one, "healthy"));

      one.close();
      browser.await(state(one, "unhealthy"));
      browser.await(
          "document.querySelector('%s .reason').textContent.includes('refused')"
              .formatted(row(one)));
      two.close();
      browser.await(
          "document.querySelector('[data-upstream=api] .note').textContent"
              + ".includes('no backend is in service')");

      Files.writeString(folder.resolve("upstreams.yaml"), "upstreams: { api: { adrs: [x] } }");
      browser.await(
          "!document.querySelector('#refused').hidden && document.querySelector('#refused')"
              + ".textContent.includes('adrs: unknown option')");
      browser.await(
          "document.querySelector('#events').textContent.includes('adrs: unknown option')");

      image.close();
      browser.await("document.querySelector('#link').textContent.includes('no answer')");
    }
  }

  @Test
  void itIsForPhonesForTheDarkAndForScreenReaders() throws Exception {
    try (Nginx one = Nginx.start(folder.resolve("one"), ECHO_PORT);
        Nginx two = Nginx.start(folder.resolve("two"), ECHO_PORT);
        Image image = Image.serve(folder, yaml(one, two), "");
        Browser browser = Browser.start(folder)) {
      for (int width : new int[] {WIDE, PHONE}) {
        browser.open(image.admin(), width, 740);
        browser.await(state(one, "healthy"));
        assertThat(browser.eval("document.documentElement.scrollWidth").intValue())
            .as("width of the page in a window of " + width)
            .isLessThanOrEqualTo(width);
        assertThat(browser.accessible())
            .contains(
                "heading Upstreams",
                "table Backends of api",
                "columnheader Backend",
                "rowheader " + one.address(),
                "button Drain " + one.address() + " of api",
                "button Disable " + two.address() + " of api",
                "log Events")
            .anyMatch(element -> element.startsWith("image requests per second"));
      }
      String bright = browser.eval(COLOURS).textValue();
      browser.prefer("prefers-color-scheme", "dark");
      browser.await(COLOURS + " !== '" + bright + "'");
    }
  }

  private static final String COLOURS =
      "(s => s.color + ' on ' + s.backgroundColor)(getComputedStyle(document.body))";
}
