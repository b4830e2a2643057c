package io.upstream4j.distribution.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.config.ConfigLoader;
import io.upstream4j.core.plugin.PluginCatalog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests that the examples in the documentation work. */
class DocsIT {
  private static final Path DOCS = Path.of("..", "docs");
  private static final Path INDEX = DOCS.resolve("README.md");
  private static final Path README = Path.of("..", "README.md");
  private static final Path FILES = Path.of("target", "docs");
  private static final List<Path> EXAMPLES =
      List.of(Path.of("..", "examples"), Path.of("..", "metrics-micrometer", "src", "test"));
  static final Pattern YAML = Pattern.compile("(?ms)^```yaml\\n(.*?)^```$");
  private static final Pattern JAVA = Pattern.compile("(?ms)^```java\\n(.*?)^```$");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]*)(#[^)]*)?\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");

  /** The folder in which the example of the plug-in page is in the image. */
  private static final String OF_THE_EXAMPLE = "fewest";

  static List<Path> pages() throws IOException {
    try (Stream<Path> files = Files.list(DOCS)) {
      return files.filter(file -> file.toString().endsWith(".md")).sorted().toList();
    }
  }

  private static List<Path> pagesAndReadme() throws IOException {
    List<Path> all = new ArrayList<>(pages());
    all.add(README);
    return all;
  }

  static List<String> blocks(Path page, Pattern pattern) throws IOException {
    List<String> blocks = new ArrayList<>();
    for (Matcher block = pattern.matcher(Files.readString(page)); block.find(); ) {
      blocks.add(block.group(1));
    }
    return blocks;
  }

  private static final Pattern ROUTED = Pattern.compile("upstream: (\\w+)");

  /** Loads a whole file, a section beside upstreams, or keys of one upstream, each by itself. */
  static List<String> files(String block) {
    if (block.lines().anyMatch(line -> line.startsWith("upstreams:"))) {
      return List.of(block);
    }
    if (block.startsWith("routes:") || block.startsWith("gateway:")) {
      Set<String> names = new TreeSet<>(Set.of("any"));
      ROUTED.matcher(block).results().forEach(name -> names.add(name.group(1)));
      StringBuilder file = new StringBuilder("upstreams:\n");
      names.forEach(name -> file.append("  " + name + ": { addrs: [\"10.0.0.1:80\"] }\n"));
      return List.of(file + block);
    }
    List<String> files = new ArrayList<>();
    for (String fragment : block.split("\\n(?=[a-z])")) {
      String addrs = fragment.startsWith("addrs:") ? "" : "    addrs: [\"10.0.0.1:80\"]\n";
      files.add("upstreams:\n  any:\n" + addrs + ("\n" + fragment).replace("\n", "\n    ") + "\n");
    }
    return files;
  }

  /** Creates the certificates that the documentation names. */
  private static void makeCertificates() throws Exception {
    Files.createDirectories(FILES.resolve("certs"));
    for (String name : List.of("ca", "client")) {
      String command =
          "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN="
              + name
              + " -keyout certs/"
              + name
              + ".key -out certs/"
              + name
              + ".pem";
      Process openssl =
          new ProcessBuilder(command.split(" "))
              .directory(FILES.toFile())
              .redirectErrorStream(true)
              .redirectOutput(FILES.resolve("openssl.log").toFile())
              .start();
      assertThat(openssl.waitFor()).isZero();
    }
  }

  @Test
  void everyConfigurationInTheDocumentationIsRight() throws Exception {
    makeCertificates();
    int tried = 0;
    Path folder = Path.of("target", "upstream", "plugins"); // of the image
    try (PluginCatalog plugins = PluginCatalog.find(List.of(), List.of(folder))) {
      assertThat(plugins.problems()).isEmpty();
      ConfigLoader loader = new ConfigLoader(plugins);
      for (Path page : pagesAndReadme()) {
        for (String block : blocks(page, YAML)) {
          for (String file : files(block)) {
            if (!file.contains(OF_THE_EXAMPLE)) {
              assertThat(
                      loader.load(FILES.resolve(page.getFileName()).toString(), file).upstreams())
                  .as("%s: %s", page, file)
                  .isNotEmpty();
              tried++;
            }
          }
        }
      }
    }
    assertThat(tried).as("configurations tried").isGreaterThan(10);
  }

  /** Code in the documentation is copied from an example that is built and run. */
  @Test
  void everyPieceOfJavaIsThatOfAnExample() throws IOException {
    StringBuilder sources = new StringBuilder();
    for (Path folder : EXAMPLES) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
          sources.append(Files.readString(file)).append('\n');
        }
      }
    }
    int seen = 0;
    for (Path page : pagesAndReadme()) {
      for (String block : blocks(page, JAVA)) {
        assertThat(sources).as("examples, for a block of %s", page).contains(block);
        seen++;
      }
    }
    assertThat(seen).as("pieces of Java").isPositive();
  }

  @Test
  void everyLinkLeadsToAFileAndItsHeading() throws IOException {
    for (Path page : allPages()) {
      for (Matcher link = LINK.matcher(Files.readString(page)); link.find(); ) {
        Path target = link.group(1).isEmpty() ? page : page.resolveSibling(link.group(1));
        assertThat(target).as("link in %s", page).exists();
        if (link.group(2) != null) {
          assertThat(anchors(target)).as("link in %s", page).contains(link.group(2));
        }
      }
    }
  }

  @Test
  void theIndexHasEveryPage() throws IOException {
    String index = Files.readString(INDEX);
    for (Path page : pages()) {
      if (!page.equals(INDEX)) {
        assertThat(index).contains("](" + page.getFileName() + ")");
      }
    }
  }

  /** The pages of the folder, of the decisions, and those that stand at the root. */
  private static List<Path> allPages() throws IOException {
    List<Path> all = new ArrayList<>(pages());
    for (Path folder : List.of(DOCS.resolve("decisions"), Path.of(".."))) {
      try (Stream<Path> files = Files.list(folder)) {
        files.filter(file -> file.toString().endsWith(".md")).forEach(all::add);
      }
    }
    return all;
  }

  /** What the headings of a page are called in links, as GitHub makes it of them. */
  private static List<String> anchors(Path page) throws IOException {
    String text = Files.readString(page).replaceAll("(?ms)^```.*?^```$", "");
    return HEADING
        .matcher(text)
        .results()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> "#" + heading.replaceAll("[^\\p{L}\\p{N}_ -]", "").replace(' ', '-'))
        .toList();
  }
}
