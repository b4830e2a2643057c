/** The admin address: the state of upstreams and gateway, for people and machines. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.distribution.admin;
