package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Problem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what a user should know of a conversion. */
final class Notes {
  private final List<Converted.Note> list = new ArrayList<>();

  /** Something that is not in the result, though requests notice. */
  void loss(Location at, String path, String message) {
    list.add(new Converted.Note(new Problem(at, path, message), true));
  }

  /** Something that is not in the result, or different in it, which changes nothing. */
  void remark(Location at, String path, String message) {
    list.add(new Converted.Note(new Problem(at, path, message), false));
  }

  List<Converted.Note> list() {
    return list.stream()
        .sorted(
            Comparator.comparing((Converted.Note note) -> note.what().location().source())
                .thenComparingInt(note -> note.what().location().line())
                .thenComparingInt(note -> note.what().location().column()))
        .toList();
  }
}
