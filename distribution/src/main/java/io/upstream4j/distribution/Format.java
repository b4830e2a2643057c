package io.upstream4j.distribution;

/** How a command prints what it found. */
enum Format {
  TABLE,
  JSON
}
