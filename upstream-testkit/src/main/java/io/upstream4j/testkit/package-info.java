/** Fakes and contract tests for authors of plug-ins. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.testkit;
