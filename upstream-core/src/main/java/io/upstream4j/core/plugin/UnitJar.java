package io.upstream4j.core.plugin;

import io.upstream4j.api.spi.Plugin;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.InvalidModuleDescriptorException;
import java.lang.module.ModuleDescriptor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * The declarations in a jar. Immutable.
 *
 * @param path the jar
 * @param descriptor its module descriptor; null when it has none or it cannot be read
 * @param mistake why the descriptor cannot be read, or null
 * @param services the providers in {@code META-INF/services}
 * @param nettyNatives whether it contains native libraries of Netty
 */
record UnitJar(
    Path path,
    @Nullable ModuleDescriptor descriptor,
    @Nullable String mistake,
    Map<Class<? extends Plugin>, Set<String>> services,
    boolean nettyNatives) {
  private static final int MOST_SERVICE_BYTES = 64 * 1024;
  private static final String NATIVES = "META-INF/native/";

  /** Opens and reads a jar. Throws for a damaged zip file, with its name in the message. */
  static UnitJar read(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile(), true, ZipFile.OPEN_READ, Runtime.version())) {
      ModuleDescriptor descriptor = null;
      String mistake = null;
      JarEntry info = file.getJarEntry("module-info.class");
      if (info != null) {
        try (InputStream in = file.getInputStream(info)) {
          descriptor = ModuleDescriptor.read(in, () -> packages(file));
        } catch (InvalidModuleDescriptorException e) {
          mistake = "module-info.class: " + PluginGuard.message(e);
        }
      }
      Map<Class<? extends Plugin>, Set<String>> services = new LinkedHashMap<>();
      for (Class<? extends Plugin> kind : PluginCatalog.KINDS.keySet()) {
        JarEntry entry = file.getJarEntry("META-INF/services/" + kind.getName());
        services.put(kind, entry == null ? Set.of() : names(file, entry));
      }
      boolean natives = file.stream().anyMatch(e -> isNettyNative(e.getName()) && !e.isDirectory());
      return new UnitJar(jar, descriptor, mistake, services, natives);
    }
  }

  /** Returns whether a resource is a native library of Netty. */
  static boolean isNettyNative(String name) {
    return name.startsWith(NATIVES) && name.contains("netty");
  }

  private static Set<String> packages(JarFile file) {
    Set<String> packages = new LinkedHashSet<>();
    file.versionedStream()
        .map(JarEntry::getName)
        .filter(name -> name.endsWith(".class") && name.indexOf('/') > 0)
        .filter(name -> !name.startsWith("META-INF/"))
        .forEach(name -> packages.add(name.substring(0, name.lastIndexOf('/')).replace('/', '.')));
    return packages;
  }

  private static Set<String> names(JarFile file, JarEntry entry) throws IOException {
    String text;
    try (InputStream in = file.getInputStream(entry)) {
      byte[] bytes = in.readNBytes(MOST_SERVICE_BYTES + 1);
      if (bytes.length > MOST_SERVICE_BYTES) {
        throw new IOException(
            entry.getName() + " is too large (expected: at most " + MOST_SERVICE_BYTES + " bytes)");
      }
      text = new String(bytes, StandardCharsets.UTF_8);
    }
    Set<String> names = new LinkedHashSet<>();
    for (String line : text.lines().toList()) {
      int comment = line.indexOf('#');
      String name = (comment < 0 ? line : line.substring(0, comment)).strip();
      if (!name.isEmpty()) {
        names.add(name);
      }
    }
    return names;
  }

  /**
   * Returns the declared providers: those in the descriptor as well, or only those in {@code
   * META-INF}.
   */
  List<String> providers(Class<? extends Plugin> kind, boolean inDescriptor) {
    Set<String> names = new LinkedHashSet<>();
    if (inDescriptor && descriptor != null) {
      descriptor.provides().stream()
          .filter(provides -> provides.service().equals(kind.getName()))
          .forEach(provides -> names.addAll(provides.providers()));
    }
    names.addAll(services.getOrDefault(kind, Set.of()));
    return new ArrayList<>(names);
  }
}
