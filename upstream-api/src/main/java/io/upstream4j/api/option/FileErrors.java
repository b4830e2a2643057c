package io.upstream4j.api.option;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Describes why a file could not be read or written. */
public final class FileErrors {
  private FileErrors() {}

  /** Returns the reason, without the file's name and without an exception's class name. */
  public static String reason(IOException failure) {
    if (failure instanceof NoSuchFileException || failure instanceof FileNotFoundException) {
      return "no such file (expected: a file that exists)";
    }
    if (failure instanceof AccessDeniedException) {
      return "permission denied (expected: a file that user "
          + Problem.quoted(System.getProperty("user.name", "?"))
          + " may use)";
    }
    if (failure instanceof CharacterCodingException) {
      return "not UTF-8 (expected: text in UTF-8)";
    }
    String reason =
        failure instanceof FileSystemException known && known.getReason() != null
            ? known.getReason()
            : failure.getMessage();
    if (reason == null) {
      return "cannot be read";
    }
    return reason.equals("Is a directory")
        ? "a folder (expected: a file)"
        : "cannot be read: " + reason;
  }
}
