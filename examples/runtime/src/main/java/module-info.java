/** A program that is linked with only the modules that it needs. */
module example.runtime {
  requires io.upstream4j.core;
}
