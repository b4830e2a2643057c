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
 * Notices that a file has other content, or is gone, by looking at it. For one thread.
 *
 * <p>Looking, as notifications miss what is mounted from elsewhere, and follow a replaced file or
 * link only with care. What counts is the content, of which a digest is kept: a file that is
 * rewritten within one tick of the clock, with its old size, has changed, and one that is only
 * touched has not. It is read again only when its attributes have changed, or may be older than its
 * content because it was written just before.
 *
 * <p>A change counts once two looks in a row have found it the same: so half of a file that is
 * being written is not read. A file that is gone counts as changed after {@link #GONE_LOOKS} looks,
 * as editors that replace a file may take it away first.
 */
final class FileWatch {
  /** How often to look. */
  static final Duration INTERVAL = Duration.ofMillis(500);

  /** How many looks in a row must miss a file: two seconds. */
  static final int GONE_LOOKS = 4;

  /** Larger files are not read; only their attributes count. No configuration is as large. */
  private static final long MAX_DIGESTED_BYTES = 16 << 20;

  /** Attributes do not tell a write from the next one if both were within so much of a look. */
  private static final long TICK_MILLIS = 2_000;

  // The time of the last change of anything of the file (ctime) cannot be set by a program.
  private static final String ATTRIBUTES = "unix:lastModifiedTime,size,fileKey,ctime,isRegularFile";
  private static final String ATTRIBUTES_ELSEWHERE = "lastModifiedTime,size,fileKey,isRegularFile";

  private final Path file;
  private @Nullable Content known;
  private @Nullable Content last;
  private int looksAlike;

  /** What was read last, and the attributes that the file had then. */
  private @Nullable Content read;

  /**
   * A file with content.
   *
   * @param attributes in which a change of the content shows, unless it came too soon after
   * @param settled whether it would
   * @param digest null where the content is not read
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

  /** The file as it is now is known already. */
  void known() {
    known = look();
    last = known;
    looksAlike = 1;
  }

  /** Looks; whether the file has changed, and for long enough. A change is told once. */
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

  /** The file as it is; null when there is none that can be read. */
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
    } catch (UnsupportedOperationException e) { // no Unix
      return Files.readAttributes(file, ATTRIBUTES_ELSEWHERE);
    }
  }

  private static boolean isSettled(Map<String, Object> attributes) {
    long newest = Long.MIN_VALUE;
    for (String time : new String[] {"lastModifiedTime", "ctime"}) {
      if (!(attributes.get(time) instanceof FileTime at)) {
        return false; // then it is always read
      }
      newest = Math.max(newest, at.toMillis());
    }
    return newest < System.currentTimeMillis() - TICK_MILLIS;
  }

  private @Nullable ByteBuffer digest(Map<String, Object> attributes) throws IOException {
    boolean isRegular = Boolean.TRUE.equals(attributes.get("isRegularFile")); // or reading may wait
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
