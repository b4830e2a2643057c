package io.upstream4j.core.plugin;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Describes where a class was loaded from. */
final class Origin {
  private static final Pattern VERSION = Pattern.compile("-(\\d[\\w.+-]*)\\.jar$");

  private Origin() {}

  /** Returns the jar or folder that contains a class; empty for classes linked into the image. */
  static Optional<String> of(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    return source == null || source.getLocation() == null || isLinked(type)
        ? Optional.empty()
        : Optional.of(path(source.getLocation().toString()));
  }

  /** Returns whether a class is linked into the Java runtime image. */
  static boolean isLinked(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    return source != null
        && source.getLocation() != null
        && source.getLocation().getProtocol().equals("jrt");
  }

  /** Returns the jar or folder of the resource {@code name}, which was found at {@code url}. */
  static String of(URL url, String name) {
    String text = url.toString();
    text = text.startsWith("jar:") ? text.substring("jar:".length()) : text;
    text = text.endsWith(name) ? text.substring(0, text.length() - name.length()) : text;
    return path(text.endsWith("!/") ? text.substring(0, text.length() - 2) : text);
  }

  static Optional<String> module(Class<?> type) {
    return Optional.ofNullable(type.getModule().getName());
  }

  /** Returns the version of the module, or else that of the jar's manifest or file name. */
  static Optional<String> version(Class<?> type) {
    if (type.getModule().isNamed()) {
      Optional<String> version = type.getModule().getDescriptor().rawVersion();
      if (version.isPresent()) {
        return version;
      }
    }
    String inManifest = type.getPackage().getImplementationVersion();
    return inManifest == null ? of(type).flatMap(Origin::versionInName) : Optional.of(inManifest);
  }

  private static Optional<String> versionInName(String jar) {
    Matcher version = VERSION.matcher(jar);
    return version.find() ? Optional.of(version.group(1)) : Optional.empty();
  }

  private static String path(String location) {
    try {
      return Path.of(new URI(location)).toString();
    } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
      return location; // a location made up by a class loader
    }
  }
}
