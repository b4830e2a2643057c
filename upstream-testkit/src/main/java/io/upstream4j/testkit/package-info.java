/** Fakes, and a contract test for each kind of plug-in, for the authors of plug-ins. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.testkit;
