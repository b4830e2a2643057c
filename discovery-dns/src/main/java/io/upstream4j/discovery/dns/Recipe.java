package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.PluginContext;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is looked up, and how.
 *
 * @param entries at least one
 * @param serversByEntry whether an entry is one server of the configuration, by which consistent
 *     hashing places its backends; else each backend is a server of its own
 * @param record which records
 * @param ipv4Only whether IPv6 addresses are left out
 * @param pace when to ask again
 * @param maxStale how long an answer is of use that cannot be had again; null for ever
 * @param onEmpty what becomes of backends whose name has no records any more
 * @param context runs the look-ups
 */
record Recipe(
    List<Entry> entries,
    boolean serversByEntry,
    RecordType record,
    boolean ipv4Only,
    Pace pace,
    @Nullable Duration maxStale,
    OnEmpty onEmpty,
    PluginContext context) {
  Recipe {
    entries = List.copyOf(entries);
  }

  /** What the backends of an entry have in common. */
  Attributes attributes(Entry entry) {
    return serversByEntry
        ? entry.attributes().with(Attributes.SERVER, entry.text())
        : entry.attributes();
  }
}
