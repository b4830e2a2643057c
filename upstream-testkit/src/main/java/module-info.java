/** Fakes and contract tests for authors of plug-ins. */
@org.jspecify.annotations.NullMarked
module io.upstream4j.testkit {
  requires transitive io.upstream4j.api;
  requires static org.jspecify;
  requires java.management;
  requires jdk.management;
  requires transitive org.junit.jupiter.api;
  requires org.assertj.core;

  exports io.upstream4j.testkit;
}
