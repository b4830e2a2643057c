package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.PluginContext;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The names to look up, and how.
 *
 * @param entries at least one
 * @param serversByEntry whether consistent hashing places the backends of an entry as one server;
 *     else each backend is a server of its own
 * @param record the type of records
 * @param ipv4Only whether IPv6 addresses are left out
 * @param pace when to look up again
 * @param maxStale how long an answer is used while it cannot be renewed; null for no limit
 * @param onEmpty what happens to backends whose name no longer has records
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

  /** Returns the attributes that the backends of an entry share. */
  Attributes attributes(Entry entry) {
    return serversByEntry
        ? entry.attributes().with(Attributes.SERVER, entry.text())
        : entry.attributes();
  }
}
