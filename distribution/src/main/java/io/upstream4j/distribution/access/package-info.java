/** The access log: a line for each request that the gateway has served. */
package io.upstream4j.distribution.access;
