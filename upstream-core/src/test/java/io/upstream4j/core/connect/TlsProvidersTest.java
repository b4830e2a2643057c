package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContext;
import io.netty.handler.ssl.SslProvider;
import io.upstream4j.core.connect.tls.TlsContexts;
import io.upstream4j.core.connect.tls.TlsProviders;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.TlsOptions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(value = OS.LINUX, architectures = "amd64") // whose native code is among the tests
class TlsProvidersTest {
  /** Those that this machine has. */
  static Stream<SslProvider> available() {
    return OpenSsl.isAvailable()
        ? Stream.of(SslProvider.JDK, SslProvider.OPENSSL)
        : Stream.of(SslProvider.JDK);
  }

  @Test
  void boringSslIsUsedOnceItsJarIsThere() throws Exception {
    assertThat(TlsProviders.name()).isEqualTo("BoringSSL");
    assertThat(TlsProviders.best()).isEqualTo(SslProvider.OPENSSL);
    assertThat(
            new TlsContexts(TlsProviders::best)
                .make(new TlsOptions("localhost", true, true), Alpn.H1))
        .isInstanceOf(OpenSslContext.class);
  }

  @Test
  void aChoiceOfCiphersIsForTheJdkAsBoringSslWouldIgnoreIt() throws Exception {
    TlsOptions chosen =
        new TlsOptions(
            "localhost",
            true,
            true,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            List.of("TLS_AES_256_GCM_SHA384"));
    assertThat(new TlsContexts(TlsProviders::best).make(chosen, Alpn.H1))
        .isInstanceOf(JdkSslContext.class);
  }
}
