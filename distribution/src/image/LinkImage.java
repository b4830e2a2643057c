import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.MINUTES;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleFinder;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Links the image with the JDK that runs it: {@code java LinkImage.java MODULE_PATH IMAGE SOURCES
 * PLUGIN...}, where a plug-in is {@code name=jars and folders of jars}.
 *
 * <p>This is a program instead of flags in the POM, because the flags differ between JDKs and the
 * modules depend on the jars.
 */
final class LinkImage {
  private static final int JDK = Runtime.version().feature();

  // jdk.crypto.ec: certificates with elliptic curves on JDK 17. jdk.net: keep-alive times of NIO
  // sockets. jdk.unsupported: signals, and classes that Netty uses. java.logging: Netty.
  private static final List<String> JDK_MODULES =
      List.of("java.logging", "jdk.crypto.ec", "jdk.net", "jdk.unsupported");

  private static final String QUIET_NETTY =
      """

      # Netty would tell every frame that a peer sends on a stream that has ended.
      io.netty.level = WARNING
      """;

  private static final String ANY_PORT = "127.0.0.1:0";
  private static final Pattern ADDRESS = Pattern.compile("http://127\\.0\\.0\\.1:\\d+");
  private static final Visitor NOTHING = (process, log) -> {};

  private LinkImage() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    String modulePath = arguments[0];
    Path image = Path.of(arguments[1]).toAbsolutePath();
    Path sources = Path.of(arguments[2]);
    delete(image);
    link(modulePath, image);
    copyNatives(modulePath, image.resolve("lib"));
    // Processes are found by the program's name (pidof, pgrep, killall).
    Files.copy(
        image.resolve("bin/java"),
        image.resolve("bin/upstream4j"),
        StandardCopyOption.COPY_ATTRIBUTES);
    Path launcher = Files.copy(sources.resolve("upstream"), image.resolve("bin/upstream"));
    if (!launcher.toFile().setExecutable(true, false)) {
      throw new IOException("cannot make " + launcher + " executable");
    }
    Files.writeString(image.resolve("conf/jvm.options"), jvmOptions(sources));
    Files.writeString(
        image.resolve("conf/logging.properties"), QUIET_NETTY, StandardOpenOption.APPEND);
    Path plugins = Files.createDirectory(image.resolve("plugins"));
    Files.copy(sources.resolve("plugins.txt"), plugins.resolve("README.txt"));
    for (int i = 3; i < arguments.length; i++) {
      addPlugin(arguments[i], plugins);
    }
    shareClasses(image, launcher);
  }

  private static void link(String modulePath, Path image) {
    // List them explicitly, because no module requires plug-ins and native libraries.
    Stream<String> ours =
        ModuleFinder.of(
                Stream.of(modulePath.split(System.getProperty("path.separator")))
                    .map(Path::of)
                    .toArray(Path[]::new))
            .findAll()
            .stream()
            .map(module -> module.descriptor().name())
            .sorted();
    String modules =
        Stream.concat(ours, JDK_MODULES.stream()).distinct().collect(Collectors.joining(","));
    ToolProvider jlink =
        ToolProvider.findFirst("jlink")
            .orElseThrow(() -> new IllegalStateException("this JDK has no jlink"));
    // Keep debug data, which stack traces need for line numbers.
    int status =
        jlink.run(
            System.out,
            System.err,
            "--module-path",
            modulePath,
            "--add-modules",
            modules,
            "--no-header-files",
            "--no-man-pages",
            JDK >= 21 ? "--compress=zip-6" : "--compress=2",
            "--output",
            image.toString());
    if (status != 0) {
      throw new IllegalStateException("jlink failed with status " + status);
    }
  }

  /**
   * Copies Netty's native libraries to the folder in which the launcher lets Java look for them.
   * Otherwise each start would extract them to the temporary folder, which may be read-only or
   * mounted noexec.
   */
  private static void copyNatives(String modulePath, Path lib) throws IOException {
    for (Path jar : jars(modulePath)) {
      try (ZipFile zip = new ZipFile(jar.toFile())) {
        for (ZipEntry entry : Collections.list(zip.entries())) {
          if (entry.getName().matches("META-INF/native/[^/]+\\.so")) {
            Path name = Path.of(entry.getName()).getFileName();
            try (InputStream in = zip.getInputStream(entry)) {
              Files.copy(in, lib.resolve(name));
            }
          }
        }
      }
    }
  }

  private static List<Path> jars(String modulePath) throws IOException {
    List<Path> jars = new ArrayList<>();
    for (String entry : modulePath.split(System.getProperty("path.separator"))) {
      try (Stream<Path> files = Files.walk(Path.of(entry))) {
        files.filter(file -> file.toString().endsWith(".jar")).sorted().forEach(jars::add);
      }
    }
    return jars;
  }

  private static void addPlugin(String plugin, Path plugins) throws IOException {
    int equals = plugin.indexOf('=');
    Path folder = Files.createDirectory(plugins.resolve(plugin.substring(0, equals)));
    for (String from : plugin.substring(equals + 1).split(System.getProperty("path.separator"))) {
      try (Stream<Path> jars = Files.walk(Path.of(from))) {
        for (Path jar : jars.filter(Files::isRegularFile).toList()) {
          Files.copy(jar, folder.resolve(jar.getFileName()));
        }
      }
    }
  }

  private static String jvmOptions(Path sources) throws IOException {
    String options = Files.readString(sources.resolve("jvm.options"));
    return JDK >= 24 ? options + Files.readString(sources.resolve("jvm-24.options")) : options;
  }

  /**
   * Replaces the archive of JDK classes with one that also contains ours, which halves the time to
   * start.
   */
  private static void shareClasses(Path image, Path launcher)
      throws IOException, InterruptedException {
    Set<String> used = new LinkedHashSet<>();
    used.addAll(
        classes(image, launcher, List.of("demo", "--listen", ANY_PORT, "--for", "1s"), NOTHING));
    Path config = Files.createTempFile("upstreams", ".yaml");
    HttpServer backend = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    backend.createContext("/", exchange -> answer(exchange));
    backend.start();
    try {
      Files.writeString(
          config,
          "upstreams: { web: { addrs: [\"127.0.0.1:%d\"], health_check: \"http://web/\" } }"
              .formatted(backend.getAddress().getPort()));
      List<String> serve =
          List.of("serve", "--config", "" + config, "--listen", ANY_PORT, "--admin", ANY_PORT);
      used.addAll(classes(image, launcher, serve, LinkImage::visit));
    } finally {
      backend.stop(0);
      Files.delete(config);
    }
    Path list = Files.write(image.resolve("classes.lst"), used);
    // Only G1 archives heap objects; every collector can load them.
    List<String> dump =
        List.of(
            image.resolve("bin/java").toString(),
            "@" + image.resolve("conf/jvm.options"), // the same modules
            "-XX:+UseG1GC",
            "-Xshare:dump",
            "-XX:SharedClassListFile=" + list,
            "--module", // like the launcher, so that the module graph is taken from the archive
            "io.upstream4j.distribution/io.upstream4j.distribution.UpstreamCommand");
    run(image, "", dump, NOTHING);
    Files.delete(list);
  }

  /**
   * Returns what a command loads: classes, and the classes that the JVM generates for lambdas. The
   * numbers that some JDKs assign to classes are removed, because they differ between runs; only
   * classes of plug-in class loaders need them, and those are left out. Constants of picocli are
   * left out, too: resolving them ahead of time links its classes, and linked classes of Java 5
   * cannot be archived.
   */
  private static List<String> classes(
      Path image, Path launcher, List<String> arguments, Visitor visitor)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(arguments);
    Path list = image.resolve("used.lst");
    run(image, "-Xshare:off -XX:DumpLoadedClassList=" + list, command, visitor);
    List<String> used =
        Files.readAllLines(list).stream()
            .filter(line -> !line.contains(" source: ") && !line.startsWith("@cp picocli"))
            .map(line -> line.replaceFirst(" id: \\d+$", ""))
            .toList();
    Files.delete(list);
    return used;
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.sendResponseHeaders(200, -1);
    }
  }

  /** Sends requests to a started gateway, and stops it. */
  private static void visit(Process gateway, Path log) throws IOException, InterruptedException {
    List<String> addresses = List.of();
    for (long end = System.nanoTime() + MINUTES.toNanos(1); addresses.size() < 2; ) {
      if (!gateway.isAlive() || System.nanoTime() > end) {
        throw new IllegalStateException("the gateway did not start:\n" + Files.readString(log));
      }
      gateway.waitFor(50, MILLISECONDS);
      addresses =
          ADDRESS.matcher(Files.readString(log)).results().map(MatchResult::group).toList();
    }
    for (String address : addresses) {
      for (String path : List.of("/", "/upstreams", "/metrics", "/")) {
        HttpURLConnection connection =
            (HttpURLConnection) URI.create(address + path).toURL().openConnection(Proxy.NO_PROXY);
        connection.getResponseCode();
        connection.disconnect();
      }
    }
    gateway.destroy();
  }

  /** Uses a process while it runs. */
  private interface Visitor {
    void visit(Process process, Path log) throws IOException, InterruptedException;
  }

  private static void run(Path image, String javaOptions, List<String> command, Visitor visitor)
      throws IOException, InterruptedException {
    Path log = image.resolveSibling("image.log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("UPSTREAM_JAVA_OPTS", javaOptions);
    Process process = builder.start();
    try {
      visitor.visit(process, log);
      if (!process.waitFor(2, MINUTES) || process.exitValue() != 0) {
        throw new IllegalStateException(command + " failed:\n" + Files.readString(log));
      }
    } finally {
      process.destroyForcibly();
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(
              file -> {
                try {
                  Files.delete(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }
}
