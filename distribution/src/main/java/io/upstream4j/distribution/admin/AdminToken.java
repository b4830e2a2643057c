package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.FileErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * The secret token of the admin address, read from a file. Thread-safe; the constructor and {@link
 * #reread} block.
 */
public final class AdminToken {
  private static final int MIN_LENGTH = 16;
  private static final int MAX_LENGTH = 4_096;
  private static final String SCHEME = "Bearer ";

  private final Path file;
  // The digest instead of the token: digests have the same length, so comparing them reveals
  // nothing about it.
  private volatile byte[] digest;

  /**
   * Reads a token: one line of at least 16 visible ASCII characters.
   *
   * @throws IllegalArgumentException when the file is not valid; the message says why
   */
  public AdminToken(Path file) {
    this.file = requireNonNull(file, "file");
    this.digest = digest(read(file));
  }

  /**
   * Reads the file again. Keeps the previous token when the file is not valid.
   *
   * @throws IllegalArgumentException when the file is not valid; the message says why
   */
  public void reread() {
    digest = digest(read(file));
  }

  /**
   * Returns whether a request's credentials match, in constant time.
   *
   * @param authorization the value of the header (RFC 6750, section 2.1)
   */
  boolean opens(@Nullable String authorization) {
    return authorization != null
        && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        && MessageDigest.isEqual(digest(authorization.substring(SCHEME.length()).strip()), digest);
  }

  private static byte[] digest(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  private static String read(Path file) {
    String token;
    try {
      if (Files.size(file) > MAX_LENGTH) {
        throw wrong(file, Files.size(file) + " bytes");
      }
      token = Files.readString(file).strip();
    } catch (NoSuchFileException e) {
      throw wrong(file, "no such file");
    } catch (IOException e) {
      throw wrong(file, FileErrors.reason(e));
    }
    if (token.length() < MIN_LENGTH) {
      throw wrong(file, token.length() + " characters");
    }
    if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw wrong(file, "white space or other than ASCII within the token");
    }
    return token;
  }

  private static IllegalArgumentException wrong(Path file, String what) {
    return new IllegalArgumentException(
        file
            + ": "
            + what
            + " (expected: a file with one line of at least "
            + MIN_LENGTH
            + " visible ASCII characters)");
  }
}
