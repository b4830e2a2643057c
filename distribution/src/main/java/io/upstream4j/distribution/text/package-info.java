/** How text from elsewhere is written where people and programs read it. */
package io.upstream4j.distribution.text;
