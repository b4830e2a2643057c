package io.upstream4j.distribution.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Plugin;
import io.upstream4j.testjar.PluginJar;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * Plug-ins that misbehave in one call each. They are compiled together and packed into a jar each.
 */
final class BadPlugins {
  /** The call in which a plug-in misbehaves. */
  enum Call {
    STATIC("a static initialiser", LoadBalancerProvider.class),
    CONSTRUCTOR("its constructor", LoadBalancerProvider.class),
    TYPE("type()", LoadBalancerProvider.class),
    OPTIONS("options()", LoadBalancerProvider.class),
    MAKES_BACKENDS("makesBackends()", LoadBalancerProvider.class),
    READER("its options", LoadBalancerProvider.class),
    CREATE("create()", LoadBalancerProvider.class),
    PREPARE("prepare()", LoadBalancerProvider.class),
    CREATE_DISCOVERY("create()", DiscoveryProvider.class),
    START("start()", DiscoveryProvider.class),
    CREATE_CHECK("create()", HealthChecker.class),
    PROBE("probe()", HealthChecker.class);

    private final String words;
    private final Class<? extends Plugin> kind;

    Call(String words, Class<? extends Plugin> kind) {
      this.words = words;
      this.kind = kind;
    }

    /** The description of the call in messages. */
    String words() {
      return words;
    }

    /** Whether it is called while plug-ins are loaded. */
    boolean isOfLoading() {
      return ordinal() <= MAKES_BACKENDS.ordinal();
    }

    /** Whether a configuration that leads to the call is refused. */
    boolean refuses() {
      return this != START && this != PROBE;
    }
  }

  /** The kind of misbehaviour. */
  enum Deed {
    OVERFLOWS("throw new StackOverflowError();", "threw java.lang.StackOverflowError in "),
    RECURSES("recurse(1);", "threw java.lang.StackOverflowError in "),
    RUNS_OUT(
        "throw new OutOfMemoryError(\"none left\");",
        "threw java.lang.OutOfMemoryError: none left in "),
    FAILS(
        "throw new IllegalStateException(\"out of luck\");", "IllegalStateException: out of luck"),
    FAILS_SILENTLY(
        "throw new IllegalArgumentException();", "threw java.lang.IllegalArgumentException"),
    ERRS("throw new Error(\"out of luck\");", "threw java.lang.Error: out of luck in "),
    LACKS("throw new NoClassDefFoundError(\"gone/Gone\");", "NoClassDefFoundError: gone/Gone"),
    ASSERTS("throw new AssertionError(\"surprise\");", "threw java.lang.AssertionError: surprise"),
    DIES("throw new ThreadDeath();", "threw java.lang.ThreadDeath"),
    SNEAKS(
        "BadPlugin.<RuntimeException>sneak(new java.io.IOException(\"sneaked\"));",
        "threw java.io.IOException: sneaked"),
    IS_MUTE("throw new Mute();", "$Mute"),
    IS_ENDLESS("throw new IllegalStateException(\"x\".repeat(1 << 20));", "xxx"),
    RETURNS_NULL("return null;", "returned null from "),
    SLEEPS("Thread.sleep(1_000_000);", "has been in "),
    SPINS("while (yes()) { Thread.onSpinWait(); }", "has been in ");

    private final String code;
    private final String told;

    Deed(String code, String told) {
      this.code = code;
      this.told = told;
    }

    boolean holds() {
      return this == SLEEPS || this == SPINS;
    }
  }

  /** A plug-in that misbehaves in a call. */
  record Bad(Call call, Deed deed) {
    /** The name of its package, its type and its jar. */
    String name() {
      return (call + "_" + deed).toLowerCase(java.util.Locale.ROOT);
    }

    String jar() {
      return name() + ".jar";
    }

