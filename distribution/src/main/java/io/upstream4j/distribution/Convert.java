package io.upstream4j.distribution;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.FileErrors;
import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Problem;
import io.upstream4j.core.config.ConfigKeys;
import io.upstream4j.core.config.ConfigLoader;
import io.upstream4j.core.plugin.PluginCatalog;
import io.upstream4j.distribution.convert.Conversion;
import io.upstream4j.distribution.convert.ConversionOptions;
import io.upstream4j.distribution.convert.Converted;
import io.upstream4j.distribution.convert.Haproxy;
import io.upstream4j.distribution.convert.Nginx;
import io.upstream4j.distribution.convert.Pingap;
import io.upstream4j.distribution.convert.SourceFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code upstream convert}: converts the configuration of another program. */
final class Convert {
  private static final String STANDARD_INPUT = "-";

  /** The program of a configuration. */
  enum Origin {
    PINGAP("TOML", "toml"),
    NGINX("nginx's configuration", "conf"),
    HAPROXY("HAProxy's configuration", "cfg");

    private final String format;
    private final String extension;

    Origin(String format, String extension) {
      this.format = format;
      this.extension = extension;
    }

    Conversion begin(ConversionOptions options, SourceFiles files) {
      return switch (this) {
        case PINGAP -> new Pingap(options);
        case NGINX -> new Nginx(options, files);
        case HAPROXY -> new Haproxy(options);
      };
    }
  }

  /** The greatest number of files in a folder. */
  private static final int MAX_FILES = 1_000;

  private final Terminal terminal;
  private final List<Path> plugins;
  private final InputStream input;

  Convert(Terminal terminal, List<Path> plugins, InputStream input) {
    this.terminal = terminal;
    this.plugins = plugins;
    this.input = input;
  }

  /**
   * Converts a configuration. Returns the exit status: 1 when something relevant has no equivalent.
   *
   * @param output the file to write, or null to print
   */
  int run(
      Origin origin,
      List<String> files,
      Optional<String> server,
      ConversionOptions.Guards guards,
      @Nullable Path output) {
    try (PluginCatalog catalog = PluginCatalog.find(List.of(), plugins)) {
      Set<String> keys =
          ConfigKeys.upstream().stream().map(Option::name).collect(Collectors.toSet());
      Conversion conversion =
          origin.begin(new ConversionOptions(keys, server, guards), new IncludedConf());
      for (String file : files) {
        if (file.equals(STANDARD_INPUT)) {
          conversion.add("standard input", read(origin, file));
        } else {
          for (String each : filesOf(origin, file)) {
            conversion.add(each, read(origin, each));
          }
        }
      }
      Converted converted = conversion.convert();
      new ConfigLoader(catalog).load(converted.root()); // validates the result
      if (output == null) {
        terminal.out().print(converted.yaml());
        terminal.out().flush();
      } else {
        Files.writeString(output, converted.yaml());
      }
      converted.notes().forEach(note -> terminal.err().println(note.what()));
      return converted.isPartial() ? ExitStatus.FAILED : ExitStatus.OK;
    } catch (ConfigException e) {
      terminal.err().println(e.getMessage());
      return ExitStatus.WRONG;
    } catch (IOException e) {
      terminal.err().println("cannot write " + output + ": " + FileErrors.reason(e));
      return ExitStatus.FAILED;
    }
  }

  /** Returns the file itself, or the files of a folder. */
  private static List<String> filesOf(Origin origin, String name) {
    Path path = Path.of(name);
    String format = origin.format + " in files *." + origin.extension;
    if (!Files.isDirectory(path)) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (origin == Origin.PINGAP && (lower.endsWith(".hcl") || lower.endsWith(".kdl"))) {
        throw wrong(
            name,
            "HCL and KDL are not read (expected: TOML, which pingap writes when its configuration"
                + " is saved with: pingap --conf FILE --sync FOLDER)");
      }
      return List.of(name);
    }
    try (Stream<Path> tree = Files.walk(path, 4, FileVisitOption.FOLLOW_LINKS)) {
      List<String> files =
          tree.filter(file -> file.toString().endsWith("." + origin.extension))
              .filter(Files::isRegularFile)
              .map(Path::toString)
              .sorted()
              .limit(MAX_FILES + 1L)
              .toList();
      if (files.isEmpty() || files.size() > MAX_FILES) {
        throw wrong(
            name,
            files.isEmpty()
                ? "a folder without any (expected: " + format + ")"
                : "too many files (expected: at most " + MAX_FILES + ")");
      }
      return files;
    } catch (IOException | UncheckedIOException e) {
      throw wrong(name, "a folder that cannot be read");
    }
  }

  /** Reads the files that an nginx configuration includes. */
  private final class IncludedConf implements SourceFiles {
    private int count;

    @Override
    public List<SourceFile> find(String including, String pattern) {
      Path folder = Path.of(including).toAbsolutePath().getParent();
      Path file = folder == null ? Path.of(pattern) : folder.resolve(pattern);
      Path parent = file.getParent();
      Path last = file.getFileName();
      if (parent == null || last == null || !Files.isDirectory(parent)) {
        return List.of();
      }
      try (DirectoryStream<Path> found = Files.newDirectoryStream(parent, last.toString())) {
        List<SourceFile> files = new ArrayList<>();
        for (Path each : found) {
          if (Files.isRegularFile(each) && ++count <= MAX_FILES) {
            files.add(new SourceFile(each.toString(), read(Origin.NGINX, each.toString())));
          }
        }
        files.sort(Comparator.comparing(SourceFile::name));
        return files;
      } catch (IOException | DirectoryIteratorException | PatternSyntaxException e) {
        return List.of();
      }
    }
  }

  private String read(Origin origin, String file) {
    try {
      byte[] bytes;
      if (file.equals(STANDARD_INPUT)) {
        bytes = input.readNBytes(ConfigLoader.MAX_BYTES + 1);
      } else {
        try (InputStream in = Files.newInputStream(Path.of(file))) {
          bytes = in.readNBytes(ConfigLoader.MAX_BYTES + 1);
        }
      }
      if (bytes.length > ConfigLoader.MAX_BYTES) {
        throw wrong(file, "too long (expected: at most " + ConfigLoader.MAX_BYTES + " bytes)");
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw wrong(file, "not UTF-8 (expected: " + origin.format + " in UTF-8)");
    } catch (NoSuchFileException e) {
      throw wrong(file, "no such file (expected: " + origin.format + ")");
    } catch (AccessDeniedException e) {
      throw wrong(file, "no permission to read it (expected: a file that you may read)");
    } catch (IOException e) {
      throw wrong(file, FileErrors.reason(e));
    }
  }

  private static ConfigException wrong(String file, String message) {
    return new ConfigException(List.of(new Problem(new Location(file, 1, 1), "", message)));
  }
}
