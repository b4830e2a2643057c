package io.upstream4j.distribution;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Detects that the content of a file has changed or the file is gone, by polling. Not thread-safe.
 *
 * <p>Polling, because notifications do not cover mounted file systems, and miss replaced files and
 * links unless handled with care. A digest of the content decides: a file rewritten with the same
 * size within one tick of the clock has changed, and a touched one has not. The file is read again
 * only if its attributes have changed, or may predate its content because it was written just
 * before.
 *
 * <p>A change is reported once two polls in a row see the same content, so that a partly written
 * file is not read. A missing file is reported after {@link #GONE_LOOKS} polls, because editors may
 * remove a file before they replace it.
 */
final class FileWatch {
  /** The polling interval. */
  static final Duration INTERVAL = Duration.ofMillis(500);

  /** The number of polls in a row that must miss a file: two seconds. */
  static final int GONE_LOOKS = 4;

  /** Larger files are not read, and only their attributes count. Configurations are smaller. */
  private static final long MAX_DIGESTED_BYTES = 16 << 20;

  /** Two writes within this time may leave the same attributes. */
  private static final long TICK_MILLIS = 2_000;

  // Programs cannot set the time of the last status change (ctime).
  private static final String ATTRIBUTES = "unix:lastModifiedTime,size,fileKey,ctime,isRegularFile";
  private static final String ATTRIBUTES_ELSEWHERE = "lastModifiedTime,size,fileKey,isRegularFile";

  private final Path file;
  private @Nullable Content known;
  private @Nullable Content last;
  private int looksAlike;

  /** The content read last, with the attributes that the file had then. */
  private @Nullable Content read;

  /**
   * The state of a file.
   *
   * @param attributes change with the content, unless it changes again too soon
   * @param settled whether a further change would show in the attributes
   * @param digest null when the content is not read
   */
  private record Content(
      Map<String, Object> attributes, boolean settled, @Nullable ByteBuffer digest) {
    boolean isLike(@Nullable Content other) {
      return other != null
          && (digest == null ? attributes.equals(other.attributes) : digest.equals(other.digest));
    }
  }

  FileWatch(Path file) {
    this.file = file;
    known();
  }

  /** Takes the current content of the file as known. */
  void known() {
    known = look();
    last = known;
    looksAlike = 1;
  }

  /** Polls. Returns whether the file has changed and is stable; a change is reported once. */
  boolean hasChanged() {
    Content now = look();
    looksAlike = isAlike(now, last) ? looksAlike + 1 : 1;
    last = now;
    boolean isNews = !isAlike(now, known) && looksAlike >= (now == null ? GONE_LOOKS : 2);
    if (isNews) {
      known = now;
    }
    return isNews;
  }

  private static boolean isAlike(@Nullable Content one, @Nullable Content other) {
    return one == null ? other == null : one.isLike(other);
  }

  /** Returns the current state of the file, or null when it cannot be read. */
  private @Nullable Content look() {
    try {
      Map<String, Object> attributes = attributes();
      Content before = read;
      if (before == null || !before.settled() || !attributes.equals(before.attributes())) {
        before = new Content(attributes, isSettled(attributes), digest(attributes));
        read = before;
      }
      return before;
    } catch (IOException e) {
      read = null;
      return null;
    }
  }

  private Map<String, Object> attributes() throws IOException {
    try {
      return Files.readAttributes(file, ATTRIBUTES);
    } catch (UnsupportedOperationException e) { // not a Unix system
      return Files.readAttributes(file, ATTRIBUTES_ELSEWHERE);
    }
  }

  private static boolean isSettled(Map<String, Object> attributes) {
    long newest = Long.MIN_VALUE;
    for (String time : new String[] {"lastModifiedTime", "ctime"}) {
      if (!(attributes.get(time) instanceof FileTime at)) {
        return false; // read every time
      }
      newest = Math.max(newest, at.toMillis());
    }
    return newest < System.currentTimeMillis() - TICK_MILLIS;
  }

  private @Nullable ByteBuffer digest(Map<String, Object> attributes) throws IOException {
    boolean isRegular = Boolean.TRUE.equals(attributes.get("isRegularFile")); // others may block
    boolean isLarge = attributes.get("size") instanceof Long size && size > MAX_DIGESTED_BYTES;
    if (!isRegular || isLarge) {
      return null;
    }
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] part = new byte[8192];
      long left = MAX_DIGESTED_BYTES;
      for (int length = in.read(part); length >= 0 && left > 0; length = in.read(part)) {
        digest.update(part, 0, length);
        left -= length;
      }
      return ByteBuffer.wrap(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }
}
