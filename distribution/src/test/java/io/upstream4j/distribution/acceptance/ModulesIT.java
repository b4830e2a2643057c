package io.upstream4j.distribution.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests the jars of the image as modules. */
class ModulesIT {
  private static final String OURS = "io.upstream4j.";
  private static final Path MODULES = Path.of("target/modules");
  private static final Path GOLDEN = Path.of("src/test/modules");

  private static Stream<ModuleDescriptor> modules() {
    return ModuleFinder.of(MODULES).findAll().stream().map(each -> each.descriptor());
  }

  private static Stream<ModuleDescriptor> ours() {
    return modules().filter(each -> each.name().startsWith(OURS));
  }

  /** Returns the required modules other than those of the JDK and static ones. */
  private static Set<String> arrows(ModuleDescriptor module) {
    return module.requires().stream()
        .filter(each -> !each.modifiers().contains(ModuleDescriptor.Requires.Modifier.STATIC))
        .map(ModuleDescriptor.Requires::name)
        .filter(name -> !name.startsWith("java.") && !name.startsWith("jdk."))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void theArrowsAreThoseOfTheDesign() {
    Map<String, Set<String>> arrows = new TreeMap<>();
    ours().forEach(module -> arrows.put(module.name(), arrows(module)));

    assertThat(arrows.remove("io.upstream4j.api")).as("the API needs the JDK only").isEmpty();
    assertThat(arrows.remove("io.upstream4j.core"))
        .filteredOn(name -> name.startsWith(OURS))
        .as("the core names no plug-in")
        .containsExactly("io.upstream4j.api");
    assertThat(arrows).as("strategies, sources and probes").hasSizeGreaterThanOrEqualTo(7);
    assertThat(arrows)
        .allSatisfy(
            (name, required) ->
                assertThat(required)
                    .filteredOn(each -> each.startsWith(OURS))
                    .as("what %s names of ours", name)
                    .containsExactly("io.upstream4j.api"));
  }

  @Test
  void nothingThatIsRequiredIsAnAutomaticModule() {
    assertThat(modules().filter(ModuleDescriptor::isAutomatic).map(ModuleDescriptor::name))
        .isEmpty();
  }

  @Test
  void noPackageIsInTwoModules() {
    Map<String, String> owners = new HashMap<>();
    modules()
        .forEach(
            module ->
                module
                    .packages()
                    .forEach(
                        name ->
                            assertThat(owners.put(name, module.name()))
                                .as("another module with package %s of %s", name, module.name())
                                .isNull()));
    assertThat(owners).isNotEmpty();
  }

  /**
   * What a module exports, requires, uses and provides is part of the API; compares with the golden
   * file.
   */
  @Test
  void eachModuleIsDescribedAsItsGoldenFileSays() throws IOException {
    Map<String, String> described = new TreeMap<>();
    try (Stream<Path> jars = Files.list(MODULES)) {
      for (Path jar : jars.toList()) {
        ModuleFinder.of(jar).findAll().stream()
            .map(each -> each.descriptor().name())
            .filter(name -> name.startsWith(OURS))
            .forEach(name -> described.put(name, describe(jar)));
      }
    }
    if (Boolean.getBoolean("golden.write")) {
      for (Map.Entry<String, String> each : described.entrySet()) {
        Files.writeString(GOLDEN.resolve(each.getKey() + ".txt"), each.getValue());
      }
    }
    Map<String, String> golden = new TreeMap<>();
    try (Stream<Path> files = Files.list(GOLDEN)) {
      for (Path file : files.toList()) {
        golden.put(file.getFileName().toString().replace(".txt", ""), Files.readString(file));
      }
    }
    assertThat(described).isEqualTo(golden);
  }

  /**
   * Returns the output of {@code jar --describe-module} without the version and the file's path.
   */
  private static String describe(Path jar) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    int status =
        ToolProvider.findFirst("jar")
            .orElseThrow()
            .run(out, out, "--describe-module", "--file", jar.toString());
    assertThat(status).as(said.toString()).isZero();
    List<String> lines = said.toString().lines().filter(line -> !line.isBlank()).toList();
    return Stream.concat(
            Stream.of(lines.get(0).replaceFirst("@.*| jar:.*", "")), lines.stream().skip(1))
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }
}
