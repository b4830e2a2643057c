package io.upstream4j.lb.consistent;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.spi.Network;
import io.upstream4j.api.spi.RequestView;
import io.upstream4j.testkit.FakeRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RequestKeyTest {
  private static RequestKey key(String text, String... trusted) {
    return new Agreeing(
        RequestKey.of(KeyPart.read(text), List.of(trusted).stream().map(Network::parse).toList()));
  }

  /** Asserts that the text shown to people is the text that is hashed. */
  private record Agreeing(RequestKey key) implements RequestKey {
    @Override
    public long hash(RequestView request) {
      String text = text(request);
      assertThat(key.hash(request)).isEqualTo(text == null ? ABSENT : of(text));
      return key.hash(request);
    }

    @Override
    public @Nullable String text(RequestView request) {
      return key.text(request);
    }
  }

  /** Returns the expected hash of a key. */
  private static long of(String text) {
    return of(text.getBytes(UTF_8));
  }

  private static long of(byte[] bytes) {
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(bytes);
    return crc.getValue();
  }

  @Test
  void urlIsPathAndQueryPathIsWithoutIt() {
    FakeRequest request = FakeRequest.get("/a/b").withQuery("x=1&y=2");
    assertThat(key("url").hash(request)).isEqualTo(of("/a/b?x=1&y=2"));
    assertThat(key("url").hash(request.withQuery(""))).isEqualTo(of("/a/b"));
    assertThat(key("url").hash(new Bare())).as("a question mark alone").isEqualTo(of("/a?"));
    assertThat(key("path").hash(request)).isEqualTo(of("/a/b"));
  }

  @Test
  void hostIsInLowerCase() {
    FakeRequest request = FakeRequest.get("/").withHost("API.Example.com");
    assertThat(key("host").hash(request)).isEqualTo(of("api.example.com"));
    assertThat(key("host").hash(request.withHost(null))).isEqualTo(RequestKey.ABSENT);
    assertThat(key("host").hash(request.withHost(""))).isEqualTo(RequestKey.ABSENT);
  }

  @Test
  void headerIsTheHeadersValueByteByByte() {
    FakeRequest request = FakeRequest.get("/").withHeader("X-User", sent("Zoë \u65e5\u672c"));
    assertThat(key("header:x-user").hash(request)).isEqualTo(of("Zoë \u65e5\u672c"));
    assertThat(key("header:x-other").hash(request)).isEqualTo(RequestKey.ABSENT);
    assertThat(key("header:x-user").hash(request.withHeader("x-user", "")))
        .isEqualTo(RequestKey.ABSENT);

    FakeRequest latin1 = FakeRequest.get("/").withHeader("X-User", "Zoë");
    RequestKey key = RequestKey.of(KeyPart.read("header:x-user"), List.of());
    assertThat(key.hash(latin1)).as("one byte").isEqualTo(of("Zoë".getBytes(ISO_8859_1)));
    assertThat(key.text(latin1)).isEqualTo("Zoë");
  }

  /** Returns the value of a header sent in UTF-8, which has one character per byte. */
  private static String sent(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  @Nested
  final class Cookies {
    private long hash(String header) {
      return key("cookie:sid").hash(FakeRequest.get("/").withHeader("Cookie", header));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "sid=abc",
          "a=b; sid=abc",
          "sid=abc; sid=other",
          "SID=abc; sid=other",
          "a=b;sid=abc;c=d",
          "xsid=1; sidx=2; sid =abc; sid=4",
          "a=b, sid=abc",
          "sid= abc",
        })
    void theFirstOfTheNameCounts(String header) {
      assertThat(hash(header)).isEqualTo(of("abc"));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '\'',
        value = {
          "sid=a=b | a=b",
          "sid=\"abc\" | \"abc\"",
          "sid=\"a, b\";c=d | \"a, b\"",
          "sid=%41 | %41",
          "'sid=abc ;c=d' | 'abc '",
          "'sid=\tabc' | '\tabc'",
        })
    void theRestOfTheValueIsAsSent(String header, String value) {
      assertThat(hash(header)).isEqualTo(of(value));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          ";",
          "sid",
          "sid=",
          "sid= ; a=b",
          "a=sid=x",
          "=abc",
          "\tsid=x",
          "sid; sid=x"
        })
    void withoutAValueItIsAbsent(String header) {
      assertThat(hash(header)).isEqualTo(RequestKey.ABSENT);
    }

    @Test
    void theValueIsHashedByteByByte() {
      assertThat(hash(sent("sid=größe"))).isEqualTo(of("größe"));
    }

    @Test
    void aCookieThatTheFirstHeaderLacksIsFoundByTheRequest() {
      FakeRequest request =
          FakeRequest.get("/").withHeader("Cookie", "a=b").withCookie("sid", "abc");
      assertThat(key("cookie:sid").hash(request)).isEqualTo(of("abc"));
      FakeRequest twoLines = FakeRequest.get("/").withHeader("Cookie", "a=b", "c=d; sid=abc");
      assertThat(key("cookie:sid").hash(twoLines)).isEqualTo(of("abc"));
    }
  }

  @Nested
  final class Queries {
    private long hash(String name, String query) {
      return key("query:" + name).hash(FakeRequest.get("/").withQuery(query));
    }

    @ParameterizedTest
    @CsvSource({
      "k, k=v",
      "k, a=b&k=v&c=d",
      "k, k=v&k=w",
      "k, xk=1&kx=2&K=v&k=3",
      "K, k=v",
      "k, k&k=v",
      "k, =w&k=v",
      "k, a=k=1&k=v",
      "user[id], user[id]=v",
      "user%5Bid%5D, user%5bid%5d=v",
      "a+b, a+b=v",
      "100%, 100%=v",
    })
    void aNameIsFoundAsItStandsThereInAnyCase(String name, String query) {
      assertThat(hash(name, query)).isEqualTo(of("v"));
    }

    @ParameterizedTest
    @CsvSource({"k=a%20b, a%20b", "k=a+b, a+b", "k=a=b, a=b", "k=%, %"})
    void theValueIsAsSent(String query, String value) {
      assertThat(hash("k", query)).isEqualTo(of(value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "&", "k", "k=", "k=&k=v", "a=k=v", "%6b=v", "k%00=v", "k =v"})
    void withoutAValueItIsAbsent(String query) {
      assertThat(hash("k", query)).isEqualTo(RequestKey.ABSENT);
    }
  }

  @Nested
  final class Clients {
    private final String[] proxies = {"10.0.0.0/8", "fd00::/8"};

    private FakeRequest from(String address) throws UnknownHostException {
      return FakeRequest.get("/")
          .withClient(new InetSocketAddress(InetAddress.getByName(address), 4_711));
    }

    @ParameterizedTest
    @CsvSource({
      "192.0.2.1, 192.0.2.1",
      "0.0.0.0, 0.0.0.0",
      "255.10.9.100, 255.10.9.100",
      "2001:db8:0:0:0:0:0:1, 2001:db8::1",
      "::1, ::1",
      "::, ::",
      "1:0:0:2:0:0:0:3, 1:0:0:2::3",
      "1:2:3:4:5:6:7:8, 1:2:3:4:5:6:7:8",
      "abcd:ef01:200:30:4:0:0:0, abcd:ef01:200:30:4::",
    })
    void theAddressIsHashedAsItIsWritten(String address, String text) throws Exception {
      assertThat(key("ip").hash(from(address))).isEqualTo(of(text));
    }

    @Test
    void aRequestWithoutAnAddressHasNone() {
      assertThat(key("ip").hash(FakeRequest.get("/"))).isEqualTo(RequestKey.ABSENT);
      assertThat(
              key("ip")
                  .hash(
                      FakeRequest.get("/").withClient(InetSocketAddress.createUnresolved("a", 1))))
          .isEqualTo(RequestKey.ABSENT);
    }

    @Test
    void whatAStrangerSaysOfItsAddressDoesNotCount() throws Exception {
      FakeRequest request =
          from("192.0.2.1")
              .withHeader("X-Forwarded-For", "198.51.100.1")
              .withHeader("Forwarded", "for=198.51.100.1");
      assertThat(key("ip", proxies).hash(request)).isEqualTo(of("192.0.2.1"));
      assertThat(key("ip").hash(request)).isEqualTo(of("192.0.2.1"));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "198.51.100.1 | 198.51.100.1",
          "1.1.1.1, 198.51.100.1 | 198.51.100.1",
          "1.1.1.1 ,198.51.100.1 , 10.1.1.1, fd00::1 | 198.51.100.1",
          "10.3.3.3, 10.2.2.2 | 10.3.3.3",
          "198.51.100.1:4711 | 198.51.100.1",
          "[2001:db8::1]:4711, 10.1.1.1 | 2001:db8::1",
          "[2001:db8::1] | 2001:db8::1",
          "2001:DB8:0::1 | 2001:db8::1",
          "::ffff:198.51.100.1 | 198.51.100.1",
          "1.1.1.1, unknown, 10.1.1.1 | 10.1.1.1",
          "1.1.1.1, nonsense | 10.0.0.1",
          "1.1.1.1,, 198.51.100.1,| 198.51.100.1",
          "[::1 | 10.0.0.1",
          "[::1]x | 10.0.0.1",
          ", | 10.0.0.1",
        })
    void behindProxiesTheLastAddressThatIsNotTrustedCounts(String header, String client)
        throws Exception {
      FakeRequest request = from("10.0.0.1").withHeader("X-Forwarded-For", header);
      assertThat(key("ip", proxies).hash(request)).isEqualTo(of(client));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '\'',
        value = {
          "for=198.51.100.1 | 198.51.100.1",
          "For=198.51.100.1;proto=https;by=203.0.113.43 | 198.51.100.1",
          "proto=https; for=198.51.100.1 | 198.51.100.1",
          "for=1.1.1.1, for=198.51.100.1, for=10.1.1.1 | 198.51.100.1",
          "for=\"198.51.100.1:4711\" | 198.51.100.1",
          "for=\"[2001:db8::1]\" | 2001:db8::1",
          "for=\"[2001:db8::1]:4711\";by=x, for=10.1.1.1 | 2001:db8::1",
          "by=\"a,b;for=1.1.1.1\";for=198.51.100.1 | 198.51.100.1",
          "by=\"a\\\",for=1.1.1.1\";for=198.51.100.1 | 198.51.100.1",
          "for=1.1.1.1, for=_hidden, for=10.1.1.1 | 10.1.1.1",
          "for=1.1.1.1, for=unknown | 10.0.0.1",
          "for=1.1.1.1, proto=https | 10.0.0.1",
          "for=198.51.100.1; | 198.51.100.1",
          "for=198.51.100.1, | 198.51.100.1",
          "for= | 10.0.0.1",
        })
    void soItIsWithForwarded(String header, String client) throws Exception {
      FakeRequest request = from("10.0.0.1").withHeader("Forwarded", header);
      assertThat(key("ip", proxies).hash(request)).isEqualTo(of(client));
    }

    @Test
    void xForwardedForGoesBeforeForwarded() throws Exception {
      FakeRequest request =
          from("10.0.0.1")
              .withHeader("Forwarded", "for=1.1.1.1")
              .withHeader("X-Forwarded-For", "198.51.100.1");
      assertThat(key("ip", proxies).hash(request)).isEqualTo(of("198.51.100.1"));
    }

    @Test
    void aProxyThatAddsALineOfItsOwnIsHeard() throws Exception {
      FakeRequest request = from("10.0.0.1");
      RequestView twoLines = new TwoLines(request, "1.1.1.1", "198.51.100.1, 10.1.1.1");
      assertThat(key("ip", proxies).hash(twoLines)).isEqualTo(of("198.51.100.1"));
    }
  }

  /** A request whose target ends with a question mark and an empty query. */
  private static final class Bare implements RequestView {
    @Override
    public String method() {
      return "GET";
    }

    @Override
    public @Nullable String host() {
      return null;
    }

    @Override
    public String target() {
      return "/a?";
    }

    @Override
    public String path() {
      return "/a";
    }

    @Override
    public String query() {
      return "";
    }

    @Override
    public @Nullable String header(String name) {
      return null;
    }

    @Override
    public @Nullable String cookie(String name) {
      return null;
    }

    @Override
    public @Nullable InetSocketAddress client() {
      return null;
    }
  }

  /** A request with two X-Forwarded-For headers. */
  private record TwoLines(FakeRequest request, String first, String second) implements RequestView {
    @Override
    public String method() {
      return request.method();
    }

    @Override
    public @Nullable String host() {
      return request.host();
    }

    @Override
    public String path() {
      return request.path();
    }

    @Override
    public String query() {
      return request.query();
    }

    @Override
    public @Nullable String header(String name) {
      return header(name, 0);
    }

    @Override
    public @Nullable String header(String name, int index) {
      boolean here = name.equalsIgnoreCase("X-Forwarded-For") && index < 2;
      return here ? List.of(first, second).get(index) : null;
    }

    @Override
    public @Nullable String cookie(String name) {
      return null;
    }

    @Override
    public @Nullable InetSocketAddress client() {
      return request.client();
    }
  }
}