    /** Parts of its message other than its jar and its name. */
    List<String> told() {
      if (call == Call.STATIC && deed.holds()) {
        return List.of(deed.told, "<clinit>"); // the call is the constructor's
      }
      // If the exception's methods throw, the message has only its class.
      return deed == Deed.IS_MUTE
          ? List.of("Mute", call.words())
          : List.of(deed.told, call.words());
    }

    /** An upstream that uses the plug-in, as a YAML value on one line. */
    String upstream(String address) {
      String addrs = "addrs: [\"" + address + "\"]";
      return switch (call) {
        case CREATE_DISCOVERY, START -> "{ discovery: { " + name() + ": {} }, health_check: none }";
        case CREATE_CHECK, PROBE ->
            "{ "
                + addrs
                + ", health_check: { "
                + name()
                + ": {}, check_frequency: 1s, failure: 1 } }";
        case READER -> "{ " + addrs + ", health_check: none, algo: { " + name() + ": { x: 1 } } }";
        default -> "{ " + addrs + ", health_check: none, algo: { " + name() + ": {} } }";
      };
    }
  }

  /** Returns every call with suitable misbehaviours, which together are all of them. */
  static List<Bad> all() {
    List<Bad> all = new ArrayList<>();
    Deed[] thrown = {
      Deed.OVERFLOWS,
      Deed.RUNS_OUT,
      Deed.SNEAKS,
      Deed.IS_MUTE,
      Deed.DIES,
      Deed.LACKS,
      Deed.ERRS,
      Deed.RECURSES,
      Deed.FAILS_SILENTLY,
      Deed.ASSERTS,
      Deed.IS_ENDLESS,
      Deed.FAILS
    };
    for (Call call : Call.values()) {
      for (int i = 0; i < 4; i++) { // four different ones per call
        Deed deed = thrown[(call.ordinal() + 3 * i) % thrown.length];
        boolean ownError = call == Call.READER && deed == Deed.FAILS_SILENTLY; // no misbehaviour
        if (!ownError) {
          all.add(new Bad(call, deed));
        }
      }
      if (call != Call.STATIC
          && call != Call.CONSTRUCTOR
          && call != Call.MAKES_BACKENDS
          && call != Call.READER) {
        all.add(new Bad(call, Deed.RETURNS_NULL));
      }
      all.add(new Bad(call, call.ordinal() % 2 == 0 ? Deed.SLEEPS : Deed.SPINS));
    }
    return all;
  }

  private BadPlugins() {}

  /** Compiles the plug-ins and writes their jars into a folder. */
  static void write(List<Bad> all, Path folder, Path work) throws IOException {
    Map<String, String> sources = new LinkedHashMap<>();
    all.forEach(bad -> sources.put(bad.name(), source(bad)));
    compile(sources, work);
    for (Bad bad : all) {
      try (JarOutputStream jar =
          new JarOutputStream(Files.newOutputStream(folder.resolve(bad.jar())))) {
        put(
            jar,
            "META-INF/services/" + bad.call().kind.getName(),
            (bad.name() + ".BadPlugin").getBytes(UTF_8));
        try (Stream<Path> classes = Files.list(work.resolve(bad.name()))) {
          for (Path each : classes.filter(file -> file.toString().endsWith(".class")).toList()) {
            put(jar, bad.name() + "/" + each.getFileName(), Files.readAllBytes(each));
          }
        }
      }
    }
  }

  private static void put(JarOutputStream jar, String name, byte[] bytes) throws IOException {
    jar.putNextEntry(new JarEntry(name));
    jar.write(bytes);
    jar.closeEntry();
  }

