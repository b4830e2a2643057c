package io.upstream4j.distribution.convert;

/** Converts the configuration of another program. For one thread, one conversion. */
public interface Conversion {
  /**
   * Takes a file; several are one configuration.
   *
   * @param source its name in messages
   * @param text its content
   */
  void add(String source, String text);

  /**
   * Converts all files together.
   *
   * @throws io.upstream4j.api.option.ConfigException with every problem found
   */
  Converted convert();
}
