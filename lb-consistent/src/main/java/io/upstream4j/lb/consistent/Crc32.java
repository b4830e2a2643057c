package io.upstream4j.lb.consistent;

/**
 * Computes CRC-32/ISO-HDLC, the checksum of zlib and nginx, over the bytes of texts without
 * allocating them; {@link java.util.zip.CRC32} accepts only byte arrays. Start with {@link #START},
 * pass the state through {@code update} and finish with {@link #value}.
 */
final class Crc32 {
  static final int START = ~0;

  private static final int POLYNOMIAL = 0xedb88320; // reflected
  private static final int BYTES = 8; // processed in one step while the text is ASCII

  /**
   * At {@code k * 256 + b}: the checksum of byte b followed by k zero bytes, for eight lookups at
   * once.
   */
  private static final int[] TABLES = tables();

  private Crc32() {}

  private static int[] tables() {
    int[] tables = new int[BYTES * 256];
    for (int b = 0; b < 256; b++) {
      int crc = b;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) == 0 ? crc >>> 1 : crc >>> 1 ^ POLYNOMIAL;
      }
      tables[b] = crc;
    }
    for (int i = 256; i < tables.length; i++) {
      int before = tables[i - 256];
      tables[i] = before >>> 8 ^ tables[before & 0xff];
    }
    return tables;
  }

  static int value(int state) {
    return ~state;
  }

  /** Adds one byte, the lowest of {@code b}. */
  static int update(int state, int b) {
    return state >>> 8 ^ TABLES[(state ^ b) & 0xff];
  }

  /** Adds the four bytes of a number, the lowest first. */
  static int updateLittleEndian(int state, int number) {
    int x = state ^ number;
    return TABLES[768 + (x & 0xff)]
        ^ TABLES[512 + (x >>> 8 & 0xff)]
        ^ TABLES[256 + (x >>> 16 & 0xff)]
        ^ TABLES[x >>> 24];
  }

  static int update(int state, String text) {
    return update(state, text, 0, text.length());
  }

  /** Adds the UTF-8 bytes of {@code text} from {@code from} to {@code to}, exclusive. */
  static int update(int state, String text, int from, int to) {
    int crc = state;
    int at = from;
    while (at < to) {
      if (at + BYTES <= to && allOf(text, at) < 0x80) {
        crc = updateEight(crc, text, at);
        at += BYTES;
      } else if (at + 2 <= to && (text.charAt(at) | text.charAt(at + 1)) < 0x80) {
        crc = updateTwo(crc, text.charAt(at) | text.charAt(at + 1) << 8);
        at += 2;
      } else {
        char c = text.charAt(at);
        if (c < 0x80) {
          crc = update(crc, c);
          at++;
        } else if (isPair(text, at, to)) {
          crc = updateCodePoint(crc, Character.toCodePoint(c, text.charAt(at + 1)));
          at += 2;
        } else {
          // Like String.getBytes, replace a lone surrogate with a question mark.
          crc = Character.isSurrogate(c) ? update(crc, '?') : updateCodePoint(crc, c);
          at++;
        }
      }
    }
    return crc;
  }

  /** Adds the UTF-8 bytes of {@code text}, with the letters A to Z in lower case. */
  static int updateLowerCase(int state, String text) {
    int crc = state;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        return update(crc, text, i, text.length());
      }
      crc = update(crc, c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    return crc;
  }

  /**
   * Adds a part of a text that has one character per byte (ISO 8859-1), such as the value of a
   * header. Other characters, which headers cannot contain, count as question marks.
   */
  static int updateOctets(int state, String text, int from, int to) {
    int crc = state;
    int at = from;
    while (at < to) {
      if (at + BYTES <= to && allOf(text, at) < 0x100) {
        crc = updateEight(crc, text, at);
        at += BYTES;
      } else if (at + 2 <= to && (text.charAt(at) | text.charAt(at + 1)) < 0x100) {
        crc = updateTwo(crc, text.charAt(at) | text.charAt(at + 1) << 8);
        at += 2;
      } else {
        char c = text.charAt(at);
        crc = update(crc, c < 0x100 ? c : '?');
        at++;
      }
    }
    return crc;
  }

  /** Returns the union of the bits of eight characters. */
  private static int allOf(String text, int at) {
    return text.charAt(at)
        | text.charAt(at + 1)
        | text.charAt(at + 2)
        | text.charAt(at + 3)
        | text.charAt(at + 4)
        | text.charAt(at + 5)
        | text.charAt(at + 6)
        | text.charAt(at + 7);
  }

  private static int updateTwo(int state, int pair) {
    int x = state ^ pair;
    return state >>> 16 ^ TABLES[256 + (x & 0xff)] ^ TABLES[x >>> 8 & 0xff];
  }

  private static int updateEight(int state, String text, int at) {
    int x =
        state
            ^ (text.charAt(at)
                | text.charAt(at + 1) << 8
                | text.charAt(at + 2) << 16
                | text.charAt(at + 3) << 24);
    return TABLES[1792 + (x & 0xff)]
        ^ TABLES[1536 + (x >>> 8 & 0xff)]
        ^ TABLES[1280 + (x >>> 16 & 0xff)]
        ^ TABLES[1024 + (x >>> 24)]
        ^ TABLES[768 + text.charAt(at + 4)]
        ^ TABLES[512 + text.charAt(at + 5)]
        ^ TABLES[256 + text.charAt(at + 6)]
        ^ TABLES[text.charAt(at + 7)];
  }

  private static boolean isPair(String text, int at, int to) {
    return at + 1 < to && Character.isSurrogatePair(text.charAt(at), text.charAt(at + 1));
  }

  private static int updateCodePoint(int state, int c) {
    if (c < 0x800) {
      return update(update(state, 0xc0 | c >>> 6), 0x80 | (c & 0x3f));
    }
    if (c < 0x10000) {
      int lead = update(update(state, 0xe0 | c >>> 12), 0x80 | (c >>> 6 & 0x3f));
      return update(lead, 0x80 | (c & 0x3f));
    }
    int lead = update(update(state, 0xf0 | c >>> 18), 0x80 | (c >>> 12 & 0x3f));
    return update(update(lead, 0x80 | (c >>> 6 & 0x3f)), 0x80 | (c & 0x3f));
  }
}