  private static void compile(Map<String, String> sources, Path work) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--release",
                "17",
                "-proc:none",
                "-nowarn",
                "-d",
                work.toString(),
                "--class-path",
                Path.of(PluginJar.location(Plugin.class)).toString()));
    for (Map.Entry<String, String> source : sources.entrySet()) {
      Path file = work.resolve(source.getKey()).resolve("BadPlugin.java");
      Files.createDirectories(file.getParent());
      arguments.add(Files.writeString(file, source.getValue()).toString());
    }
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    ToolProvider javac = ToolProvider.findFirst("javac").orElseThrow();
    if (javac.run(out, out, arguments.toArray(String[]::new)) != 0) {
      throw new IllegalStateException(said.toString());
    }
  }

  private static String source(Bad bad) {
    String kind = bad.call().kind.getSimpleName();
    return """
        package %s;
        import io.upstream4j.api.option.*;
        import io.upstream4j.api.spi.*;
        import java.util.*;
        import java.util.concurrent.*;
        public class BadPlugin implements %s {
          static boolean yes() { return true; }
          static int recurse(int n) { return recurse(n + 1) + 1; }
          @SuppressWarnings("unchecked")
          static <T extends Throwable> void sneak(Throwable t) throws T { throw (T) t; }
          static class Mute extends RuntimeException {
            public String getMessage() { throw new IllegalStateException("no message"); }
            public String toString() { throw new IllegalStateException("no text"); }
            public synchronized Throwable getCause() { throw new IllegalStateException("no cause"); }
          }
          static final Object MADE = once();
          static Object once() { try { %s } catch (InterruptedException e) { } return ""; }
          static void interruptible() throws InterruptedException { }
          public BadPlugin() { try { %s interruptible(); } catch (InterruptedException e) { } }
          public String type() {
            try { %s interruptible(); } catch (InterruptedException e) { } return "%s";
          }
          public List<Option<?>> options() {
            try { %s interruptible(); } catch (InterruptedException e) { }
            return List.of(Option.ofNode("x", "anything", "anything", (node, path, problems) -> {
              try { %s interruptible(); } catch (InterruptedException e) { }
              return "";
            }).optional());
          }
          %s
        }
        """
        .formatted(
            bad.name(),
            kind,
            code(bad, Call.STATIC) + " interruptible();",
            code(bad, Call.CONSTRUCTOR),
            code(bad, Call.TYPE),
            bad.name(),
            code(bad, Call.OPTIONS),
            code(bad, Call.READER),
            switch (kind) {
              case "LoadBalancerProvider" -> balancer(bad);
              case "DiscoveryProvider" -> discovery(bad);
              default -> checker(bad);
            });
  }

  private static String balancer(Bad bad) {
    return """
          public boolean makesBackends() {
            try { %s interruptible(); } catch (InterruptedException e) { } return false;
          }
          public LoadBalancer create(Options options, PluginContext context) {
            try { %s interruptible(); } catch (InterruptedException e) { }
            return snapshot -> {
              try { %s interruptible(); } catch (InterruptedException e) { }
              return (request, candidates) -> snapshot.pick(0);
            };
          }
        """
        .formatted(code(bad, Call.MAKES_BACKENDS), code(bad, Call.CREATE), code(bad, Call.PREPARE));
  }

  private static String discovery(Bad bad) {
    return """
          public Discovery create(Options options, PluginContext context) {
            try { %s interruptible(); } catch (InterruptedException e) { }
            return listener -> {
              try { %s interruptible(); } catch (InterruptedException e) { }
              return new Discovery.Subscription() {
                public void refresh() { }
                public void close() { }
              };
            };
          }
        """
        .formatted(code(bad, Call.CREATE_DISCOVERY), code(bad, Call.START));
  }

  private static String checker(Bad bad) {
    return """
          public HealthCheck create(Options options, PluginContext context) {
            try { %s interruptible(); } catch (InterruptedException e) { }
            return backend -> {
              try { %s interruptible(); } catch (InterruptedException e) { }
              return CompletableFuture.completedFuture(new HealthCheck.Healthy());
            };
          }
        """
        .formatted(code(bad, Call.CREATE_CHECK), code(bad, Call.PROBE));
  }

  private static String code(Bad bad, Call call) {
    return bad.call() == call ? "if (yes()) { " + bad.deed().code + " }" : "";
  }
}
