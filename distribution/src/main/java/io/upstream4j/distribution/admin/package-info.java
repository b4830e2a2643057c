/** The admin address: the state of upstreams and gateway, for people and machines. */
package io.upstream4j.distribution.admin;
