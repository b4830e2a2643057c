package io.upstream4j.core.config;

import io.upstream4j.api.option.FileErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Substitutes values from outside the file: <code>${NAME}</code> is an environment variable, <code>
 * ${file:/path}</code> the content of a file without its final line break, and <code>$${</code> a
 * literal <code>${</code>.
 *
 * <p>Substituted text is not processed again, so a secret may contain any character.
 *
 * @param environment returns the value of a variable, or null
 */
record Substitution(UnaryOperator<@Nullable String> environment) {
  /** Substitutes the environment of this process. */
  static final Substitution OF_PROCESS = new Substitution(System::getenv);

  /** The greatest length of a text after substitution. */
  static final int MAX_LENGTH = ConfigLoader.MAX_VALUE;

  private static final String FILE = "file:";
  private static final int MAX_FILE_BYTES = MAX_LENGTH;
  private static final int MAX_SHOWN = 200;
  private static final String EXPECTED =
      "(expected: ${NAME} of the environment, ${file:/path}, or $${ for the characters themselves)";

  /**
   * Returns the text without substitutions, for text from another machine; only unescapes <code>$${
   * </code>.
   *
   * @throws IllegalArgumentException when it has a substitution
   */
  static String refuse(String text) {
    if (text.replace("$${", "").contains("${")) {
      throw new IllegalArgumentException(
          "${...} is put in only where a file is read (expected: the value itself, or $${ for the"
              + " characters themselves)");
    }
    return text.replace("$${", "${");
  }

  /**
   * Returns the text after substitution.
   *
   * @throws IllegalArgumentException with the reason, when a value is missing
   */
  String apply(String text) {
    int at = text.indexOf("${");
    if (at < 0) {
      return text;
    }
    StringBuilder result = new StringBuilder();
    int done = 0;
    while (at >= 0) {
      boolean meant = at > done && text.charAt(at - 1) == '$';
      if (meant) {
        result.append(text, done, at - 1).append("${");
        done = at + 2;
      } else {
        int end = text.indexOf('}', at);
        if (end < 0) {
          throw new IllegalArgumentException("${ without a } behind it " + EXPECTED);
        }
        result.append(text, done, at).append(value(text.substring(at + 2, end)));
        done = end + 1;
        if (result.length() > MAX_LENGTH) {
          throw new IllegalArgumentException(
              "with what is put in, more than "
                  + MAX_LENGTH
                  + " characters (expected: at most that many)");
        }
      }
      at = text.indexOf("${", done);
    }
    return result.append(text, done, text.length()).toString();
  }

  private String value(String name) {
    if (name.startsWith(FILE)) {
      return read(name.substring(FILE.length()));
    }
    if (isName(name.split(":?[-=?+]", 2)[0]) && !isName(name)) {
      throw new IllegalArgumentException(
          shown(name) + ": a default is not supported (expected: ${NAME}, always set)");
    }
    if (!isName(name)) {
      throw new IllegalArgumentException(shown(name) + " " + EXPECTED);
    }
    String value = environment.apply(name);
    if (value == null) {
      throw new IllegalArgumentException(
          shown(name) + ": not set in the environment (expected: a variable that is set)");
    }
    return value;
  }

  private static String shown(String name) {
    return "${" + (name.length() > MAX_SHOWN ? name.substring(0, MAX_SHOWN) + "..." : name) + "}";
  }

  private static boolean isName(String name) {
    return !name.isEmpty()
        && !Character.isDigit(name.charAt(0))
        && name.chars()
            .allMatch(
                c ->
                    c == '_'
                        || (c >= 'A' && c <= 'Z')
                        || (c >= 'a' && c <= 'z')
                        || (c >= '0' && c <= '9'));
  }

  private static String read(String name) {
    String what = "${" + FILE + name + "}: ";
    try {
      Path file = Path.of(name);
      if (!file.isAbsolute()) {
        throw new IllegalArgumentException(what + "a relative path (expected: an absolute one)");
      }
      if (!Files.isRegularFile(file) && Files.exists(file)) {
        throw new IllegalArgumentException(what + "not a file (expected: a file of text)");
      }
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new IllegalArgumentException(
            what + Files.size(file) + " bytes (expected: at most " + MAX_FILE_BYTES + ")");
      }
      String text = Files.readString(file);
      int end = text.endsWith("\n") ? text.length() - 1 : text.length();
      return text.substring(0, end > 0 && text.charAt(end - 1) == '\r' ? end - 1 : end);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(what + e.getMessage() + " (expected: a path)", e);
    } catch (IOException e) {
      throw new IllegalArgumentException(what + FileErrors.reason(e), e);
    }
  }
}
