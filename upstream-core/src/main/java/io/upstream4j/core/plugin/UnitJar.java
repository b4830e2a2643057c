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
 * What a jar says of itself. Immutable.
 *
 * @param path of the jar
 * @param descriptor of its module; null when it has none, or none that can be read
 * @param mistake why its descriptor cannot be read; null when it can, or there is none
 * @param services the providers in {@code META-INF/services}
 * @param nettyNatives whether it holds native libraries of Netty
 */
record UnitJar(
    Path path,
    @Nullable ModuleDescriptor descriptor,
    @Nullable String mistake,
    Map<Class<? extends Plugin>, Set<String>> services,
    boolean nettyNatives) {
  private static final int MOST_SERVICE_BYTES = 64 * 1024;
  private static final String NATIVES = "META-INF/native/";

  /** Opens and reads a jar; a zip that is damaged fails here, by name. */
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

  /** Whether a resource is a native library of Netty. */
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

  /** The providers that it declares, in its descriptor as well or in {@code META-INF} only. */
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
