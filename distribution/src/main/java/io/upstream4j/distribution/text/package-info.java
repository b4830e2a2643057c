/** How text from elsewhere is written where people and programs read it. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.distribution.text;
