package io.upstream4j.discovery.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.Name;
import org.xbill.DNS.Type;

class SystemNamesTest {
  @TempDir Path folder;
  private Path resolvConf;
  private Path hosts;

  @BeforeEach
  void files() {
    resolvConf = folder.resolve("resolv.conf");
    hosts = folder.resolve("hosts");
  }

  private SystemNames names(String domain, String... search) {
    return new SystemNames(
        new NameSettings(List.of(), domain, List.of(search), null, resolvConf, hosts));
  }

  private static List<String> candidates(SystemNames names, String name) throws IOException {
    return names.now().candidates(name).stream().map(Name::toString).toList();
  }

  @Test
  void aNameWithFewDotsIsTriedWithTheSearchListFirst() throws IOException {
    Files.writeString(resolvConf, "search ns.svc.test svc.test\noptions ndots:2\n");
    try (SystemNames names = names(null)) {
      assertThat(candidates(names, "api"))
          .containsExactly("api.ns.svc.test.", "api.svc.test.", "api.");
      assertThat(candidates(names, "api.ns"))
          .containsExactly("api.ns.ns.svc.test.", "api.ns.svc.test.", "api.ns.");
      assertThat(candidates(names, "api.ns.svc"))
          .containsExactly("api.ns.svc.", "api.ns.svc.ns.svc.test.", "api.ns.svc.svc.test.");
      assertThat(candidates(names, "api.")).containsExactly("api.");
    }
  }

  @Test
  void theDomainComesBeforeTheSystemsSearchListAndTheConfiguredOneBehind() throws IOException {
    Files.writeString(resolvConf, "search sys.test\n");
    try (SystemNames names = names("own.test", "more.test", "sys.test")) {
      assertThat(candidates(names, "api"))
          .containsExactly("api.own.test.", "api.sys.test.", "api.more.test.", "api.");
    }
  }

  @Test
  void theHostsFileIsReadAsItIsNow() throws IOException {
    try (SystemNames names = names(null)) {
      assertThat(names.now().hosts("api")).isEmpty();
      Files.writeString(
          hosts, "10.0.0.1 api.test API # one\n10.0.0.2\tapi\nfe80::1%lo api\nnonsense api\n");
      assertThat(names.now().hosts("api")).hasToString("[10.0.0.1, 10.0.0.2]");
      assertThat(names.now().hosts("Api.Test.")).hasToString("[10.0.0.1]");
      assertThat(names.now().hosts("a.localhost")).hasToString("[127.0.0.1, ::1]");
      Files.writeString(hosts, "127.0.0.1 localhost\n");
      assertThat(names.now().hosts("localhost")).hasToString("[127.0.0.1]");
    }
  }

  @Test
  void aChangeOfResolvConfIsSeenByTheNextLookUp() throws IOException {
    Files.writeString(resolvConf, "search one.test\n");
    try (SystemNames names = names(null)) {
      assertThat(candidates(names, "api")).containsExactly("api.one.test.", "api.");
      Files.writeString(resolvConf, "search two.test\noptions ndots:0\n");
      assertThat(candidates(names, "api")).containsExactly("api.", "api.two.test.");
    }
  }

  @Test
  void configuredServersAreAskedRatherThanTheSystems() throws IOException {
    Files.writeString(resolvConf, "nameserver 192.0.2.1\n");
    try (TinyServer server =
            new TinyServer(
                (question, from, reply) ->
                    reply.send(
                        TinyServer.answer(question, FakeNames.a("api", "10.0.0.1", 5)).toWire()));
        SystemNames names =
            new SystemNames(
                new NameSettings(
                    List.of(new InetSocketAddress("127.0.0.1", server.address().getPort())),
                    null,
                    List.of(),
                    Duration.ofSeconds(30),
                    resolvConf,
                    hosts))) {
      assertThat(names.now().resolve(FakeNames.name("api"), Type.A).records()).hasSize(1);
    }
  }
}
