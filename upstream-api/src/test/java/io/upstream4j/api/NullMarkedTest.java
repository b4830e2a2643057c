package io.upstream4j.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.spi.Plugin;
import java.io.InputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class NullMarkedTest {
  /** Tools that read the class path do not see the module's annotation. */
  @Test
  void everyPackageSaysThatItIsNullMarked() throws Exception {
    for (Class<?> type : List.of(Plugin.class, Option.class)) {
      try (InputStream packageInfo = type.getResourceAsStream("package-info.class")) {
        assertThat(packageInfo).as(type.getPackageName()).isNotNull();
        assertThat(new String(packageInfo.readAllBytes(), ISO_8859_1))
            .contains("Lorg/jspecify/annotations/NullMarked;");
      }
    }
  }
}
