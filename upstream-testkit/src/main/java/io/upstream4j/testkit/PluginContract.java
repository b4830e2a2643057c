package io.upstream4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Plugin;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The contract of all plug-ins. A test class implements the contract of its kind, which extends
 * this one: {@link LoadBalancerContract}, {@link DiscoveryContract} or {@link
 * HealthCheckerContract}.
 */
public interface PluginContract {
  /** Returns the plug-in under test. */
  Plugin plugin();

  /** The type is a valid name and does not change. */
  @Test
  default void itsTypeIsAName() {
    assertThat(plugin().type()).matches("[a-z][a-z0-9_]*").isEqualTo(plugin().type());
  }

  /** Every option has a unique name and a line of help, and the list does not change. */
  @Test
  default void itsOptionsAreNamedOnceAndExplained() {
    Set<String> names = new HashSet<>();
    for (Option<?> option : plugin().options()) {
      assertThat(option.name()).matches("[a-z][a-z0-9_]*");
      assertThat(names.add(option.name())).as("first option named %s", option).isTrue();
      assertThat(option.help()).as("help of %s", option).isNotBlank();
      assertThat(option.expected()).as("expected values of %s", option).isNotBlank();
    }
    assertThat(plugin().options()).isEqualTo(plugin().options());
  }

  /** A service loader can instantiate the class. */
  @Test
  default void itHasAPublicConstructorWithoutParameters() {
    assertThat(Modifier.isPublic(plugin().getClass().getModifiers())).as("public class").isTrue();
    assertThat(plugin().getClass().getConstructors())
        .as("public constructors")
        .anyMatch(constructor -> constructor.getParameterCount() == 0);
  }

  /** The class is found on the class path: {@code META-INF/services} names it. */
  @Test
  default void itIsFoundFromTheClassPath() {
    assertThat(kinds()).as("kinds of plug-in it is").isNotEmpty();
    for (Class<?> kind : kinds()) {
      assertThat(listedFor(kind)).as("META-INF/services").contains(plugin().getClass().getName());
    }
  }

  /**
   * The class is found on the module path: {@code module-info} provides the same classes as the
   * class path.
   */
  @Test
  default void itIsFoundFromTheModulePathAsFromTheClassPath() {
    for (Class<?> kind : kinds()) {
      assertThat(providedFor(kind)).as("module-info").isEqualTo(listedFor(kind));
    }
  }

  private Set<Class<?>> kinds() {
    return Stream.of(LoadBalancerProvider.class, DiscoveryProvider.class, HealthChecker.class)
        .filter(kind -> kind.isInstance(plugin()))
        .collect(Collectors.toSet());
  }

  private Set<String> listedFor(Class<?> kind) {
    try (InputStream in = open("META-INF/services/" + kind.getName())) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.replaceFirst("#.*", "").strip())
          .filter(line -> !line.isEmpty())
          .collect(Collectors.toSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Set<String> providedFor(Class<?> kind) {
    try (InputStream in = open("module-info.class")) {
      return ModuleDescriptor.read(in).provides().stream()
          .filter(provides -> provides.service().equals(kind.getName()))
          .flatMap(provides -> provides.providers().stream())
          .collect(Collectors.toSet());
    } catch (FileNotFoundException e) {
      return listedFor(kind); // an automatic module provides the same classes
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Opens a file next to the plug-in's class, so that no other module's file is found. */
  private InputStream open(String name) throws IOException {
    URI origin =
        URI.create(
            plugin().getClass().getProtectionDomain().getCodeSource().getLocation().toString());
    URI file =
        origin.getPath().endsWith("/")
            ? origin.resolve(name)
            : URI.create("jar:" + origin + "!/" + name);
    return file.toURL().openStream();
  }
}
