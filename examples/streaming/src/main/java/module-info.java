/** A program that streams requests and responses. */
module example.streaming {
  requires io.netty.buffer;
  requires io.netty.codec.http;
  requires io.netty.common;
  requires io.netty.transport;
  requires io.upstream4j.core;
}
