package io.upstream4j.testjar;

import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Plugin;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/** A jar that is compiled while the test runs, as someone else's would be. */
public final class PluginJar {
  private final Map<String, String> sources = new LinkedHashMap<>();
  private final Map<String, byte[]> files = new LinkedHashMap<>();
  private final List<Path> libraries = new ArrayList<>();

  /** A jar without anything in it. */
  public PluginJar() {}

  /** A provider of a load balancer that does nothing but have a type. */
  public PluginJar provider(String className, String type) {
    return provider(className, type, "");
  }

  /** The same, with more members. */
  public PluginJar provider(String className, String type, String members) {
    int dot = className.lastIndexOf('.');
    return source(
        className,
        (dot < 0 ? "" : "package " + className.substring(0, dot) + ";\n")
            + "public class "
            + className.substring(dot + 1)
            + " implements io.upstream4j.api.spi.LoadBalancerProvider {\n"
            + "  public String type() { return "
            + type
            + "; }\n"
            + "  public io.upstream4j.api.spi.LoadBalancer create(\n"
            + "      io.upstream4j.api.option.Options o, io.upstream4j.api.spi.PluginContext c) {\n"
            + "    throw new UnsupportedOperationException();\n"
            + "  }\n"
            + members
            + "\n}\n");
  }

  public PluginJar source(String className, String text) {
    sources.put(className, text);
    return this;
  }

  /** Declares providers in {@code META-INF/services}. */
  public PluginJar services(String... classNames) {
    files.put(
        "META-INF/services/" + LoadBalancerProvider.class.getName(),
        String.join("\n", classNames).getBytes(StandardCharsets.UTF_8));
    return this;
  }

  /** Declares a module that provides these. */
  public PluginJar module(String name, String directives, String... classNames) {
    return source(
        "module-info",
        "module "
            + name
            + " { requires io.upstream4j.api; "
            + directives
            + (classNames.length == 0
                ? ""
                : " provides "
                    + LoadBalancerProvider.class.getName()
                    + " with "
                    + String.join(", ", classNames)
                    + ";")
            + " }");
  }

  /** Compiles against another jar. */
  public PluginJar with(Path library) {
    libraries.add(library);
    return this;
  }

  public Path write(Path jar) {
    return write(jar, 0);
  }

  /**
   * Compiles and writes the jar.
   *
   * @param classVersion what the classes claim to be compiled for; 0 leaves it
   */
  public Path write(Path jar, int classVersion) {
    try {
      Files.createDirectories(jar.getParent());
      Path work = Files.createTempDirectory("plugin-jar");
      try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
          put(out, file.getKey(), file.getValue());
        }
        for (Path compiled : compile(work)) {
          byte[] bytes = Files.readAllBytes(compiled);
          if (classVersion != 0) { // JVMS 4.1: the major version is in bytes 6 and 7
            bytes[6] = (byte) (classVersion >> 8);
            bytes[7] = (byte) classVersion;
          }
          put(out, work.relativize(compiled).toString().replace('\\', '/'), bytes);
        }
      } finally {
        delete(work);
      }
      return jar;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void put(JarOutputStream out, String name, byte[] bytes) throws IOException {
    out.putNextEntry(new JarEntry(name));
    out.write(bytes);
    out.closeEntry();
  }

  /** Compiles into a folder, and lists the class files there. */
  private List<Path> compile(Path work) throws IOException {
    if (sources.isEmpty()) {
      return List.of();
    }
    List<String> arguments = new ArrayList<>();
    List<String> path = new ArrayList<>();
    path.add(Path.of(location(Plugin.class)).toString());
    libraries.forEach(library -> path.add(library.toString()));
    arguments.addAll(List.of("--release", "17", "-proc:none", "-d", work.toString()));
    arguments.add(sources.containsKey("module-info") ? "--module-path" : "--class-path");
    arguments.add(String.join(System.getProperty("path.separator"), path));
    for (Map.Entry<String, String> source : sources.entrySet()) {
      Path file = work.resolve(source.getKey().replace('.', '/') + ".java");
      Files.createDirectories(file.getParent());
      arguments.add(Files.writeString(file, source.getValue()).toString());
    }
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    ToolProvider javac = ToolProvider.findFirst("javac").orElseThrow();
    if (javac.run(out, out, arguments.toArray(String[]::new)) != 0) {
      throw new IllegalStateException(said.toString());
    }
    try (Stream<Path> all = Files.walk(work)) {
      return all.filter(file -> file.toString().endsWith(".class")).sorted().toList();
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  public static URI location(Class<?> type) {
    return URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString());
  }
}
