package io.upstream4j.core.config;

import io.upstream4j.api.option.FileErrors;
import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Problems;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads text files in UTF-8. */
final class ConfigFile {
  private static final int SNIFFED = 1_024;

  private ConfigFile() {}

  /** Returns the text of a file, or adds a problem and returns null. */
  static @Nullable String read(Path file, String source, Problems problems) {
    Location start = new Location(source, 1, 1);
    if (Files.isDirectory(file)) {
      problems.add(start, "", "a folder (expected: a file of YAML)");
      return null;
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(ConfigLoader.MAX_BYTES + 1);
      if (bytes.length > ConfigLoader.MAX_BYTES) {
        long size = Math.max(bytes.length, Files.size(file));
        problems.add(start, "", size + " bytes (expected: at most " + ConfigLoader.MAX_BYTES + ")");
        return null;
      }
      return decode(bytes, source, problems);
    } catch (IOException e) {
      problems.add(start, "", FileErrors.reason(e));
      return null;
    }
  }

  private static @Nullable String decode(byte[] bytes, String source, Problems problems) {
    String other = otherKind(bytes);
    if (other != null) {
      problems.add(new Location(source, 1, 1), "", other + " (expected: a file of YAML in UTF-8)");
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(in).toString();
    } catch (CharacterCodingException e) {
      String valid = new String(bytes, 0, in.position(), StandardCharsets.UTF_8);
      problems.add(
          YamlReader.end(source, valid),
          "",
          String.format(
              "byte 0x%02X is not UTF-8 (expected: the file saved in UTF-8)",
              bytes[in.position()]));
      return null;
    }
  }

  private static @Nullable String otherKind(byte[] bytes) {
    if (begins(bytes, 0xFF, 0xFE) || begins(bytes, 0xFE, 0xFF)) {
      return "a file in UTF-16";
    }
    if (begins(bytes, 0x1F, 0x8B)) {
      return "a file packed by gzip";
    }
    if (begins(bytes, 'P', 'K', 3, 4)) {
      return "a ZIP or JAR file";
    }
    int even = 0;
    int odd = 0;
    int length = Math.min(bytes.length, SNIFFED);
    for (int i = 0; i < length; i++) {
      if (bytes[i] == 0) {
        even += i % 2 == 0 ? 1 : 0;
        odd += i % 2;
      }
    }
    if (even + odd == 0) {
      return null;
    }
    return Math.max(even, odd) > length / 3 && Math.min(even, odd) == 0
        ? "a file in UTF-16"
        : "a binary file";
  }

  private static boolean begins(byte[] bytes, int... magic) {
    if (bytes.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if ((bytes[i] & 0xFF) != magic[i]) {
        return false;
      }
    }
    return true;
  }
}
