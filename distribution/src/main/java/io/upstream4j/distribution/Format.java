package io.upstream4j.distribution;

/** The output format of a command. */
enum Format {
  TABLE,
  JSON
}
