package io.upstream4j.distribution.convert;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The directives that hold in a block, those of the blocks around it included. Immutable.
 *
 * @param outer the block around; null at the top
 * @param own what stands in the block itself
 */
record NginxScope(@Nullable NginxScope outer, List<NginxDirective> own) {
  NginxScope {
    own = List.copyOf(own);
  }

  NginxScope inner(List<NginxDirective> block) {
    return new NginxScope(this, block);
  }

  /** All of a name in the innermost block that has any, as nginx inherits them. */
  List<NginxDirective> all(String... names) {
    List<String> wanted = List.of(names);
    List<NginxDirective> found =
        own.stream().filter(directive -> wanted.contains(directive.name())).toList();
    return !found.isEmpty() || outer == null ? found : outer.all(names);
  }

  /** Its last one there. */
  @Nullable NginxDirective find(String name) {
    List<NginxDirective> found = all(name);
    return found.isEmpty() ? null : found.get(found.size() - 1);
  }

  /** Its first argument, or nothing. */
  String value(String name) {
    NginxDirective found = find(name);
    return found == null ? "" : found.arg(0);
  }

  /** Of the block itself. */
  @Nullable NginxDirective findOwn(String name) {
    return own.stream().filter(directive -> directive.is(name)).findFirst().orElse(null);
  }

  /** Of the block and all around it, the innermost first. */
  List<NginxDirective> everywhere(String name) {
    List<NginxDirective> found = new ArrayList<>();
    for (NginxScope scope = this; scope != null; scope = scope.outer()) {
      scope.own().stream().filter(directive -> directive.is(name)).forEach(found::add);
    }
    return found;
  }
}
