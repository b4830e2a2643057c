package io.upstream4j.core;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class NettyVersionTest {
  @Test
  void theNettyThatIsThereIsNewEnough() {
    assertThatCode(NettyVersion::check).doesNotThrowAnyException();
  }

  @Test
  void anOlderOneIsNamedWithWhatToSet() {
    assertThatThrownBy(() -> NettyVersion.check("io.netty.channel.NotThere"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching(
            "Netty 4\\.2\\.[0-9]+\\.Final is there \\(expected: 4\\.2 or newer; .*");
  }
}
