package io.upstream4j.discovery.dns;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.spi.Scheduler;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;

/**
 * The questions of one look-up, and what the last one had for answers. For one thread.
 *
 * <p>When a question fails, its last answer takes its place for as long as {@code max_stale}
 * allows: so a target of many that cannot be looked up, or AAAA where A can, takes nothing away.
 * Once no server answers at all, the rest goes by what was kept, as each further question would
 * wait for its time-out.
 */
final class Questions {
  private record Question(Name name, int type) {}

  private record Kept(Answer answer, long asked) {}

  private final Names names;
  private final Scheduler clock;
  private final @Nullable Duration maxStale;
  private final boolean anew;
  private final Map<Question, Kept> last;
  private final Map<Question, Kept> used = new HashMap<>();
  private Duration ttl = Duration.ofSeconds(Integer.MAX_VALUE);
  private @Nullable Long newest;
  private @Nullable IOException trouble;
  private @Nullable IOException harm;
  private boolean unreachable;
  private boolean exists;

  /**
   * Begins a look-up.
   *
   * @param before the look-up before; null for the first
   * @param anew whether answers that still hold are asked for, too
   */
  Questions(Names names, Recipe recipe, @Nullable Questions before, boolean anew) {
    this.names = names;
    this.clock = recipe.context().scheduler();
    this.maxStale = recipe.maxStale();
    this.anew = anew;
    this.last = before == null ? Map.of() : before.used;
  }

  /** How names are looked up now. */
  Names names() {
    return names;
  }

  /** Asks, whether an earlier answer still holds or not. */
  Answer ask(Name name, int type) throws IOException {
    Question question = new Question(name, type);
    Kept already = used.get(question);
    return already == null ? resolve(question) : already.answer();
  }

  /** Asks unless an earlier answer still holds. */
  Answer askOnce(Name name, int type) throws IOException {
    Question question = new Question(name, type);
    Kept old = used.getOrDefault(question, last.get(question));
    boolean holds = old != null && (used.containsKey(question) || (!anew && !left(old).isZero()));
    return old != null && holds ? use(question, old) : resolve(question);
  }

  private Answer resolve(Question question) throws IOException {
    if (!unreachable) {
      try {
        Answer answer = names.resolve(question.name(), question.type());
        return use(question, new Kept(answer, clock.nanoTime()));
      } catch (IOException e) {
        unreachable = e instanceof UnreachableException;
        failed(e);
      }
    }
    IOException cause = requireNonNull(trouble, "trouble"); // as the question failed, now or before
    Kept old = last.get(question);
    if (old == null || isStale(old)) {
      throw cause;
    }
    if (old.answer().kind() == Answer.Kind.FOUND) {
      harm = harm == null ? cause : harm;
    }
    return take(question, old);
  }

  private Answer use(Question question, Kept answer) {
    holds(left(answer));
    return take(question, answer);
  }

  /** Uses an answer, whether it holds or not. */
  private Answer take(Question question, Kept answer) {
    used.put(question, answer);
    answered(answer.asked());
    exists |= answer.answer().kind() != Answer.Kind.NO_NAME;
    return answer.answer();
  }

  private Duration left(Kept answer) {
    Duration age = Duration.ofNanos(clock.nanoTime() - answer.asked());
    Duration left = Duration.ofSeconds(answer.answer().ttlSeconds()).minus(age);
    return left.isNegative() ? Duration.ZERO : left;
  }

  private boolean isStale(Kept answer) {
    return maxStale != null && clock.nanoTime() - answer.asked() >= maxStale.toNanos();
  }

  /** An answer of another kind was used, which holds for some time. */
  void usedFor(Duration time) {
    holds(time);
    answered(clock.nanoTime());
  }

  private void holds(Duration time) {
    ttl = time.compareTo(ttl) < 0 ? time : ttl;
  }

  private void answered(long when) {
    newest = newest == null ? when : Math.max(newest, when);
  }

  private void failed(IOException e) {
    trouble = trouble == null ? e : trouble;
  }

  /** Something failed that does not end the look-up, but leaves something out. */
  void troubled(IOException e) {
    failed(e);
    harm = harm == null ? e : harm;
  }

  /**
   * What failed first so that something is left out or comes from an earlier answer; null when
   * nothing did. That a name's IPv6 addresses cannot be looked up, and never could, does no harm
   * where it has IPv4 addresses.
   */
  @Nullable IOException harm() {
    return harm;
  }

  /** What failed first; null when nothing did. */
  @Nullable IOException trouble() {
    return trouble;
  }

  /** How long all that was used holds. */
  Duration ttl() {
    return ttl;
  }

  /** When the newest answer came that was used; now when there was none. */
  long asOf() {
    return newest == null ? clock.nanoTime() : newest;
  }

  /** Whether a name was asked for that exists. */
  boolean exists() {
    return exists;
  }
}
