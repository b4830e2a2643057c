package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A directive of nginx.
 *
 * @param at where it begins
 * @param name such as {@code server}
 * @param args behind the name, without quotes
 * @param block what stands in braces; null when there are none
 */
record NginxDirective(
    Location at, String name, List<String> args, @Nullable List<NginxDirective> block) {
  NginxDirective {
    args = List.copyOf(args);
    block = block == null ? null : List.copyOf(block);
  }

  List<NginxDirective> inner() {
    return block == null ? List.of() : block;
  }

  boolean is(String other) {
    return name.equals(other);
  }

  /** The argument, or nothing. */
  String arg(int index) {
    return index >= 0 && index < args.size() ? args.get(index) : "";
  }

  /** Name and arguments, for messages. */
  String text() {
    return args.isEmpty() ? name : name + " " + String.join(" ", args);
  }
}
