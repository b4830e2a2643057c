package io.upstream4j.core.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Plugin;
import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.testjar.PluginJar;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginCatalogTest {
  @TempDir private Path folder;

  private record Registered(String type) implements LoadBalancerProvider {
    @Override
    public LoadBalancer create(Options options, PluginContext context) {
      throw new UnsupportedOperationException();
    }
  }

  private PluginCatalog find(Plugin... registered) {
    return PluginCatalog.find(List.of(registered), List.of(folder));
  }

  private static LoadBalancerProvider balancer(PluginCatalog catalog, String type) {
    return (LoadBalancerProvider) catalog.get(LoadBalancerProvider.class, type).plugin();
  }

  private static List<String> texts(PluginCatalog catalog) {
    return catalog.problems().stream().map(PluginProblem::toString).toList();
  }

  private static PluginInfo info(PluginCatalog catalog, String type) {
    return catalog.plugins().stream()
        .filter(info -> info.type().equals(type))
        .findFirst()
        .orElseThrow();
  }

  private Path good() {
    return new PluginJar()
        .provider("good.Good", "\"good\"")
        .services("good.Good")
        .write(folder.resolve("good.jar"));
  }

  @Test
  void whatTheLibraryItselfProvidesIsFoundOnce() {
    try (PluginCatalog catalog = PluginCatalog.find(List.of(), List.of())) {
      assertThat(catalog.get(HealthChecker.class, "tcp").type()).isEqualTo("tcp");
      assertThat(catalog.plugins()).extracting(info -> info.type()).containsOnlyOnce("tcp");
      assertThat(catalog.problems()).isEmpty();
    }
  }

  @Test
  void aRegisteredPluginIsFound() {
    Registered mine = new Registered("mine");
    try (PluginCatalog catalog = PluginCatalog.find(List.of(mine), List.of())) {
      assertThat(balancer(catalog, "mine")).isSameAs(mine);
      assertThat(info(catalog, "mine").source()).isEmpty();
      assertThat(catalog.types(LoadBalancerProvider.class)).contains("mine");
    }
  }

  @Test
  void aPluginOfNoKindIsRefused() {
    Plugin stray = () -> "stray";

    assertThatThrownBy(() -> PluginCatalog.find(List.of(stray), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(stray.getClass().getName())
        .hasMessageEndingWith(
            "(expected: one of [LoadBalancerProvider, DiscoveryProvider, HealthChecker])");
    try (PluginCatalog catalog = PluginCatalog.find(List.of(), List.of())) {
      assertThatThrownBy(() -> catalog.get(Plugin.class, "x"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("kind: io.upstream4j.api.spi.Plugin (expected: ");
    }
  }

  @Test
  void aTypeThatNobodyHasIsToldWithThoseThereAre() {
    try (PluginCatalog catalog =
        PluginCatalog.find(List.of(new Registered("round_robin")), List.of())) {
      assertThatThrownBy(() -> balancer(catalog, "rond_robin"))
          .isInstanceOf(PluginException.class)
          .hasMessage("no load balancer of type \"rond_robin\"; did you mean \"round_robin\"?");
      assertThatThrownBy(() -> catalog.get(DiscoveryProvider.class, "etcd"))
          .isInstanceOf(PluginException.class)
          .hasMessage(
              "no discovery of type \"etcd\" (expected: none); add its jar to the class path, the"
                  + " module path or a plug-in folder");
    }
  }

  @Test
  void aModuleInTheFolderIsAModuleOfItsOwnLayer() {
    Path jar =
        new PluginJar()
            .provider("mod.Mod", "\"mod\"")
            .module("test.mod", "", "mod.Mod")
            .write(folder.resolve("mod.jar"));

    try (PluginCatalog catalog = find()) {
      assertThat(catalog.problems()).isEmpty();
      assertThat(balancer(catalog, "mod").getClass().getModule().getName()).isEqualTo("test.mod");
      assertThat(info(catalog, "mod").module()).contains("test.mod");
      assertThat(info(catalog, "mod").source()).contains(jar.toString());
      assertThat(info(catalog, "mod").kind()).isEqualTo(LoadBalancerProvider.class);
    }
  }

  @Test
  void modulesMayProvideByAMethod() {
    for (String name : List.of("one", "two")) {
      new PluginJar()
          .provider(name + ".Made", "\"by_method_" + name + "\"")
          .source(
              name + ".Maker",
              "package "
                  + name
                  + "; public class Maker {"
                  + " public static io.upstream4j.api.spi.LoadBalancerProvider provider() {"
                  + " return new Made(); } }")
          .module("test." + name, "", name + ".Maker")
          .write(folder.resolve(name + ".jar"));
    }

    try (PluginCatalog catalog = find()) {
      assertThat(catalog.problems()).isEmpty();
      assertThat(catalog.types(LoadBalancerProvider.class))
          .containsExactly("by_method_one", "by_method_two");
      assertThat(info(catalog, "by_method_two").module()).contains("test.two");
    }
  }

  @Test
  void aPlainJarIsNoModuleAndHasTheVersionOfItsFile() {
    new PluginJar()
        .provider("plain.Plain", "\"plain\"")
        .services("plain.Plain")
        .write(folder.resolve("my-plain-1.2.jar"));

    try (PluginCatalog catalog = find()) {
      assertThat(catalog.problems()).isEmpty();
      assertThat(info(catalog, "plain").module()).isEmpty();
      assertThat(info(catalog, "plain").version()).contains("1.2");
    }
  }

  @Test
  void aFolderHoldsAPluginAndTheJarsItNeeds() {
    Path library =
        new PluginJar()
            .source(
                "lib.Name", "package lib; public class Name { public static String N = \"lib\"; }")
            .write(folder.resolve("needy").resolve("lib.jar"));
    new PluginJar()
        .with(library)
        .provider("needy.Needy", "lib.Name.N")
        .services("needy.Needy")
        .write(folder.resolve("needy").resolve("needy.jar"));

    try (PluginCatalog catalog = find()) {
      assertThat(catalog.problems()).isEmpty();
      assertThat(balancer(catalog, "lib").getClass().getName()).isEqualTo("needy.Needy");
    }
  }

  @Test
  void pluginsDoNotShareTheirLibraries() {
    for (String version : List.of("one", "two")) {
      Path own = folder.resolve(version);
      Path library =
          new PluginJar()
              .source(
                  "lib.Name",
                  "package lib; public class Name { public static String n() { return \""
                      + version
                      + "\"; } }")
              .write(own.resolve("lib.jar"));
      new PluginJar()
          .with(library)
          .provider("same.Same", "lib.Name.n()")
          .services("same.Same")
          .write(own.resolve("same.jar"));
    }

    try (PluginCatalog catalog = find()) {
      assertThat(catalog.problems()).isEmpty();
      assertThat(balancer(catalog, "one").getClass())
          .isNotEqualTo(balancer(catalog, "two").getClass());
    }
  }

  @Test
  void aPluginsOwnCopyOfALibraryComesFirst() {
    Path own = folder.resolve("own");
    Path library = // the program also has this class, without the field
        new PluginJar()
            .source(
                "org.yaml.snakeyaml.Yaml",
                "package org.yaml.snakeyaml; public class Yaml { public static String t = \"own\"; }")
            .write(own.resolve("snakeyaml-1.0.jar"));
    new PluginJar()
        .with(library)
        .provider("user.User", "org.yaml.snakeyaml.Yaml.t")
        .services("user.User")
        .write(own.resolve("user.jar"));

    try (PluginCatalog catalog = find()) {
      assertThat(catalog.problems()).isEmpty();
      assertThat(balancer(catalog, "own").getClass().getName()).isEqualTo("user.User");
    }
  }

  @Test
  void aModuleBesidePlainJarsIsFoundByItsDescriptor() {
    Path own = folder.resolve("mixed");
    Path library =
        new PluginJar()
            .source(
                "lib.Name",
                "package lib; public class Name { public static String t = \"mixed\"; }")
            .write(own.resolve("library.jar"));
    new PluginJar()
        .with(library)
        .provider("mixed.Mixed", "lib.Name.t")
        .module("test.mixed", "requires library;", "mixed.Mixed")
        .write(own.resolve("mixed.jar"));

    try (PluginCatalog catalog = find()) {
      assertThat(catalog.problems()).isEmpty();
      assertThat(balancer(catalog, "mixed").getClass().getName()).isEqualTo("mixed.Mixed");
    }
  }

  @Test
  void whatThePluginSharesIsNotLoadedTwiceAndIsNamed() {
    Path own = folder.resolve("shares");
    Path api =
        new PluginJar()
            .source("io.upstream4j.api.Fake", "package io.upstream4j.api; public class Fake { }")
            .source("module-info", "module io.upstream4j.api { }")
            .write(own.resolve("upstream-api.jar"));
    new PluginJar()
        .provider("shares.Shares", "\"shares\"")
        .services("shares.Shares")
        .write(own.resolve("shares.jar"));

    try (PluginCatalog catalog = find()) {
      assertThat(texts(catalog))
          .containsExactly(
              api
                  + ": not used: io.upstream4j.api is the program's (expected: only what the plug-in"
                  + " needs beside it)");
      assertThat(balancer(catalog, "shares")).isInstanceOf(LoadBalancerProvider.class);
    }
  }

  @Test
  void onlyRegularFilesAreOpenedAndEachOnce() throws Exception {
    Path jar = good();
    Path pipe = folder.resolve("pipe.jar");
    assumeThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Path loop = Files.createSymbolicLink(folder.resolve("loop.jar"), Path.of("loop.jar"));
    Path self = Files.createSymbolicLink(folder.resolve("self"), Path.of("."));
    Files.createSymbolicLink(folder.resolve("link.jar"), jar.getFileName());
    Files.copy(jar, folder.resolve(".hidden.jar"));

    try (PluginCatalog catalog = find()) {
      assertThat(texts(catalog))
          .containsExactlyInAnyOrder(
              pipe + ": not a regular file (expected: a jar)",
              loop + ": a link that leads nowhere (expected: a jar)",
              self + ": a link to a folder that holds it (expected: a folder of its own)");
      assertThat(balancer(catalog, "good").type()).isEqualTo("good");
    }
  }

  @Test
  void aDamagedJarHurtsNoOther() throws IOException {
    good();
    Path damaged = Files.writeString(folder.resolve("damaged.jar"), "PK this is no zip");

    try (PluginCatalog catalog = find()) {
      assertThat(texts(catalog))
          .singleElement()
          .asString()
          .startsWith(damaged + ": cannot be read: ");
      assertThat(balancer(catalog, "good").type()).isEqualTo("good");
      assertThatThrownBy(() -> balancer(catalog, "zzz"))
          .isInstanceOf(PluginException.class)
          .hasMessage(
              "no load balancer of type \"zzz\" (expected: good); could not load: "
                  + texts(catalog).get(0));
    }
  }

  @Test
  void classesForANewerJavaHurtNoOther() {
    good();
    Path plain =
        new PluginJar()
            .provider("fresh.Fresh", "\"fresh\"")
            .services("fresh.Fresh")
            .write(folder.resolve("fresh.jar"), 255);
    Path module =
        new PluginJar()
            .provider("newer.Newer", "\"newer\"")
            .module("test.newer", "", "newer.Newer")
            .services("newer.Newer")
            .write(folder.resolve("newer.jar"), 255);

    try (PluginCatalog catalog = find()) {
      assertThat(texts(catalog))
          .anySatisfy(
              problem ->
                  assertThat(problem)
                      .startsWith(plain + ": ")
                      .contains("fresh.Fresh", "class file version 255.0"))
          .anySatisfy(
              problem ->
                  assertThat(problem)
                      .startsWith(module + ": ")
                      .contains("newer/Newer", "class file version 255.0"));
      assertThat(balancer(catalog, "good").type()).isEqualTo("good");
      assertThatThrownBy(() -> balancer(catalog, "fresh"))
          .isInstanceOf(PluginException.class)
          .hasMessageContaining("class file version 255.0");
    }
  }

  @Test
  void aMissingLibraryIsNamed(@TempDir Path elsewhere) {
    good();
    Path library =
        new PluginJar()
            .source("lib.Parent", "package lib; public class Parent { }")
            .module("test.lib", "exports lib;")
            .write(elsewhere.resolve("lib.jar"));
    Path plain =
        new PluginJar()
            .with(library)
            .provider("needy.Needy", "\"needy\"", "lib.Parent p = new lib.Parent();")
            .services("needy.Needy")
            .write(folder.resolve("needy.jar"));
    Path module =
        new PluginJar()
            .with(library)
            .provider("strict.Strict", "\"strict\"", "lib.Parent p = new lib.Parent();")
            .module("test.strict", "requires test.lib;", "strict.Strict")
            .write(folder.resolve("strict.jar"));

    try (PluginCatalog catalog = find()) {
      assertThat(texts(catalog))
          .anySatisfy(
              problem -> assertThat(problem).startsWith(plain + ": ").contains("lib/Parent"))
          .anySatisfy(
              problem ->
                  assertThat(problem)
                      .startsWith(module + ": ")
                      .contains("test.lib not found, required by test.strict"));
      assertThat(catalog.types(LoadBalancerProvider.class)).containsExactly("good");
    }
  }

  @Test
  void aConstructorThatThrowsHurtsNoOtherOfItsJar() {
    Path jar =
        new PluginJar()
            .provider(
                "p.Thrower",
                "\"thrower\"",
                "public Thrower() { throw new IllegalStateException(\"no luck\"); }")
            .provider("p.Static", "\"stat\"", "static final int X = 1 / Integer.parseInt(\"0\");")
            .provider("p.Fine", "\"fine\"")
            .services("p.Thrower", "p.Gone", "p.Static", "p.Fine")
            .write(folder.resolve("p.jar"));

    try (PluginCatalog catalog = find()) {
      assertThat(balancer(catalog, "fine").type()).isEqualTo("fine");
      assertThat(catalog.types(LoadBalancerProvider.class)).containsExactly("fine");
      assertThat(texts(catalog))
          .allSatisfy(problem -> assertThat(problem).startsWith(jar + ": "))
          .anySatisfy(problem -> assertThat(problem).contains("p.Thrower", "no luck"))
          .anySatisfy(problem -> assertThat(problem).contains("p.Gone", "not found"))
          .anySatisfy(problem -> assertThat(problem).contains("p.Static", "/ by zero"));
    }
  }

  @Test
  void aTypeHasLettersDigitsAndUnderscores() {
    Path jar =
        new PluginJar()
            .provider("p.Upper", "\"RoundRobin\"")
            .provider("p.Null", "null")
            .provider(
                "p.Thrower", "fail()", "String fail() { throw new IllegalStateException(\"x\"); }")
            .services("p.Upper", "p.Null", "p.Thrower")
            .write(folder.resolve("p.jar"));

    try (PluginCatalog catalog = find()) {
      String expected = " (expected: lower-case letters, digits and underscores, a letter first)";
      assertThat(texts(catalog))
          .containsExactly(
              jar + ": p.Upper: type \"RoundRobin\"" + expected,
              jar + ": p.Null: returned null from type()",
              jar + ": p.Thrower: threw java.lang.IllegalStateException: x in type()");
    }
  }

  @Test
  void twoClaimsToOneTypeAreAnErrorThatNamesBoth() {
    Path one =
        new PluginJar()
            .provider("one.One", "\"same\"")
            .provider("one.Other", "\"other\"")
            .services("one.One", "one.Other")
            .write(folder.resolve("one.jar"));
    Path two =
        new PluginJar()
            .provider("two.Two", "\"same\"")
            .module("test.two", "", "two.Two")
            .write(folder.resolve("two.jar"));

    try (PluginCatalog catalog = find()) {
      String message =
          "load balancer type \"same\" is claimed by one.One ("
              + one
              + ") and by two.Two of module test.two ("
              + two
              + "); remove all but one";
      assertThat(texts(catalog)).containsExactly(message);
      assertThatThrownBy(() -> balancer(catalog, "same"))
          .isInstanceOf(PluginException.class)
          .hasMessage(message);
      assertThat(balancer(catalog, "other").type()).isEqualTo("other");
    }
  }

  @Test
  void whatIsBuiltInKeepsItsTypeAndTheClaimIsTold() {
    Path jar =
        new PluginJar()
            .provider("claim.Claim", "\"round_robin\"")
            .services("claim.Claim")
            .write(folder.resolve("claim.jar"));
    Registered builtIn = new Registered("round_robin"); // in a package of this library

    try (PluginCatalog catalog = find(builtIn)) {
      assertThat(balancer(catalog, "round_robin")).isSameAs(builtIn);
      assertThat(texts(catalog))
          .containsExactly(
              jar
                  + ": claim.Claim: not used: load balancer type \"round_robin\" is built in"
                  + " (expected: a type of its own)");
    }
  }

  @Test
  void jarsThatAreNoModulesAreLoadedAllTheSame() {
    Path split = folder.resolve("split");
    Path half =
        new PluginJar()
            .source("p.Half", "package p; public class Half { }")
            .write(split.resolve("half.jar"));
    new PluginJar()
        .with(half)
        .provider("p.Split", "\"split\"", "p.Half half = new p.Half();")
        .services("p.Split")
        .write(split.resolve("split.jar"));
    new PluginJar()
        .provider("Nowhere", "\"unnamed_package\"")
        .services("Nowhere")
        .write(folder.resolve("nowhere.jar"));
    new PluginJar()
        .provider("odd.Odd", "\"odd_name\"")
        .services("odd.Odd")
        .write(folder.resolve("1-2.3.jar"));

    try (PluginCatalog catalog = find()) {
      assertThat(catalog.problems()).isEmpty();
      assertThat(catalog.types(LoadBalancerProvider.class))
          .containsExactly("odd_name", "split", "unnamed_package");
      assertThat(info(catalog, "split").module()).isEmpty();
    }
  }

  @Test
  void whatHoldsNoPluginIsSaid() throws IOException {
    Path library =
        new PluginJar()
            .source("lib.Lib", "package lib; public class Lib { }")
            .write(folder.resolve("lib.jar"));
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Files.writeString(folder.resolve("README.txt"), "not a jar");
    Path none = folder.resolve("none");

    try (PluginCatalog catalog = PluginCatalog.find(List.of(), List.of(folder, none))) {
      assertThat(texts(catalog))
          .containsExactly(
              empty + ": no jar in it (expected: a plug-in's jar and the jars it needs)",
              library
                  + ": no plug-in in it (expected: a provider of LoadBalancerProvider,"
                  + " DiscoveryProvider, HealthChecker; jars that a plug-in needs stand beside it"
                  + " in a folder of its own)",
              none + ": not a folder (expected: a folder of plug-in jars)");
    }
  }

  @Test
  void theContextClassLoaderIsSearchedToo(@TempDir Path elsewhere) throws IOException {
    Path jar =
        new PluginJar()
            .provider("ctx.Ctx", "\"ctx\"")
            .services("ctx.Ctx", "ctx.Gone")
            .write(elsewhere.resolve("ctx.jar"));
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, before)) {
      thread.setContextClassLoader(loader);
      try (PluginCatalog catalog = PluginCatalog.find(List.of(), List.of())) {
        assertThat(info(catalog, "ctx").source()).contains(jar.toString());
        assertThat(texts(catalog)).singleElement().asString().contains("ctx.Gone");
      }
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Test
  void closingLetsGoOfTheJars() throws IOException {
    Path files = Path.of("/proc/self/fd");
    assumeThat(files).as("where Linux lists open files").exists();
    Path jar = good().toRealPath();

    PluginCatalog catalog = find();
    assertThat(balancer(catalog, "good").type()).isEqualTo("good");
    assertThat(openFiles(files)).contains(jar);
    catalog.close();
    catalog.close();

    assertThat(openFiles(files)).doesNotContain(jar);
  }

  private static List<Path> openFiles(Path files) throws IOException {
    try (Stream<Path> open = Files.list(files)) {
      return open.map(PluginCatalogTest::target).toList();
    }
  }

  private static Path target(Path link) {
    try {
      return Files.readSymbolicLink(link);
    } catch (IOException e) {
      return link; // closed meanwhile; the listing itself is an open file
    }
  }

  /** Run by the next test in a program whose class path contains everything. */
  public static final class OnTheClassPath {
    private OnTheClassPath() {}

    public static void main(String[] arguments) {
      try (PluginCatalog catalog = PluginCatalog.find(List.of(), List.of(Path.of(arguments[0])))) {
        catalog.plugins().forEach(info -> System.out.println(info.type() + " " + info.module()));
        catalog.problems().forEach(System.out::println);
      }
    }
  }

  @Test
  void onTheClassPathServicesFilesCount(@TempDir Path elsewhere) throws Exception {
    Path broken =
        new PluginJar()
            .provider("b.Broken", "\"broken\"", "static final int X = 1 / Integer.parseInt(\"0\");")
            .services("b.Broken", "b.Gone")
            .write(elsewhere.resolve("broken.jar"));
    new PluginJar()
        .provider("both.Both", "\"both\"")
        .module("test.both", "", "both.Both")
        .services("both.Both")
        .write(folder.resolve("both.jar"));
    new PluginJar()
        .provider("mod.Mod", "\"mod\"")
        .module("test.mod", "", "mod.Mod")
        .write(folder.resolve("mod.jar"));
    String classPath =
        Stream.of(PluginCatalog.class, Plugin.class, PluginCatalogTest.class)
            .map(type -> Path.of(PluginJar.location(type)).toString())
            .distinct()
            .reduce((a, b) -> a + System.getProperty("path.separator") + b)
            .orElseThrow();
    // Tests are patched into the module, so their folder is recognised by its resources.
    String tests = Path.of("target", "test-classes").toAbsolutePath().toString();

    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                String.join(
                    System.getProperty("path.separator"), classPath, tests, broken.toString()),
                OnTheClassPath.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(output.lines())
        .contains(
            "both Optional.empty",
            "tcp Optional.empty",
            "mod Optional.empty"); // declared only in a descriptor
    assertThat(output.lines().filter(line -> line.contains("b.Broken")))
        .as("told once, though each plug-in's loader comes upon it")
        .singleElement()
        .asString()
        .startsWith(broken + ": ")
        .contains("/ by zero");
    assertThat(output.lines().filter(line -> line.contains("b.Gone"))).hasSize(1);
    assertThat(process.exitValue()).isZero();
  }
}
