/**
 * The values, the typed options and the interfaces that plug-ins of upstream4j implement.
 *
 * <p>A plug-in requires this module and nothing else of upstream4j.
 */
@org.jspecify.annotations.NullMarked
module io.upstream4j.api {
  requires static org.jspecify; // not transitive: who compiles against this module needs no

  // jspecify

  exports io.upstream4j.api.option;
  exports io.upstream4j.api.spi;
}
