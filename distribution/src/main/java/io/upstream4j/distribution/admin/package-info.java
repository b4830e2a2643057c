/** The admin address: the state of upstreams and the gateway, for people and programs. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.distribution.admin;
