package io.upstream4j.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.config.PathNormalizer.Form;
import io.upstream4j.core.config.PathRules.EscapedSlashes;
import io.upstream4j.testkit.Allocations;
import java.net.URI;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathNormalizerTest {
  private static String normalized(String target, EscapedSlashes slashes) {
    Form form = PathNormalizer.form(target, slashes);
    assertThat(form.isRefused()).as(target).isFalse();
    String path = PathNormalizer.normalize(target, slashes);
    int query = target.indexOf('?');
    String sent = query < 0 ? target : target.substring(0, query);
    assertThat(form).as(target).isEqualTo(path.equals(sent) ? Form.NORMAL : Form.OTHER);
    assertThat(PathNormalizer.form(path, slashes))
        .as("normal form of %s", target)
        .isEqualTo(Form.NORMAL);
    return path;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/ | /",
        "/admin | /admin",
        "/a/b/ | /a/b/",
        "/%61dmin | /admin",
        "/%41%5a%39%2d%2E%5F%7e | /AZ9-._~",
        "//admin | /admin",
        "///a////b// | /a/b/",
        "/./admin | /admin",
        "/x/../admin | /admin",
        "/admin/../y | /y",
        "/a/b/c/./../../g | /a/g",
        "/%2e%2e/admin | /admin",
        "/x/%2E/admin | /x/admin",
        "/x/.%2e/admin | /admin",
        "/x/%2e./admin | /admin",
        "/../../admin | /admin",
        "/a/../../../b | /b",
        "/a/b/.. | /a/",
        "/a/b/../ | /a/",
        "/a/. | /a/",
        "/.. | /",
        "/. | /",
        "// | /",
        "/a//../b | /b",
        "/a/.//../b | /b",
        "/... | /...",
        "/..a/.b/c. | /..a/.b/c.",
        "/a;x=1/..;/b | /a;x=1/..;/b",
        "/a\\..\\b | /a\\..\\b",
        "/a%2fb | /a%2Fb",
        "/x/..%2fadmin | /x/..%2Fadmin",
        "/%e4%3f%23%25%5c | /%E4%3F%23%25%5C",
        "/%252e%252e/a | /%252e%252e/a",
        "/%25%32%65 | /%252e",
        "/a?b/../c | /a",
        "/./a?/./%zz%00 | /a",
        "/a/..?x | /",
        "/a/.?x | /a/",
        "/? | /",
      })
  void spellingsOfOnePathBecomeOne(String target, String path) {
    assertThat(normalized(target, EscapedSlashes.KEEP)).isEqualTo(path);
    if (!target.toLowerCase(java.util.Locale.ROOT).contains("%2f")) {
      assertThat(normalized(target, EscapedSlashes.REJECT)).isEqualTo(path);
      assertThat(normalized(target, EscapedSlashes.UNESCAPE)).isEqualTo(path);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/a%2fb, /a/b",
    "/x%2F..%2fadmin, /admin",
    "/x/..%2fadmin, /admin",
    "/x/%2e%2e%2fadmin, /admin",
    "/%2Fadmin, /admin",
    "/a%2F, /a/",
    "/%252Fadmin, /%252Fadmin",
  })
  void anEscapedSlashIsASlashWhereItIsUnescaped(String target, String path) {
    assertThat(normalized(target, EscapedSlashes.UNESCAPE)).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a%2Fb", "/%2f", "/x/..%2f", "/./a%2F?b"})
  void anEscapedSlashIsRefusedWhereItIsRejected(String target) {
    assertThat(PathNormalizer.form(target, EscapedSlashes.REJECT)).isEqualTo(Form.ESCAPED_SLASH);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/%", "/%4", "/%zz", "/a%2", "/%%32e", "/%u002e", "/%-1", "/%4?1", "/%+1"})
  void aPercentSignWithoutTwoDigitsIsRefused(String target) {
    for (EscapedSlashes slashes : EscapedSlashes.values()) {
      assertThat(PathNormalizer.form(target, slashes)).isEqualTo(Form.MALFORMED);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/..", "/../x", "/%2e%2E/x?y", "/a/../../b", "/a//../../b", "/x/..%2f..%2fy"})
  void aPathAboveTheRootCanBeRefused(String target) {
    PathRules rules =
        new PathRules(
            EscapedSlashes.UNESCAPE, PathRules.AboveRoot.REJECT, PathRules.DEFAULT.forwardedPath());
    assertThat(PathNormalizer.form(target, rules)).isEqualTo(Form.ABOVE_ROOT);
    assertThat(PathNormalizer.form(target, PathRules.DEFAULT)).isEqualTo(Form.OTHER);
    for (String below : new String[] {"/a", "/a/..", "/./a/../b/c/../..", "/..x", "/a?/../.."}) {
      assertThat(PathNormalizer.form(below, rules)).isIn(Form.NORMAL, Form.OTHER);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/%00", "/admin%00.html", "/./%00?x"})
  void nulIsRefused(String target) {
    for (EscapedSlashes slashes : EscapedSlashes.values()) {
      assertThat(PathNormalizer.form(target, slashes)).isEqualTo(Form.NUL);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/?%00", "/a?%2f", "/a?%", "/a?//..//", "/a%20b/%E4?%zz"})
  void aQueryIsNotLookedAt(String target) {
    assertThat(PathNormalizer.form(target, EscapedSlashes.REJECT)).isEqualTo(Form.NORMAL);
  }

  @Test
  void aNormalPathIsToldWithoutAllocating() {
    assertThat(
            Allocations.leastBytesOf(
                () -> {
                  for (int i = 0; i < 100; i++) {
                    PathNormalizer.form(
                        "/v1/orders/%E4%2F/.well-known/x..y?a=//&b=%zz", EscapedSlashes.KEEP);
                  }
                }))
        .isZero();
  }

  @Test
  void dotSegmentsGoAsTheJdkResolvesThem() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String[] segments = {"a", "b", "..", ".", "%2e", ".%2E", "c;d", "...", "%41"};
    for (int i = 0; i < 2_000; i++) {
      StringBuilder target = new StringBuilder();
      for (int length = 1 + random.nextInt(8); length > 0; length--) {
        target.append('/').append(segments[random.nextInt(segments.length)]);
      }
      target.append(random.nextBoolean() ? "/" : "");
      String decoded = target.toString().replaceAll("(?i)%2e", ".").replace("%41", "A");
      String resolved = URI.create("http://h" + decoded).normalize().getPath();
      while (resolved.startsWith("/../") || resolved.equals("/..")) { // which the JDK keeps
        resolved = resolved.equals("/..") ? "/" : resolved.substring(3);
      }
      assertThat(normalized(target.toString(), EscapedSlashes.KEEP))
          .as("%s, seed %d", target, seed)
          .isEqualTo(resolved);
    }
  }
}
