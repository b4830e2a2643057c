/** A program that is linked with the modules it needs and no others. */
module example.runtime {
  requires io.upstream4j.core;
}
