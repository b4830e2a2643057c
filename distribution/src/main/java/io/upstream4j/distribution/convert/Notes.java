package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Problem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects what a user should know of a conversion: the first thousand things. */
final class Notes {
  private static final int MOST = 1_000;

  private final List<Converted.Note> list = new ArrayList<>();
  private Converted.@Nullable Note more; // of those that are not kept

  /** Something that is not in the result, though requests notice. */
  void loss(Location at, String path, String message) {
    add(new Converted.Note(new Problem(at, path, message), true));
  }

  /** Something that is not in the result, or different in it, which changes nothing. */
  void remark(Location at, String path, String message) {
    add(new Converted.Note(new Problem(at, path, message), false));
  }

  private void add(Converted.Note note) {
    if (list.size() < MOST) {
      list.add(note);
      return;
    }
    boolean isLoss = note.isLoss() || (more != null && more.isLoss());
    Location at = more == null ? note.what().location() : more.what().location();
    String message = "… and more: only the first " + MOST + " notes are shown";
    more = new Converted.Note(new Problem(at, "", message), isLoss);
  }

  List<Converted.Note> list() {
    List<Converted.Note> all = new ArrayList<>(list);
    all.sort(
        Comparator.comparing((Converted.Note note) -> note.what().location().source())
            .thenComparingInt(note -> note.what().location().line())
            .thenComparingInt(note -> note.what().location().column()));
    if (more != null) {
      all.add(more);
    }
    return all;
  }
}
