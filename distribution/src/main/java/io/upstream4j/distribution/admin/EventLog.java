package io.upstream4j.distribution.admin;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonGenerator;
import io.upstream4j.api.option.VisibleText;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.ConfigApplied;
import io.upstream4j.core.event.UpstreamEvent.ConfigRefused;
import io.upstream4j.core.event.UpstreamListener;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the last 200 events, numbered from 1, and the last configuration that was refused, until
 * another one is applied; 2 MB at most. Gaps in the numbers show that older events were dropped.
 * Pass it to {@link io.upstream4j.core.Upstreams.Builder#listener} and to {@link Admin}.
 *
 * <p>Receives events like any listener, one at a time. Any thread may read it without blocking.
 */
public final class EventLog implements UpstreamListener {
  /** The number of kept events. */
  static final int KEPT = 200;

  private static final int MAX_TEXT = 2_000;

  private record Entry(long sequence, Instant time, String kind, String text) {}

  private record Kept(List<Entry> entries, long last, @Nullable Entry refused) {}

  private final Function<UpstreamEvent, String> words;
  // Identifies this process's numbering, which starts again with the process.
  private final String id = UUID.randomUUID().toString();
  private volatile Kept kept = new Kept(List.of(), 0, null);

  /**
   * Creates an empty log.
   *
   * @param words describes an event in one line
   */
  public EventLog(Function<UpstreamEvent, String> words) {
    this.words = requireNonNull(words, "words");
  }

  @Override
  public void onEvent(UpstreamEvent event) {
    Kept before = kept;
    long sequence = before.last() + 1;
    Instant now = Instant.now();
    String kind = event.kind();
    List<Entry> older = before.entries();
    if (older.size() == KEPT) {
      older = older.subList(1, KEPT);
    }
    List<Entry> entries = new ArrayList<>(KEPT);
    entries.addAll(older);
    String text = VisibleText.shortened(words.apply(event), MAX_TEXT);
    entries.add(new Entry(sequence, now, kind, text));
    Entry refused = before.refused();
    if (event instanceof ConfigRefused it) {
      refused = new Entry(sequence, now, kind, it.problems());
    } else if (event instanceof ConfigApplied) {
      refused = null;
    }
    kept = new Kept(List.copyOf(entries), sequence, refused);
  }

  /** Returns the events after a number as JSON; 0 for all kept ones. */
  Pieces since(long sequence) {
    Kept now = kept;
    Iterator<Entry> entries =
        now.entries().stream().filter(entry -> entry.sequence() > sequence).iterator();
    boolean[] begun = new boolean[1];
    return JsonText.pieces(
        json -> {
          if (!begun[0]) {
            begun[0] = true;
            json.writeStringField("log", id);
            json.writeNumberField("last", now.last());
            json.writeFieldName("refused");
            if (now.refused() == null) {
              json.writeNull();
            } else {
              write(json, now.refused());
            }
            json.writeArrayFieldStart("events");
          } else if (entries.hasNext()) {
            write(json, entries.next());
          }
          if (entries.hasNext()) {
            return true;
          }
          json.writeEndArray();
          return false;
        });
  }

  private static void write(JsonGenerator json, Entry entry) throws IOException {
    json.writeStartObject();
    json.writeNumberField("sequence", entry.sequence());
    json.writeStringField("time", entry.time().toString());
    json.writeStringField("kind", entry.kind());
    json.writeStringField("text", entry.text());
    json.writeEndObject();
  }
}
