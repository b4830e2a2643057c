package io.upstream4j.distribution;

/** How a command prints what it found. */
enum Format {
  TABLE,
  JSON;

  @Override
  public String toString() {
    return this == TABLE ? "table" : "json";
  }
}
