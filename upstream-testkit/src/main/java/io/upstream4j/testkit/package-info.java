/** Fakes, and a contract test for each kind of plug-in, for the authors of plug-ins. */
package io.upstream4j.testkit;
