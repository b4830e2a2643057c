package io.upstream4j.distribution;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.FileErrors;
import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Problem;
import io.upstream4j.core.config.ConfigKeys;
import io.upstream4j.core.config.ConfigLoader;
import io.upstream4j.core.plugin.PluginCatalog;
import io.upstream4j.distribution.convert.Converted;
import io.upstream4j.distribution.convert.Pingap;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code upstream convert}: a configuration of pingap in our terms. */
final class Convert {
  private static final String STANDARD_INPUT = "-";

  private final Terminal terminal;
  private final List<Path> plugins;
  private final InputStream input;

  Convert(Terminal terminal, List<Path> plugins, InputStream input) {
    this.terminal = terminal;
    this.plugins = plugins;
    this.input = input;
  }

  /**
   * Converts; returns the exit status: 1 when something that matters was left out.
   *
   * @param output the file to write, or null to print
   */
  int run(List<String> files, @Nullable Path output) {
    try (PluginCatalog catalog = PluginCatalog.find(List.of(), plugins)) {
      Pingap pingap =
          new Pingap(ConfigKeys.upstream().stream().map(Option::name).collect(Collectors.toSet()));
      for (String file : files) {
        pingap.add(file.equals(STANDARD_INPUT) ? "standard input" : file, read(file));
      }
      Converted converted = pingap.convert();
      new ConfigLoader(catalog).load(converted.root()); // what is written must be right
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

  private String read(String file) {
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
      throw wrong(file, "not UTF-8 (expected: TOML in UTF-8)");
    } catch (NoSuchFileException e) {
      throw wrong(file, "no such file (expected: a file of TOML)");
    } catch (IOException e) {
      throw wrong(file, FileErrors.reason(e));
    }
  }

  private static ConfigException wrong(String file, String message) {
    return new ConfigException(List.of(new Problem(new Location(file, 1, 1), "", message)));
  }
}
