/**
 * The interfaces that plug-ins of upstream4j implement, with their values and typed options.
 *
 * <p>A plug-in requires no other module of upstream4j.
 */
@org.jspecify.annotations.NullMarked
module io.upstream4j.api {
  requires static org.jspecify; // annotations only; users do not need them to compile

  exports io.upstream4j.api.option;
  exports io.upstream4j.api.spi;
}
