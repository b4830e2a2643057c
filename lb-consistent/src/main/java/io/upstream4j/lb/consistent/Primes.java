package io.upstream4j.lb.consistent;

/** Finds primes by trial division. Fast enough for checking a configuration. */
final class Primes {
  private Primes() {}

  static boolean isPrime(int number) {
    if (number < 4) {
      return number > 1;
    }
    if (number % 2 == 0) {
      return false;
    }
    for (int divisor = 3; (long) divisor * divisor <= number; divisor += 2) {
      if (number % divisor == 0) {
        return false;
      }
    }
    return true;
  }

  /** Returns the least prime that is at least {@code number}. */
  static int next(int number) {
    int candidate = number;
    while (!isPrime(candidate)) {
      candidate++;
    }
    return candidate;
  }
}
