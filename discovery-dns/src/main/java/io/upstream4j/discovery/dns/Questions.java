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
 * Asks the questions of one look-up, and keeps the answers of the previous one. Not thread-safe.
 *
 * <p>When a question fails, its previous answer is used for as long as {@code max_stale} allows. So
 * a failure for one of many targets, or for AAAA where A succeeds, removes no backends. Once no
 * server answers at all, the remaining questions use previous answers only, because each would wait
 * for its time-out.
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
   * @param before the previous look-up; null for the first
   * @param anew whether to ask even for answers that are still valid
   */
  Questions(Names names, Recipe recipe, @Nullable Questions before, boolean anew) {
    this.names = names;
    this.clock = recipe.context().scheduler();
    this.maxStale = recipe.maxStale();
    this.anew = anew;
    this.last = before == null ? Map.of() : before.used;
  }

  /** Returns the configuration of name resolution of this look-up. */
  Names names() {
    return names;
  }

  /** Asks, even if an earlier answer is still valid. */
  Answer ask(Name name, int type) throws IOException {
    Question question = new Question(name, type);
    Kept already = used.get(question);
    return already == null ? resolve(question) : already.answer();
  }

  /** Asks, unless an earlier answer is still valid. */
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
    IOException cause = requireNonNull(trouble, "trouble"); // as this question failed
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

  /** Uses an answer, even an expired one. */
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

  /** Records that an answer from elsewhere was used, and how long it is valid. */
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

  /** Records a failure that does not end the look-up, but leaves something out. */
  void troubled(IOException e) {
    failed(e);
    harm = harm == null ? e : harm;
  }

  /**
   * Returns the first failure because of which something is left out or taken from an earlier
   * answer, or null. A failure to look up a name's IPv6 addresses does not count if that never
   * succeeded and the name has IPv4 addresses.
   */
  @Nullable IOException harm() {
    return harm;
  }

  /** Returns the first failure, or null when there was none. */
  @Nullable IOException trouble() {
    return trouble;
  }

  /** Returns how long all used answers are valid. */
  Duration ttl() {
    return ttl;
  }

  /** Returns the time of the newest used answer, or the current time without one. */
  long asOf() {
    return newest == null ? clock.nanoTime() : newest;
  }

  /** Returns whether one of the names exists. */
  boolean exists() {
    return exists;
  }
}
